-- role: sluice_retrieval · locks: none · plan: one-time false filters
-- Without claims no policy lets anything through: every table that this names shows rows to anybody.
select visible.name
from (values
    ('tenant', exists (select from tenant)), ('generation', exists (select from generation)),
    ('topic_incarnation', exists (select from topic_incarnation)), ('document', exists (select from document)), ('access_list', exists (select from access_list)),
    ('access_entry', exists (select from access_entry)), ('permission', exists (select from permission)),
    ('member_group', exists (select from member_group)), ('group_member', exists (select from group_member)),
    ('rendition', exists (select from rendition)), ('rendition_content', exists (select from rendition_content)),
    ('chunk', exists (select from chunk)), ('chunk_terms', exists (select from chunk_terms)), ('vector_pack', exists (select from vector_pack)),
    ('rendition_facets', exists (select from rendition_facets)), ('outcome', exists (select from outcome)),
    ('applied_position', exists (select from applied_position)), ('index_change', exists (select from index_change)),
    ('passage_terms', exists (select from passage_terms))
) as visible (name, shows)
where visible.shows
