import Threads

/// One session on a thread of its own: the way from tasks to blocking libpq.
package actor PostgresConnection {
    private let executor = ThreadExecutor(name: "postgres")
    private let configuration: PostgresConfiguration
    private var session: Session?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens a session.
    ///
    /// - Throws: `PostgresError.connectionFailed`.
    package static func connect(_ configuration: PostgresConfiguration) async throws -> PostgresConnection {
        let connection = PostgresConnection(configuration)
        try await connection.open()
        return connection
    }

    private init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    private func open() throws {
        session = try Session.connect(configuration)
    }

    /// Whether the session may be used again; once it may not, it never will be.
    package var isUsable: Bool { session?.isUsable ?? false }

    /// Lends the session to `body`, which runs on the connection's thread. Do not let it escape.
    ///
    /// - Throws: what `body` throws; `.connectionLost` where an earlier use left the session in doubt.
    package func withSession<Result: Sendable>(_ body: @Sendable (Session) throws -> Result) throws -> Result {
        guard let session, session.isUsable else { throw PostgresError(.connectionLost, "the session was discarded") }
        defer {
            // Whatever the body left open is undone; what cannot be is discarded, and the server rolls it back.
            session.rollBack()
            if !session.isUsable { self.session = nil }
        }
        return try body(session)
    }

    /// Runs `body` in a transaction: see `Session.withTransaction`.
    package func withTransaction<Result: Sendable>(
        isolation: TransactionIsolation = .readCommitted, readOnly: Bool = false, _ body: @Sendable (Session) throws -> Result
    ) throws -> Result {
        try withSession { session in try session.withTransaction(isolation: isolation, readOnly: readOnly, body) }
    }

    package func withTransaction<Result: Sendable>(
        isolation: TransactionIsolation, readOnly: Bool = false, opening statements: [(statement: Statement, parameters: [Parameter])],
        _ body: @Sendable (Session, [Rows]) throws -> Result
    ) throws -> Result {
        try withSession { session in try session.withTransaction(isolation: isolation, readOnly: readOnly, opening: statements, body) }
    }

    /// `withTransaction` for callers that are threads themselves, such as a Kafka rebalance callback: blocks the calling thread meanwhile.
    package nonisolated func withTransactionBlocking<Result: Sendable>(
        isolation: TransactionIsolation = .readCommitted, readOnly: Bool = false, _ body: @escaping @Sendable (Session) throws -> Result
    ) throws -> Result {
        try executor.performAndWait {
            try self.assumeIsolated { try $0.withTransaction(isolation: isolation, readOnly: readOnly, body) }
        }
    }

    /// Ends the session; later uses throw.
    package func close() {
        session = nil
    }
}
