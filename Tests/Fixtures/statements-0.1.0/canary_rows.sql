-- role: sluice_ingest · locks: new rows only · plan: values
-- An open document (-1), which user:$denied may not see all the same, and one for user:$insider alone (-2).
with topic as (
    insert into topic_incarnation (incarnation_id, topic, broker_topic_id) overriding system value values (0, '$canary', '') on conflict do nothing),
sets as (
    insert into principal_set (tenant_id, principal_set_id, digest) overriding system value values (0, -1, '\x01'), (0, -2, '\x02')
    on conflict do nothing),
entries as (
    insert into access_entry (tenant_id, principal, principal_set_id, deny)
    values (0, 'everyone', -1, false), (0, 'user:$denied', -1, true), (0, 'user:$insider', -2, false)
    on conflict do nothing),
lists as (
    insert into access_list (tenant_id, access_list_id, principal_set_id) overriding system value values (0, -1, -1), (0, -2, -2)
    on conflict do nothing),
documents as (
    insert into document (tenant_id, document_id, source, subject, fact, access_list_id, has_own_list) overriding system value
    values (0, -1, '$canary', 'open', 1, -1, true), (0, -2, '$canary', 'closed', 1, -2, true)
    on conflict do nothing),
permissions as (
    insert into permission (tenant_id, document_id, state, incarnation_id, partition, record_offset, principal_set_id)
    values (0, -1, 1, 0, 0, 1, -1), (0, -2, 1, 0, 0, 2, -2)
    on conflict do nothing),
renditions as (
    insert into rendition (tenant_id, generation_id, document_id, state, incarnation_id, partition, record_offset, chunks)
    values (0, 0, -1, 1, 0, 0, 1, 1), (0, 0, -2, 1, 0, 0, 2, 1)
    on conflict do nothing),
contents as (
    insert into rendition_content (tenant_id, generation_id, document_id, content_digest, media_type, body, body_digest)
    values (0, 0, -1, '', 'text/plain', 'canary', sha256('canary')), (0, 0, -2, '', 'text/plain', 'canary', sha256('canary'))
    on conflict do nothing),
chunks as (
    insert into chunk (tenant_id, generation_id, document_id, ordinal, span_start, span_end, headings, embedding_text_digest)
    values (0, 0, -1, 0, 0, 6, '{}', sha256('canary')), (0, 0, -2, 0, 0, 6, '{}', sha256('canary'))
    on conflict do nothing)
insert into vector_pack (tenant_id, generation_id, document_id, pack, v0)
values (0, 0, -1, 0, '[1]'), (0, 0, -2, 0, '[1]')
on conflict do nothing
