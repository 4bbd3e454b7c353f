-- role: sluice_retrieval · locks: none · plan: access_list_set, once for each set that lets the asker in
select set_config('sluice.lists', l.lists::text, true) is not null, l.lists from asker_lists() l (lists)
