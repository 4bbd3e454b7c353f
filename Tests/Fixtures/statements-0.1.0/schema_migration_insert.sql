-- role: sluice_owner · locks: the new row · plan: values
insert into sluice.schema_migration (number, name, digest) values ($1::int, $2::text, $3::bytea)
