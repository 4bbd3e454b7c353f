-- role: sluice_retrieval · locks: none · plan: of each candidate, document_identity and rendition's primary key
-- Found once: the statements after it need not ask of each candidate again whether it is shown.
select set_config('sluice.searched', s.documents::text, true) is not null, s.documents from searched_documents() s (documents)
