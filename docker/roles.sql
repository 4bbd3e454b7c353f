-- The logins of the workers and of the administration: members of the roles that `sluice migrate` makes, with nothing of their own.
-- Run by psql as the database's owner after it, and again whenever a password changes:
-- SLUICE_INGEST_PASSWORD, SLUICE_RETRIEVAL_PASSWORD and SLUICE_ADMIN_PASSWORD are in the environment.
\set ON_ERROR_STOP on
\getenv ingest_password SLUICE_INGEST_PASSWORD
\getenv retrieval_password SLUICE_RETRIEVAL_PASSWORD
\getenv admin_password SLUICE_ADMIN_PASSWORD

-- Passwords stay out of the server's log.
set log_statement = 'none';
set log_min_error_statement = 'panic';

select format('create role %I login', name)
from unnest(array['sluice_ingest_login', 'sluice_retrieval_login', 'sluice_admin_login']) as name
where to_regrole(name) is null
\gexec
alter role sluice_ingest_login password :'ingest_password';
alter role sluice_retrieval_login password :'retrieval_password';
alter role sluice_admin_login password :'admin_password';
grant sluice_ingest to sluice_ingest_login;
grant sluice_retrieval to sluice_retrieval_login;
grant sluice_admin to sluice_admin_login;
