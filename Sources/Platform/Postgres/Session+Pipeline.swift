import CPostgres
import Glibc

extension Session {
    /// Runs statements one after another in one round trip and returns the rows of each.
    ///
    /// After a failure the server skips the rest; the first failure is thrown. Outside a transaction they are one of their own.
    package func pipeline(_ statements: [(statement: Statement, parameters: [Parameter])]) throws(PostgresError) -> [Rows] {
        guard !statements.isEmpty else { return [] }
        // Looked up before the pipeline begins: inside it no other statement can be waited for.
        for parameters in statements.map(\.parameters) where parameters.contains(where: { $0.type.builtinOID == nil }) {
            try vectorTypes()
        }
        // Not blocking while sending: with both directions full, client and server would wait for each other for ever.
        guard PQenterPipelineMode(connection) == 1, PQsetnonblocking(connection, 1) == 0 else { throw lost(statements[0].statement.name) }
        do {
            let steps = try sendAll(statements)
            let outcome = try receiveAll(steps)
            try leavePipeline()
            return try outcome.get()
        } catch {
            // A pipeline left half-way has no known end.
            if PQpipelineStatus(connection) != PQ_PIPELINE_OFF { discard() }
            throw error
        }
    }

    /// What the server will answer, in order.
    private enum Step {
        case prepare(Statement, types: [Oid])
        case execute(Statement)

        var statement: Statement {
            switch self {
            case .prepare(let statement, _), .execute(let statement): statement
            }
        }
    }

    private func sendAll(_ statements: [(statement: Statement, parameters: [Parameter])]) throws(PostgresError) -> [Step] {
        var steps: [Step] = []
        var pending: [String: [Oid]] = [:]
        for (statement, parameters) in statements {
            try encode(statement, parameters)
            if statement.planning == .prepared, !isPrepared(statement) {
                if let types = pending[statement.name] {
                    guard types == encodedTypes else {
                        throw PostgresError(.encoding, "the statement was prepared with other parameter types", statement: statement.name)
                    }
                } else {
                    guard try sendPrepare(statement) else { throw lost(statement.name) }
                    pending[statement.name] = encodedTypes
                    steps.append(.prepare(statement, types: encodedTypes))
                }
            }
            guard try send(statement) else { throw lost(statement.name) }
            steps.append(.execute(statement))
        }
        guard PQpipelineSync(connection) == 1 else { throw lost(steps.last?.statement.name) }
        try flush()
        return steps
    }

    /// Writes everything out, reading meanwhile so that the server never waits for us.
    private func flush() throws(PostgresError) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1: break
            default: throw lost(nil)
            }
            var socket = pollfd(fd: PQsocket(connection), events: Int16(POLLIN | POLLOUT), revents: 0)
            guard poll(&socket, 1, -1) >= 0 || errno == EINTR else { throw lost(nil) }
            if socket.revents & Int16(POLLIN) != 0, PQconsumeInput(connection) == 0 { throw lost(nil) }
        }
    }

    /// The rows, or the first failure; throws only where the connection is lost.
    private func receiveAll(_ steps: [Step]) throws(PostgresError) -> Result<[Rows], PostgresError> {
        var received: [Rows] = []
        var failure: PostgresError?
        for step in steps {
            let name = step.statement.name
            guard let result = PQgetResult(connection) else { throw lost(name) }
            if PQresultStatus(result) == PGRES_PIPELINE_ABORTED {
                PQclear(result)
            } else {
                do throws(PostgresError) {
                    let rows = try rows(result, of: name)
                    switch step {
                    case .prepare(_, let types): notePrepared(name, types)
                    case .execute: received.append(rows)
                    }
                } catch {
                    guard PQstatus(connection) == CONNECTION_OK else { throw error }
                    failure = failure ?? error
                }
            }
            // Each statement's results end with a null one.
            while let extra = PQgetResult(connection) { PQclear(extra) }
        }
        return failure.map { .failure($0) } ?? .success(received)
    }

    private func leavePipeline() throws(PostgresError) {
        let synchronised = PQgetResult(connection)
        defer { PQclear(synchronised) }
        guard PQresultStatus(synchronised) == PGRES_PIPELINE_SYNC, PQexitPipelineMode(connection) == 1, PQsetnonblocking(connection, 0) == 0 else {
            throw lost(nil)
        }
    }
}
