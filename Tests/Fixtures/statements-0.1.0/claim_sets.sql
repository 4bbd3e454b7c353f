-- role: sluice_retrieval · locks: none · plan: access_entry's primary key, once for each principal
-- Found once: the statements after it need not look the asker's principals up again.
select set_config('sluice.sets', asker_sets()::text, true) is not null
