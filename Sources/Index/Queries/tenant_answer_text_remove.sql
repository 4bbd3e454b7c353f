-- role: sluice_admin · locks: the rows it deletes · plan: answer_log_asker, answer_text's primary key
-- What a tenant's people asked. That they were answered stays, and the chain whole.
delete from answer_text t
using (
    select w.chain, w.entry from answer_text w
    where exists (select from answer_log a where a.chain = w.chain and a.entry = w.entry and a.tenant = $1::text offset 0)
    limit $2::int) gone
where t.chain = gone.chain and t.entry = gone.entry
