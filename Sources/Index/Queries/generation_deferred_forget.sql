-- role: sluice_admin · locks: the rows · plan: index deferred_due
delete from deferred where generation_id = $1::int
