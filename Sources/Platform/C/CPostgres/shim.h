#pragma once
#include <libpq-fe.h>

/* pg_diag field codes are character macros, which Swift does not import as the int that PQresultErrorField takes. */
enum {
    SLUICE_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED,
    SLUICE_DIAG_SQLSTATE = PG_DIAG_SQLSTATE,
    SLUICE_DIAG_POSITION = PG_DIAG_STATEMENT_POSITION,
    SLUICE_DIAG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME
};

static inline void sluice_pq_ignore_notice(void *context, const PGresult *notice) {
    (void)context;
    (void)notice;
}

/* Notices quote values; by default libpq prints them to stderr. */
static inline void sluice_pq_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, sluice_pq_ignore_notice, 0);
}
