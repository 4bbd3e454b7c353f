-- What retrieval may know of how far the index has come: positions and outcomes, so that a query can ask for a state at least so new, and be refused one
-- that nobody keeps current.
--
-- Only policies and grants: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

-- A tenant's own topics tell its name.
alter policy asker on topic_incarnation
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null
        and topic = any (array['sluice.documents', 'sluice.permissions', 'sluice.memberships',
            'sluice.documents.' || (select nullif(current_setting('sluice.tenant_name', true), '')),
            'sluice.permissions.' || (select nullif(current_setting('sluice.tenant_name', true), '')),
            'sluice.memberships.' || (select nullif(current_setting('sluice.tenant_name', true), ''))]));
create policy asker on applied_position for select to sluice_retrieval
    using ((select nullif(current_setting('sluice.tenant', true), '')) is not null);
grant select (consumer_group, incarnation_id, partition, next_offset, applied_at) on applied_position to sluice_retrieval;
create policy asker on outcome for select to sluice_retrieval
    using (tenant_id = (select nullif(current_setting('sluice.tenant', true), '')::int));
grant select (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome, speaks) on outcome to sluice_retrieval;

reset role;
