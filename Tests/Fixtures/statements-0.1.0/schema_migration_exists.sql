-- role: sluice_owner · locks: none · plan: result
select to_regclass('sluice.schema_migration') is not null
