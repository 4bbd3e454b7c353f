-- role: sluice_admin · locks: new rows only · plan: values
-- Its name is out of the form of names: no event and no token can be of this tenant. Its generation is never live.
with made as (
    insert into tenant (tenant_id, name) overriding system value values (0, '$canary') on conflict do nothing)
insert into generation (generation_id, name, embedding_space, dimension, chunker, parser, is_live) overriding system value
values (0, '$canary', '$canary', 1, '$canary', '$canary', false)
on conflict do nothing
