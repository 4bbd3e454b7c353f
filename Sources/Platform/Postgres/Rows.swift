import CPostgres

/// A statement's result: rows of binary columns, read in place.
///
/// Owns the memory and is not Sendable: read what is needed before leaving the session. Every reader throws `PostgresError.decoding` where
/// the row, the column, the type or a NULL is not what was asked for.
package final class Rows {
    private let result: OpaquePointer
    private let statement: String
    private let extensionTypes: ExtensionTypes?

    package let count: Int
    package let columnCount: Int

    /// Takes ownership of `result`.
    init(owning result: OpaquePointer, statement: String, extensionTypes: ExtensionTypes?) {
        self.result = result
        self.statement = statement
        self.extensionTypes = extensionTypes
        count = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit {
        PQclear(result)
    }

    package var isEmpty: Bool { count == 0 }

    /// How many rows an INSERT, UPDATE, DELETE or MERGE touched.
    package var affectedCount: Int {
        Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    package func isNull(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try checkBounds(row, column)
        return PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    /// The bytes of a value that is not NULL and has one of the types; valid while the rows are.
    func field(_ row: Int, _ column: Int, _ types: Oid...) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let field = try optionalField(row, column, types) else { throw failure("a value is null") }
        return field
    }

    func optionalField(_ row: Int, _ column: Int, _ types: [Oid]) throws(PostgresError) -> UnsafeRawBufferPointer? {
        try checkBounds(row, column)
        let (row, column) = (Int32(row), Int32(column))
        guard types.contains(PQftype(result, column)), PQfformat(result, column) == 1 else { throw failure("a column has another type") }
        guard PQgetisnull(result, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    }

    func type(_ column: Int) throws(PostgresError) -> Oid {
        guard (0..<columnCount).contains(column) else { throw failure("there is no such column") }
        return PQftype(result, Int32(column))
    }

    var halfvecType: Oid? { extensionTypes?.halfvec }
    var halfvecArrayType: Oid? { extensionTypes?.halfvecArray }

    func failure(_ reason: StaticString) -> PostgresError {
        PostgresError(.decoding, reason, statement: statement)
    }

    private func checkBounds(_ row: Int, _ column: Int) throws(PostgresError) {
        guard (0..<count).contains(row) else { throw failure("there is no such row") }
        guard (0..<columnCount).contains(column) else { throw failure("there is no such column") }
    }
}
