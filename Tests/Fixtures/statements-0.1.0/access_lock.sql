-- role: sluice_ingest · locks: one advisory lock per (tenant, source), in the order given · plan: function scan
-- Whoever changes an entry, or makes a container, resolves lists down a tree: one at a time per source.
select pg_advisory_xact_lock(l.tenant_id, hashtext(l.source)) from unnest($1::int[], $2::text[]) as l (tenant_id, source)
