-- role: sluice_admin · locks: none · plan: one scan of answer_text, with a look at the primary key of answer_log for each
-- Until when questions of the tenant are kept, and how many.
select max(t.erase_after), count(*)
from answer_text t
where exists (select from answer_log a where a.chain = t.chain and a.entry = t.entry and a.tenant = $1::text)
