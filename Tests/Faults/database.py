"""What the database says, read as a superuser: whole documents, their contents, access, positions."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import psycopg

from oracle import Oracle, Subject

SCHEMA = "set search_path = sluice, public"

# Each row is something that must never be, in any snapshot: half a document, or what a version left behind.
WHOLENESS = """
with present as (select * from rendition where state = 1),
    contents as (select tenant_id, generation_id, document_id, octet_length(body) as bytes from rendition_content),
    chunks as (select tenant_id, generation_id, document_id, count(*) as count, max(ordinal) as last, max(span_end) as span_end
        from chunk group by 1, 2, 3),
    terms as (select tenant_id, generation_id, document_id, octet_length(data) as bytes from passage_terms),
    vectors as (select tenant_id, generation_id, document_id, count(*) as packs, max(pack) as last,
        sum(num_nonnulls(v0, v1, v2, v3, v4, v5, v6, v7, v8, v9)) as count from vector_pack group by 1, 2, 3),
    documents as (
        select document_id, p.state is not null as is_there, coalesce(p.chunks, 0) as chunks, contents.bytes,
            coalesce(c.count, 0) as chunk_count, coalesce(c.last, -1) + 1 as chunk_end, coalesce(c.span_end, 0) as span_end,
            coalesce(t.bytes, 0) as terms_bytes,
            coalesce(v.count, 0) as vector_count, coalesce(v.packs, 0) as packs, coalesce(v.last, -1) + 1 as packs_end
        from present p
        full join contents using (tenant_id, generation_id, document_id)
        full join chunks c using (tenant_id, generation_id, document_id)
        full join terms t using (tenant_id, generation_id, document_id)
        full join vectors v using (tenant_id, generation_id, document_id))
select w.what, document_id from documents, lateral (values
    ('a document without its content', is_there and bytes is null),
    ('content of a document that is not there', not is_there and bytes is not null),
    ('chunks other than counted', chunks <> chunk_count or chunks <> chunk_end),
    ('terms without their document, or the other way round', is_there <> (terms_bytes > 0)),
    ('vectors other than counted', chunks <> vector_count or packs <> (chunks + 9) / 10 or packs <> packs_end),
    ('a chunk past its text', span_end > coalesce(bytes, 0))) w (what, is_wrong)
where w.is_wrong and document_id > 0 -- below are the canary's
limit 20
"""

# Read after all is done: dearer, as they compare contents.
CONTENTS = """
select 'a body other than its digest', document_id from rendition_content where sha256(body) <> body_digest
union all
select 'a chunk of another text', document_id from chunk c join rendition_content r using (tenant_id, generation_id, document_id)
    where r.title is null and c.headings = '{}' and sha256(substring(r.body from c.span_start + 1 for c.span_end - c.span_start)) <> c.embedding_text_digest
union all
select 'a vector of another text', c.document_id from chunk c
    join vector_pack v on (v.tenant_id, v.generation_id, v.document_id, v.pack) = (c.tenant_id, c.generation_id, c.document_id, c.ordinal / 10)
    join embedding_cache e on e.tenant_id = c.tenant_id and e.text_digest = c.embedding_text_digest
    where (array[v0, v1, v2, v3, v4, v5, v6, v7, v8, v9])[c.ordinal % 10 + 1]::text <> e.embedding::text
limit 20
"""

DOCUMENTS = """
select g.name, t.name, d.subject, d.fact, r.state, c.body, array(select span_start || '-' || span_end from chunk k
    where (k.tenant_id, k.generation_id, k.document_id) = (r.tenant_id, r.generation_id, r.document_id) order by ordinal)
from document d join tenant t using (tenant_id) cross join generation g
left join rendition r using (tenant_id, document_id, generation_id)
left join rendition_content c using (tenant_id, generation_id, document_id)
where d.document_id > 0 and g.generation_id > 0 and g.dropped_at is null
"""

LISTS = """
select t.name, d.subject, p.state, array(select principal from access_entry e
    where (e.tenant_id, e.principal_set_id) = (p.tenant_id, p.principal_set_id) and not e.deny order by principal)
from permission p join document d using (tenant_id, document_id) join tenant t on t.tenant_id = p.tenant_id
where p.document_id > 0
"""

# Of each topic as it is now.
NEWEST = "newest as (select topic, max(incarnation_id) as incarnation_id from topic_incarnation group by topic)"

POSITIONS = f"""
with {NEWEST}
select p.consumer_group, i.topic, p.partition, p.next_offset from applied_position p join newest i using (incarnation_id)
"""

# With the outcomes between what was looked at already and the position; one statement, so both are of one moment.
POSITIONS_AND_OUTCOMES = f"""
with {NEWEST}, seen as (select * from unnest(%s::text[], %s::text[], %s::int[], %s::bigint[]) as s (consumer_group, topic, partition, next_offset))
select p.consumer_group, i.topic, p.partition, p.next_offset, array(select o.record_offset from outcome o
    where (o.consumer_group, o.incarnation_id, o.partition) = (p.consumer_group, p.incarnation_id, p.partition)
        and o.record_offset >= coalesce(s.next_offset, 0) and o.record_offset < p.next_offset)
from applied_position p join newest i using (incarnation_id) left join seen s using (consumer_group, topic, partition)
"""

# Of each, what a replay must leave as it is: all but when it was written, by whom, and how often it was looked at.
STATE = {
    "document": "", "permission": "", "member_group": "", "group_member": "", "principal_set": "", "access_entry": "", "access_list": "",
    "access_change": "changed_at", "rendition": "", "rendition_content": "", "chunk": "", "passage_terms": "", "vector_pack": "", "embedding_cache": "made_at",
    "deferred": "deferred_at due_at", "outcome": "recorded_at published_at",
}


def connect(url: str) -> psycopg.Connection:
    connection = psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="faults")
    connection.execute(SCHEMA)
    return connection


def halves(connection: psycopg.Connection) -> list[str]:
    """Half documents and orphans in this moment's snapshot; one statement, so there is only one snapshot."""
    return [f"{what} (document {document})" for what, document in connection.execute(WHOLENESS)]


def wrong_contents(connection: psycopg.Connection, oracle: Oracle) -> list[str]:
    """**D**: of every document exactly what its event in force says, and nothing of any other; in every generation that is kept."""
    wrong = halves(connection) + [f"{what} (document {document})" for what, document in connection.execute(CONTENTS)]
    live = oracle.texts
    seen: dict[str, set[Subject]] = defaultdict(set)
    for generation, tenant, name, fact, state, body, spans in connection.execute(DOCUMENTS):
        subject = (tenant, name)
        there = seen[generation]
        if state == 1:
            if subject in there:
                wrong.append(f"{tenant}/{name} is there twice in {generation}")
            there.add(subject)
            if subject not in live:
                if fact == 1 or subject in oracle.documents:
                    wrong.append(f"{tenant}/{name} is there, and must not be")
            elif bytes(body) != live[subject].encode():
                wrong.append(f"{tenant}/{name} is not its newest version: {bytes(body)[:40]!r}, not {live[subject][:40]!r}")
            else:
                wrong += uncovered(tenant, name, bytes(body), spans)
            if subject in live and fact != 1:
                wrong.append(f"{tenant}/{name} is registered as fact {fact}, and is there")
    return wrong + [f"{tenant}/{name} is not there in {generation}" for generation, there in seen.items() for tenant, name in live.keys() - there]


def uncovered(tenant: str, name: str, body: bytes, spans: list[str]) -> list[str]:
    """Every byte that is not white space lies in a chunk, and chunks follow one another."""
    covered = start = 0
    for span in spans:
        begin, end = map(int, span.split("-"))
        if begin < start or end <= begin:
            return [f"{tenant}/{name} has chunks out of order"]
        if body[covered:begin].strip():
            return [f"{tenant}/{name} has text in no chunk"]
        start, covered = begin, max(covered, end)
    return [f"{tenant}/{name} has text in no chunk"] if body[covered:].strip() else []


def wrong_lists(connection: psycopg.Connection, oracle: Oracle) -> list[str]:
    wrong = []
    found = {(tenant, name): (state, tuple(allowed)) for tenant, name, state, allowed in connection.execute(LISTS)}
    for subject, clock in oracle.lists.items():
        # A list that cannot be read is there, and allows nobody.
        expected = (4 if clock.event.kind == "poison" else 1, tuple(sorted(set(clock.event.principals)))) if clock.event is not None else None
        if found.get(subject) != expected:
            wrong.append(f"the list of {'/'.join(subject)} is {found.get(subject)}, not {expected}")
    return wrong


def state_digests(connection: psycopg.Connection) -> dict[str, str]:
    """A digest of each table's rows, in any order, without what a replay may change."""
    digests = {}
    for table, left_out in STATE.items():
        rows = connection.execute(f"select (to_jsonb(t) - %s::text[])::text from {table} t", (left_out.split(),)).fetchall()  # noqa: S608
        digests[table] = hashlib.sha256("\n".join(sorted(row for (row,) in rows)).encode()).hexdigest()[:16] + f" of {len(rows)} rows"
    return digests
