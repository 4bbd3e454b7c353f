/// What went wrong with the database.
///
/// Neither the description nor any field carries a value from a row or a parameter: the server's own message, detail, hint and context
/// quote them, and are dropped.
package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// No session could be opened.
        case connectionFailed
        /// The session ended while in use; a transaction it had open is rolled back by the server.
        case connectionLost
        /// The server refused; five characters (PostgreSQL, appendix A).
        case sqlState(String)
        /// The acknowledgement of a COMMIT never came: the transaction may have happened or not.
        case commitUnknown
        /// The body returned, but a statement in it had failed: the server rolled back.
        case transactionAborted
        /// A parameter that the wire format cannot hold, or other parameter types than the statement was prepared with.
        case encoding
        /// A column of another type, an unexpected null, or no such row or column.
        case decoding
        /// The pool no longer gives connections.
        case poolClosed
    }

    package let code: Code
    /// Static text.
    package let reason: String
    /// The statement's name, never its text.
    package let statement: String?
    /// The violated constraint: a name from the schema.
    package let constraint: String?
    /// Where in the statement's text the server saw the fault, in characters from 1.
    package let position: Int?

    init(_ code: Code, _ reason: StaticString, statement: String? = nil, constraint: String? = nil, position: Int? = nil) {
        self.code = code
        self.reason = "\(reason)"
        self.statement = statement
        self.constraint = constraint
        self.position = position
    }

    package var sqlState: String? {
        if case .sqlState(let state) = code { state } else { nil }
    }

    /// Whether the same work, begun again on a fresh transaction, can succeed.
    ///
    /// True of `commitUnknown` as well: it presumes that doing the work twice leaves what doing it once leaves, as every write of an index
    /// that merges by version does.
    package var isRetryable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .commitUnknown: true
        case .sqlState(let state): Self.isRetryable(state)
        case .transactionAborted, .encoding, .decoding, .poolClosed: false
        }
    }

    private static func isRetryable(_ state: String) -> Bool {
        switch state {
        // Serialization failure, deadlock, lock not available, cancelled (statement_timeout).
        case "40001", "40P01", "55P03", "57014": true
        // Idle-in-transaction timeout, transaction timeout: this session was too slow. Read-only: a primary being replaced.
        case "25P03", "25P04", "25006": true
        // Connection exception, insufficient resources (disk full, too many connections), operator intervention (shutdown, crash, starting up).
        default: state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57P")
        }
    }

    package var description: String {
        var text = "postgres: \(reason)"
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let statement { text += ", statement \(statement)" }
        if let constraint { text += ", constraint \(constraint)" }
        if let position { text += ", at character \(position)" }
        return text
    }
}
