-- role: sluice_admin · locks: none · plan: result
-- Which transaction this is, and whether every one that began before $1 is over.
select pg_current_xact_id()::text, pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8
