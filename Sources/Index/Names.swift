import Contract
import Postgres

/// A tenant's number in the database.
package struct TenantNumber: Hashable, Comparable, Sendable {
    package let value: Int32

    package init(_ value: Int32) {
        self.value = value
    }

    package static func < (one: Self, other: Self) -> Bool { one.value < other.value }
}

/// A name of a source: a document, a container, or both; the two share a name space.
package struct Name: Hashable, Sendable {
    package let tenant: TenantNumber
    package let source: SourceName
    package let subject: Subject

    package init(tenant: TenantNumber, source: SourceName, subject: Subject) {
        self.tenant = tenant
        self.source = source
        self.subject = subject
    }

    package func sibling(_ subject: Subject) -> Name { Name(tenant: tenant, source: source, subject: subject) }
}

/// What decides whether a document exists.
enum Fact: Int16, Sendable {
    /// Only its name is known: a container, or a list that came first.
    case nothing = 0
    case exists = 1
    case deleted = 2
}

/// The names a transaction works on, made where they were missing and locked until it ends: who holds a name's row may change what belongs to it.
struct LockedNames {
    struct Entry {
        let documentID: Int64
        var facts: StoredClock<Fact>
        /// Changes with every fact that wins.
        var token: Int64
        var containerID: Int64?
        var expiresAt: Timestamp?
        var deletion: DeletionMark
        /// Deleted by a snapshot that did not name it; no event of the source has followed.
        var isAbsent: Bool
    }

    private(set) var entries: [Name: Entry] = [:]

    subscript(name: Name) -> Entry? {
        get { entries[name] }
        set { entries[name] = newValue }
    }

    func documentID(_ name: Name) throws -> Int64 {
        guard let entry = entries[name] else { throw IndexError.inconsistent }
        return entry.documentID
    }

    /// Locks in one order, so that two transactions never wait for each other.
    static func lock(_ names: Set<Name>, _ session: Session) throws -> LockedNames {
        var locked = LockedNames()
        let names = Array(names)
        guard !names.isEmpty else { return locked }
        let columns = names.columns
        _ = try session.execute(.documentEnsure, columns)
        _ = try session.execute(.documentLock, columns)
        let rows = try session.execute(.documentLoad, columns)
        locked.entries.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let name = names[Int(try rows.int32(row, 0)) - 1]
            let facts = try StoredClock<Fact>(rows, row, column: 2) { $0 == .deleted }
            locked.entries[name] = Entry(
                documentID: try rows.int64(row, 1), facts: facts, token: try rows.int64(row, 11), containerID: try rows.optionalInt64(row, 12),
                expiresAt: try rows.optionalTimestamp(row, 13).map(Timestamp.init(microsecondsSinceEpoch:)),
                deletion: try DeletionMark(rows, row, column: 14), isAbsent: try rows.bool(row, 19))
        }
        return locked
    }
}

extension [Name] {
    /// As the three arrays that statements unnest.
    var columns: [Parameter] {
        [.int4Array(map(\.tenant.value)), .textArray(map(\.source.text)), .textArray(map(\.subject.text))]
    }
}
