-- role: sluice_admin · locks: none · plan: system catalogue
select current_setting('server_version_num')::int4 as server, (select extversion from pg_extension where extname = 'vector') as pgvector
