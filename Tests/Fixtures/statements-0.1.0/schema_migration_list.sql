-- role: sluice_owner · locks: none · plan: sequential scan
select number, name, digest from sluice.schema_migration order by number
