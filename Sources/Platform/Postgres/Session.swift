import CPostgres

/// One connection to the server, and what this end knows about it.
///
/// Blocks, and belongs to one thread at a time: `PostgresConnection` confines it and lends it. After an error that leaves it in doubt it is not usable again.
package final class Session {
    let connection: OpaquePointer
    private let encoder = ParameterEncoder()
    /// Parameter types of the statements that the server has prepared, by name.
    private var prepared: [String: [Oid]] = [:]
    private var extensionTypes: ExtensionTypes?
    private var isDiscarded = false

    /// Takes ownership of `connection`.
    private init(owning connection: OpaquePointer) {
        self.connection = connection
        sluice_pq_silence(connection)
    }

    deinit {
        PQfinish(connection)
    }

    /// Opens a session and applies the configuration's settings.
    ///
    /// - Throws: `.connectionFailed`; the server's `.sqlState` where it refuses a setting.
    package static func connect(_ configuration: PostgresConfiguration) throws(PostgresError) -> Session {
        let keywords = configuration.keywords
        let handle = withCStrings(keywords.map(\.keyword)) { names in
            withCStrings(keywords.map(\.value)) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let handle else { throw PostgresError(.connectionFailed, "libpq is out of memory") }
        let session = Session(owning: handle)
        guard PQstatus(handle) == CONNECTION_OK else { throw connectionFailure(handle) }
        // Absent where the migration that creates the extension has yet to run; looked up again when needed.
        _ = try session.findVectorTypes()
        for (name, value) in configuration.settings.sorted(by: { $0.key < $1.key }) {
            _ = try session.execute(setting, [.text(name), .text(value)])
        }
        return session
    }

    private static let setting = Statement("session_setting", "select pg_catalog.set_config($1, $2, false)", planning: .perUse)

    /// Whether the connection stands and no transaction is open on it.
    package var isUsable: Bool {
        !isDiscarded && PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    /// Never used again: what the server has of it is in doubt.
    func discard() {
        isDiscarded = true
    }

    /// Runs one statement and returns its rows.
    ///
    /// - Throws: `.sqlState`, after which an open transaction accepts nothing but its end; `.encoding`, before anything was sent; `.connectionLost`.
    @discardableResult
    package func execute(_ statement: Statement, _ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
        try encode(statement, parameters)
        if statement.planning == .prepared, prepared[statement.name] == nil {
            let result = try encoder.withValues { values throws(PostgresError) in
                PQprepare(connection, statement.name, statement.sql, values.count, values.types)
            }
            _ = try rows(result, of: statement.name)
            prepared[statement.name] = encoder.types
        }
        let result = try encoder.withValues { values throws(PostgresError) in
            switch statement.planning {
            case .prepared:
                PQexecPrepared(connection, statement.name, values.count, values.values, values.lengths, values.formats, 1)
            case .perUse:
                PQexecParams(connection, statement.sql, values.count, values.types, values.values, values.lengths, values.formats, 1)
            }
        }
        return try rows(result, of: statement.name)
    }

    /// Runs statements separated by semicolons, in one transaction of their own unless one is open.
    package func executeScript(_ sql: String, named name: String = "script") throws(PostgresError) {
        _ = try rows(PQexec(connection, sql), of: name)
    }

    /// Resolves and writes the parameters, and refuses what the statement was not prepared for.
    func encode(_ statement: Statement, _ parameters: [Parameter]) throws(PostgresError) {
        guard !isDiscarded else { throw PostgresError(.connectionLost, "the session was discarded", statement: statement.name) }
        var types: [Oid] = []
        types.reserveCapacity(parameters.count)
        for parameter in parameters { types.append(try oid(of: parameter.type)) }
        try encoder.encode(parameters, halfvecType: extensionTypes?.halfvec ?? 0, typeIdentifiers: types)
        if let known = prepared[statement.name], known != types {
            throw PostgresError(.encoding, "the statement was prepared with other parameter types", statement: statement.name)
        }
    }

    /// Sends what `encode` wrote, without waiting. Returns whether libpq took it.
    func send(_ statement: Statement) throws(PostgresError) -> Bool {
        try encoder.withValues { values throws(PostgresError) in
            switch statement.planning {
            case .prepared:
                PQsendQueryPrepared(connection, statement.name, values.count, values.values, values.lengths, values.formats, 1) == 1
            case .perUse:
                PQsendQueryParams(connection, statement.sql, values.count, values.types, values.values, values.lengths, values.formats, 1) == 1
            }
        }
    }

    func sendPrepare(_ statement: Statement) throws(PostgresError) -> Bool {
        try encoder.withValues { values throws(PostgresError) in
            PQsendPrepare(connection, statement.name, statement.sql, values.count, values.types) == 1
        }
    }

    var encodedTypes: [Oid] { encoder.types }

    func isPrepared(_ statement: Statement) -> Bool { prepared[statement.name] != nil }

    func notePrepared(_ name: String, _ types: [Oid]) { prepared[name] = types }

    /// Takes ownership of a result and tells rows from failure.
    func rows(_ result: OpaquePointer?, of statement: String) throws(PostgresError) -> Rows {
        guard let result else { throw lost(statement) }
        let rows = Rows(owning: result, statement: statement, extensionTypes: extensionTypes)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
            return rows
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            discard()
            throw PostgresError(.decoding, "a statement began a COPY", statement: statement)
        default:
            throw failure(result, statement)
        }
    }

    func lost(_ statement: String?) -> PostgresError {
        discard()
        return PostgresError(.connectionLost, "the connection was lost", statement: statement)
    }

    private func oid(of type: PostgresType) throws(PostgresError) -> Oid {
        if let builtin = type.builtinOID { return builtin }
        let known = try vectorTypes()
        return type == .halfvecArray ? known.halfvecArray : known.halfvec
    }

    @discardableResult
    func vectorTypes() throws(PostgresError) -> ExtensionTypes {
        if let extensionTypes { return extensionTypes }
        guard let found = try findVectorTypes() else { throw PostgresError(.encoding, "the database has no pgvector extension") }
        return found
    }

    private func findVectorTypes() throws(PostgresError) -> ExtensionTypes? {
        let rows = try rows(PQexecParams(connection, ExtensionTypes.query, 0, nil, nil, nil, nil, 1), of: "vector_types")
        guard rows.count == 1 else { return nil }
        extensionTypes = ExtensionTypes(
            halfvec: try rows.field(0, 0, TypeOID.oid).networkOrder(at: 0),
            halfvecArray: try rows.field(0, 1, TypeOID.oid).networkOrder(at: 0))
        return extensionTypes
    }
}

/// Lends a null-terminated array of C strings.
private func withCStrings<Result>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    func lend(_ rest: ArraySlice<String>, _ pointers: [UnsafePointer<CChar>?]) -> Result {
        guard let first = rest.first else { return body(pointers + [nil]) }
        return first.withCString { lend(rest.dropFirst(), pointers + [$0]) }
    }
    return lend(strings[...], [])
}
