-- role: sluice_admin · locks: the row · plan: primary key
-- Before another is raised: two are never live.
update generation set is_live = false, retired_at = now() where is_live
