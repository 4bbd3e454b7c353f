-- New terms wait in a short list and enter their index together. Only settings: a binary of the schema before works on.

set local role sluice_owner;
set local search_path = sluice, public;

-- A chunk has some seventy terms, and entering one decodes, changes and logs the whole list of its chunks: 0.29 ms a chunk, four fifths of all
-- the server does to write a document. Together, each term of a batch is entered once: 0.08 ms. Every search reads what waits: at a mebibyte,
-- some 700 chunks, 0.5 ms at most and half of it on average; at the default of four, 0.05 ms a chunk to write but 2 ms to read.
-- Whoever fills the list enters it, in some 50 ms; autovacuum enters what is left when writing stops.
alter index chunk_terms_gin set (fastupdate = on, gin_pending_list_limit = 1024);

reset role;
