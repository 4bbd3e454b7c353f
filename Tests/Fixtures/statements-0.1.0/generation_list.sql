-- role: sluice_ingest · locks: none · plan: sequential scan
-- Number 0 is the canary's.
select generation_id, name, embedding_space, dimension, chunker, parser, is_live from generation where generation_id > 0 order by generation_id
