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
        /// As the row has it.
        var stored: StoredName
        var facts: StoredClock<Fact>
        /// Changes with every fact that wins.
        var token: Int64
        var containerID: Int64?
        var expiresAt: Timestamp?
        var deletion: DeletionMark
        /// What came before the newest deletion is not even kept, by any generation.
        let wasErased: Bool
        /// Deleted by a snapshot that did not name it; no event of the source has followed.
        var isAbsent: Bool
        /// The newest record that repeated the version in force, in ms.
        var repeatedTime: Int64?

        /// Judges an event and takes it into the clock.
        ///
        /// - Parameter isNamed: by a full snapshot.
        mutating func offer(_ version: EventVersion, isNamed: Bool) -> VersionClock.Verdict {
            facts.clock.offer(version, isNamed: isNamed, isAbsent: isAbsent)
        }

        /// Where the version in force stands, as of when it was last repeated.
        var lastSeen: VersionPosition? {
            guard let place = facts.clock.inForce?.position else { return nil }
            return VersionPosition(
                incarnation: place.incarnation, record: place.record, timestampMilliseconds: max(place.timestampMilliseconds, repeatedTime ?? 0))
        }

        /// What repeats the version in force is seen where it is newer than it: the source has the document still.
        mutating func noteRepetition(_ version: EventVersion) {
            let time = version.position.timestampMilliseconds
            if time > max(repeatedTime ?? 0, facts.clock.inForce?.position.timestampMilliseconds ?? 0) { repeatedTime = time }
        }

        /// Whether a version must not be kept, since its document was erased after it.
        func isErased(_ version: EventVersion) -> Bool {
            guard wasErased, facts.state == .exists else { return wasErased }
            return deletion.covers(version) && facts.clock.inForce?.position != version.position
        }
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

    var hasErased: Bool { entries.values.contains { $0.stored.isErased } }

    /// What histories call it.
    func stored(_ name: Name) -> StoredName { entries[name]?.stored ?? StoredName(name) }

    /// Locks in one order, so that two transactions never wait for each other.
    ///
    /// - Throws: `IndexError.renamed` where a name was erased, or came back, in this moment: the transaction is to be begun again.
    static func lock(_ names: Set<Name>, _ session: Session) throws -> LockedNames {
        guard !names.isEmpty else { return LockedNames() }
        let known = try StoredNames(Array(names), session)
        let columns = known.stored.columns
        // What is missing under a hash is not made: the name has come back.
        let results = try session.pipeline([
            (.documentEnsure, known.stored.filter { !$0.isErased }.columns), (.documentLock, columns), (.documentLoad, columns), known.recheck,
        ])
        let locked = try LockedNames(results[2], known)
        guard locked.entries.count == names.count, try known.isCurrent(results[3], session) else { throw IndexError.renamed }
        return locked
    }

    private init() {}

    /// - Parameter rows: of `document_load`; without a lock, what is there of these names.
    init(_ rows: Rows, _ known: StoredNames) throws {
        entries.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let index = Int(try rows.int32(row, 0)) - 1
            entries[known.names[index]] = Entry(
                documentID: try rows.int64(row, 1), stored: known.stored[index], facts: try StoredClock<Fact>(rows, row, column: 2) { $0 == .deleted },
                token: try rows.int64(row, 11), containerID: try rows.optionalInt64(row, 12),
                expiresAt: try rows.optionalTimestamp(row, 13).map(Timestamp.init(microsecondsSinceEpoch:)),
                deletion: try DeletionMark(rows, row, column: 14), wasErased: try rows.bool(row, 19), isAbsent: try rows.bool(row, 20),
                repeatedTime: try rows.optionalInt64(row, 21))
        }
    }
}

extension [Name] {
    /// As the three arrays that statements unnest.
    var columns: [Parameter] {
        [.int4Array(map(\.tenant.value)), .textArray(map(\.source.text)), .textArray(map(\.subject.text))]
    }
}
