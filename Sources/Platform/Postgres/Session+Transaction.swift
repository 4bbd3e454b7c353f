import CPostgres

/// How a transaction sees the others.
package enum TransactionIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension Session {
    /// Runs `body` in a transaction: committed where it returns, rolled back where it throws.
    ///
    /// - Throws: what `body` threw; `.transactionAborted` where it passed over a failed statement; `.commitUnknown` where COMMIT was sent and
    ///   its acknowledgement never came.
    /// - Invariant: where it throws anything but `.commitUnknown`, nothing was written.
    package func withTransaction<Result>(
        isolation: TransactionIsolation = .readCommitted, readOnly: Bool = false, _ body: (Session) throws -> Result
    ) throws -> Result {
        guard isUsable else { throw PostgresError(.connectionLost, "the session is not usable", statement: "begin") }
        _ = try rows(PQexec(connection, "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")"), of: "begin")
        let value: Result
        do {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    /// The same, with its first statements in the round trip that begins it.
    ///
    /// - Parameter body: is given the rows of each of them.
    package func withTransaction<Result>(
        isolation: TransactionIsolation, readOnly: Bool = false, opening statements: [(statement: Statement, parameters: [Parameter])],
        _ body: (Session, [Rows]) throws -> Result
    ) throws -> Result {
        guard isUsable else { throw PostgresError(.connectionLost, "the session is not usable", statement: "begin") }
        let access = readOnly ? "READ ONLY" : "READ WRITE"
        let begin = Statement("begin", "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(access)", planning: .perUse)
        let value: Result
        do {
            let rows = try pipeline([(begin, [])] + statements)
            value = try body(self, Array(rows.dropFirst()))
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    /// Ends whatever transaction is open; a session that cannot is discarded, and the server rolls back when it is gone.
    func rollBack() {
        guard PQtransactionStatus(connection) != PQTRANS_IDLE else { return }
        let result = PQexec(connection, "ROLLBACK")
        defer { PQclear(result) }
        if PQresultStatus(result) != PGRES_COMMAND_OK || PQtransactionStatus(connection) != PQTRANS_IDLE { discard() }
    }

    private func commit() throws(PostgresError) {
        switch PQtransactionStatus(connection) {
        case PQTRANS_INTRANS: break
        case PQTRANS_INERROR:
            rollBack()
            throw PostgresError(.transactionAborted, "a statement had failed, so the transaction was rolled back", statement: "commit")
        default:
            // The body ended the transaction by itself, or the connection broke before COMMIT was sent.
            throw lost("commit")
        }
        let result = PQexec(connection, "COMMIT")
        do {
            _ = try rows(result, of: "commit")
        } catch {
            throw afterFailedCommit(error)
        }
    }

    /// A refusal in so many words (a deferred constraint, a serialization failure) is a rollback; a session that ended while committing may have committed.
    private func afterFailedCommit(_ error: PostgresError) -> PostgresError {
        guard let state = error.sqlState, PQstatus(connection) == CONNECTION_OK, !state.hasPrefix("57P"), !state.hasPrefix("08") else {
            discard()
            return PostgresError(.commitUnknown, "the acknowledgement of the commit was lost", statement: "commit")
        }
        rollBack()
        return error
    }
}
