-- role: sluice_ingest
select 1
