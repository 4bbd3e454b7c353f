import Contract
import Digest
import Postgres

/// What a tenant's erased names and people are hashed with.
package struct ErasureKey: Sendable {
    /// Of a column that holds the names of sources, which none of them can be.
    static let source = "$erased"
    private static let user = "user:\(source)/"

    private let key: [UInt8]
    /// How many names have become hashes so far.
    fileprivate let renames: Int64

    init(key: [UInt8], renames: Int64) {
        self.key = key
        self.renames = renames
    }

    /// What stands for a document that was erased: 64 hexadecimal digits. U+0000 separates, since no name holds it.
    package func hash(source: String, subject: String) -> String { hash(["document", source, subject]) }

    /// What stands for somebody who was erased.
    package func pseudonym(of user: Principal) -> String { Self.user + hash(["user", user.text]) }

    private func hash(_ parts: [String]) -> String {
        hexEncoded(HMAC.sha256(Array(parts.joined(separator: "\0").utf8), key: key))
    }

    /// The keys of those tenants that have had an erasure.
    static func load(_ tenants: some Sequence<TenantNumber>, _ session: Session) throws -> [TenantNumber: ErasureKey] {
        try keys(session.execute(.erasureKeyFind, parameters(tenants)))
    }

    fileprivate static func parameters(_ tenants: some Sequence<TenantNumber>) -> [Parameter] { [.int4Array(Set(tenants).map(\.value))] }

    fileprivate static func keys(_ rows: Rows) throws -> [TenantNumber: ErasureKey] {
        var keys: [TenantNumber: ErasureKey] = [:]
        for row in 0..<rows.count {
            keys[TenantNumber(try rows.int32(row, 0))] = ErasureKey(key: try rows.bytes(row, 1), renames: try rows.int64(row, 2))
        }
        return keys
    }
}

/// A name as its row has it: itself, or its keyed hash once it was erased.
struct StoredName: Hashable, Sendable {
    let tenant: TenantNumber
    let source: String
    let subject: String

    init(_ name: Name) {
        (tenant, source, subject) = (name.tenant, name.source.text, name.subject.text)
    }

    init(_ name: Name, _ key: ErasureKey) {
        (tenant, source) = (name.tenant, ErasureKey.source)
        subject = key.hash(source: name.source.text, subject: name.subject.text)
    }

    var isErased: Bool { source == ErasureKey.source }
}

/// How the rows of some names are found. A tenant that never had an erasure costs one look at an empty table.
struct StoredNames {
    let names: [Name]
    /// Beside `names`.
    let stored: [StoredName]
    private let keys: [TenantNumber: ErasureKey]

    init(_ names: [Name], _ session: Session) throws {
        try self.init(names, keys: ErasureKey.load(names.lazy.map(\.tenant), session), session)
    }

    private init(_ names: [Name], keys: [TenantNumber: ErasureKey], _ session: Session) throws {
        self.names = names
        self.keys = keys
        var stored = names.map(StoredName.init)
        let hashed = names.indices.compactMap { index in keys[names[index].tenant].map { (index, StoredName(names[index], $0)) } }
        if !hashed.isEmpty {
            let rows = try session.execute(.erasedNameFind, hashed.map(\.1).columns)
            for row in 0..<rows.count {
                let (index, name) = hashed[Int(try rows.int32(row, 0)) - 1]
                stored[index] = name
            }
        }
        self.stored = stored
    }

    /// To be run after the names are locked, and told to ``isCurrent(_:_:)``.
    var recheck: (statement: Statement, parameters: [Parameter]) { (.erasureKeyFind, ErasureKey.parameters(names.lazy.map(\.tenant))) }

    /// Whether no name was erased between the look-up and its lock: an erasure locks a name as every other change does.
    func isCurrent(_ rows: Rows, _ session: Session) throws -> Bool {
        let latest = try ErasureKey.keys(rows)
        if latest.mapValues(\.renames) == keys.mapValues(\.renames) { return true }
        return try StoredNames(names, keys: latest, session).stored == stored
    }
}

extension [StoredName] {
    /// As the three arrays that statements unnest.
    var columns: [Parameter] { [.int4Array(map(\.tenant.value)), .textArray(map(\.source)), .textArray(map(\.subject))] }
}
