import CPostgres

extension Session {
    /// Runs one statement and lends its rows one by one as they come, so that as many as there are take the memory of one.
    ///
    /// - Parameter body: a result with the one row; do not let it escape. Where it throws, the rest is read and dropped.
    /// - Throws: as `execute`, and what `body` threw.
    package func stream(_ statement: Statement, _ parameters: [Parameter] = [], _ body: (Rows) throws -> Void) throws {
        try encode(statement, parameters)
        if statement.planning == .prepared, !isPrepared(statement) {
            guard try sendPrepare(statement) else { throw lost(statement.name) }
            let types = encodedTypes
            _ = try rows(PQgetResult(connection), of: statement.name)
            // A statement's results end with a null one.
            while let extra = PQgetResult(connection) { PQclear(extra) }
            notePrepared(statement.name, types)
        }
        guard try send(statement), PQsetSingleRowMode(connection) == 1 else { throw lost(statement.name) }
        var thrown: (any Error)?
        while let result = PQgetResult(connection) {
            do {
                let row = try rows(result, of: statement.name)
                if thrown == nil, row.count > 0 { try body(row) }
            } catch {
                thrown = thrown ?? error
            }
        }
        if let thrown { throw thrown }
    }
}
