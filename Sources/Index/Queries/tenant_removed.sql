-- role: sluice_admin · locks: the row · plan: unique index on name
-- Its number stays, since the audit log names it; its name is free.
update tenant set removed_at = now(), former_name = name, name = '$removed-' || tenant_id where name = $1::text and deleted_at is not null
