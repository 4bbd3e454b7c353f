-- role: sluice_ingest · locks: the rows it deletes · plan: index_change_age
-- Ten minutes more than a mirror relies on them.
delete from index_change c
using (select ctid from index_change where changed_at < now() - interval '1 hour' order by changed_at limit $1::int) old
where c.ctid = old.ctid
