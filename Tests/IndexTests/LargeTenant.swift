/// A tenant of 4,000 documents in 200 lists, five of which alice is on, with two chunks a document.
enum LargeTenant {
    static func script(documents: Int = 4000) -> String {
        """
        insert into principal_set (tenant_id, digest) select 1, decode(lpad(to_hex(i), 64, '0'), 'hex') from generate_series(1, 200) i;
        insert into access_entry (tenant_id, principal, principal_set_id, deny)
            select 1, case when principal_set_id % 40 = 0 then 'user:alice' else 'user:u' || principal_set_id end, principal_set_id, false from principal_set;
        insert into access_list (tenant_id, principal_set_id) select 1, principal_set_id from principal_set;
        insert into document (tenant_id, source, subject, fact, access_list_id, has_own_list)
            select 1, 'wiki', 'd' || i, 1, 1 + i % 200, true from generate_series(1, \(documents)) i;
        insert into permission (tenant_id, document_id, state, incarnation_id, partition, record_offset, principal_set_id)
            select 1, document_id, 1, 1, 0, document_id, access_list_id from document;
        insert into rendition (tenant_id, generation_id, document_id, state, incarnation_id, partition, record_offset)
            select 1, 1, document_id, 1, 1, 0, document_id from document;
        insert into rendition_content (tenant_id, generation_id, document_id, content_digest, media_type, body, body_digest)
            select 1, 1, document_id, '', 'text/plain', convert_to(repeat('words ', 200), 'UTF8'), '' from document;
        insert into chunk (tenant_id, generation_id, document_id, ordinal, span_start, span_end, headings, embedding_text_digest)
            select 1, 1, document_id, o, o * 600, o * 600 + 600, '{}', '' from document, generate_series(0, 1) o;
        insert into passage_terms (tenant_id, generation_id, document_id, data)
            select 1, 1, document_id, convert_to(repeat('terms ', 100), 'UTF8') from document;
        insert into vector_pack (tenant_id, generation_id, document_id, pack, v0, v1)
            select 1, 1, document_id, 0, array_fill(random()::real, array[384])::halfvec, array_fill(random()::real, array[384])::halfvec from document
        """
    }

    /// 20 groups of 4,000 members.
    static let groups = """
        ; insert into member_group (tenant_id, principal, state) select 1, 'group:okta/' || i, 1 from generate_series(1, 20) i;
        insert into group_member (tenant_id, member, group_principal) select 1, 'user:u' || i, 'group:okta/' || i % 20 + 1 from generate_series(1, 4000) i
        """

    /// As if it had never been, but for what the planner remembers.
    static let removal = """
        delete from chunk; delete from passage_terms; delete from vector_pack; delete from rendition_content; delete from rendition; delete from permission;
        delete from document; delete from access_list; delete from access_entry; delete from principal_set;
        select setval('principal_set_principal_set_id_seq', 1, false), setval('access_list_access_list_id_seq', 1, false),
            setval('document_document_id_seq', 1, false)
        """
}
