-- role: sluice_ingest · locks: none · plan: result
-- For transactions that nobody misses: the commit does not wait for the disk.
select set_config('synchronous_commit', 'off', true)
