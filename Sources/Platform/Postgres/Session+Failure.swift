import CPostgres

extension Session {
    /// What the server or libpq reported with a result, without the texts that quote values.
    func failure(_ result: OpaquePointer, _ statement: String) -> PostgresError {
        guard let state = Self.diagnostic(result, SLUICE_DIAG_SQLSTATE) else {
            // libpq itself made this result: the connection broke, or the message could not be sent.
            return lost(statement)
        }
        // FATAL: the server has ended the session.
        if let severity = Self.diagnostic(result, SLUICE_DIAG_SEVERITY), severity == "FATAL" || severity == "PANIC" { discard() }
        return PostgresError(
            .sqlState(state), "the server refused", statement: statement, constraint: Self.diagnostic(result, SLUICE_DIAG_CONSTRAINT),
            position: Self.diagnostic(result, SLUICE_DIAG_POSITION).flatMap { Int($0) })
    }

    private static func diagnostic(_ result: OpaquePointer, _ field: some BinaryInteger) -> String? {
        PQresultErrorField(result, Int32(field)).map { String(cString: $0) }
    }

    /// Why no session could be opened, as one of a few fixed texts: libpq's own names hosts and users.
    static func connectionFailure(_ connection: OpaquePointer) -> PostgresError {
        let message = String(cString: PQerrorMessage(connection))
        let known: [(mark: String, reason: StaticString)] = [
            ("Connection refused", "nothing listens at the address"),
            ("could not translate host name", "the host name is unknown"),
            ("timeout expired", "the server did not answer in time"),
            ("No such file or directory", "the server's socket does not exist"),
            ("authentication failed", "the server refused the credentials"),
            ("no password supplied", "the server asks for a password"),
            ("no pg_hba.conf entry", "the server admits nobody from this address"),
            ("too many clients", "the server has no connection left"),
            ("remaining connection slots", "the server has no connection left"),
            ("starting up", "the server is starting up"),
            ("shutting down", "the server is shutting down"),
            ("recovery mode", "the server is recovering"),
            ("does not exist", "the database or role does not exist"),
            ("invalid connection option", "the database URL is malformed"),
            ("invalid URI", "the database URL is malformed"),
            ("missing \"=\"", "the database URL is malformed"),
            ("SSL", "TLS could not be agreed on"),
        ]
        let match = known.first { message.contains($0.mark) }
        return PostgresError(.connectionFailed, match?.reason ?? "the server cannot be reached")
    }
}
