-- role: sluice_ingest · locks: none · plan: sequential scan
select generation_id, name, embedding_space, dimension, chunker, parser, is_live from generation order by generation_id
