-- role: sluice_retrieval · locks: none · plan: primary keys
-- Which of the canary's documents show, table by table: -1 is open, -2 is closed.
select seen.name, seen.documents
from (values
    ('document', array(select d.document_id from document d where d.tenant_id = 0 and d.document_id in (-1, -2) order by 1)),
    ('permission', array(select p.document_id from permission p where p.tenant_id = 0 and p.document_id in (-1, -2) order by 1)),
    ('rendition_content', array(select c.document_id from rendition_content c
        where c.tenant_id = 0 and c.generation_id = 0 and c.document_id in (-1, -2) order by 1)),
    ('chunk', array(select c.document_id from chunk c where c.tenant_id = 0 and c.generation_id = 0 and c.document_id in (-1, -2) order by 1)),
    ('vector_pack', array(select v.document_id from vector_pack v
        where v.tenant_id = 0 and v.generation_id = 0 and v.document_id in (-1, -2) order by 1)),
    ('shown', array(select s.document_id from shown s where s.tenant_id = 0 and s.document_id in (-1, -2) order by 1)),
    ('access_list', array(select l.access_list_id from access_list l where l.tenant_id = 0 and l.access_list_id in (-1, -2) order by 1))
) as seen (name, documents)
