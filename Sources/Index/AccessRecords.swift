import Contract
import Postgres

/// When something came into force, and by which event.
package struct StatedVersion: Hashable, Sendable {
    /// As receipts show it: the sequence, else `@<partition>/<offset>`.
    package let text: String
    /// Nothing where the history does not reach back so far.
    package let since: Timestamp?
}

/// What is known of a document at some moment.
package struct DocumentRecord: Sendable {
    package enum State: Int16, Sendable {
        /// Only its name is known: a container, or a list that came first.
        case nothing = 0
        case exists = 1
        case deleted = 2
    }

    package let state: State
    package let version: StatedVersion?
    package let container: Subject?
    package let expiresAt: Timestamp?
    /// What the live generation made of it; only of the present.
    package let rendition: RenditionRecord?
    /// The list that row-level security goes by, and the name it has it from; only of the present.
    package let listInForce: Int64?
    package let listGrantedBy: Subject?
    /// The database's time.
    package let readAt: Timestamp
}

/// What a generation made of a document, as far as it decides whether it is shown.
package struct RenditionRecord: Sendable {
    package let generation: String
    /// Nothing was readable yet, or it is deleted there.
    package let isPresent: Bool
    package let version: String?
    package let container: Subject?
    package let expiresAt: Timestamp?
    /// Whether it has dealt with the newest facts; while it has not, its own container must allow as well.
    package let isSettled: Bool
    /// A registered deletion came after it.
    package let isBehindDeletion: Bool
    /// A newer version waits for content that is away.
    package let waits: Bool
}

/// A name's own entry on `sluice.permissions`.
package struct EntryRecord: Sendable {
    package enum State: Int16, Sendable {
        case list = 1
        case parent = 2
        /// Taken away: as if it had never been.
        case removed = 3
        case unreadable = 4
    }

    package let state: State
    package let version: StatedVersion
    package let parent: Subject?
    /// Of ``AccessRecords/list(_:)``.
    package let listID: Int64?
}

/// Members of a group, or nothing where it was closed: its record could not be read.
package struct GroupRecord: Sendable {
    package let group: Principal
    package let members: [Principal]?
}

/// Who may see what in one tenant and one snapshot, now or at a moment in the past. Valid inside ``AdministrationStore/withAccessRecords``.
package struct AccessRecords {
    fileprivate let tenant: TenantID
    /// Nothing: now.
    fileprivate let moment: Timestamp?
    fileprivate let session: Session

    /// Nothing where the name was never heard of.
    package func document(_ source: SourceName, _ subject: Subject) throws -> DocumentRecord? {
        guard let moment else { return try documentNow(source, subject) }
        let rows = try session.execute(.explainDocumentAt, name(source, subject) + [.timestamptz(microseconds: moment.microsecondsSinceEpoch)])
        guard rows.count == 1, let state = DocumentRecord.State(rawValue: try rows.int16(0, 0)) else { return nil }
        let since = try rows.moment(0, 4)
        guard since.map({ $0 <= moment }) != false else { return nil }
        return DocumentRecord(
            state: state, version: try rows.version(0, column: 1).map { StatedVersion(text: $0, since: since) }, container: try rows.subject(0, 5),
            expiresAt: try rows.moment(0, 6), rendition: nil, listInForce: nil, listGrantedBy: nil,
            readAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(0, 7)))
    }

    private func documentNow(_ source: SourceName, _ subject: Subject) throws -> DocumentRecord? {
        let rows = try session.execute(.explainDocument, name(source, subject))
        guard rows.count == 1, let state = DocumentRecord.State(rawValue: try rows.int16(0, 1)) else { return nil }
        let since = try rows.moment(0, 5)
        let rendition = try rows.optionalString(0, 10).map { generation in
            RenditionRecord(
                generation: generation, isPresent: try rows.optionalInt16(0, 11) == 1, version: try rows.version(0, column: 12),
                container: try rows.subject(0, 15), expiresAt: try rows.moment(0, 16), isSettled: try rows.bool(0, 17),
                isBehindDeletion: try rows.bool(0, 18), waits: try rows.bool(0, 19))
        }
        return DocumentRecord(
            state: state, version: try rows.version(0, column: 2).map { StatedVersion(text: $0, since: since) }, container: try rows.subject(0, 6),
            expiresAt: try rows.moment(0, 7), rendition: rendition, listInForce: try rows.optionalInt64(0, 9), listGrantedBy: try rows.subject(0, 8),
            readAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(0, 20)))
    }

    /// Nothing where the name never had an entry.
    package func entry(_ source: SourceName, _ subject: Subject) throws -> EntryRecord? {
        let rows =
            try moment.map {
                try session.execute(.explainEntryAt, name(source, subject) + [.timestamptz(microseconds: $0.microsecondsSinceEpoch)])
            } ?? session.execute(.explainEntry, name(source, subject))
        guard rows.count == 1, let state = EntryRecord.State(rawValue: try rows.int16(0, 0)), let version = try rows.version(0, column: 1) else { return nil }
        return EntryRecord(
            state: state, version: StatedVersion(text: version, since: try rows.moment(0, 6)), parent: try rows.subject(0, 4),
            listID: try rows.optionalInt64(0, 5))
    }

    package func list(_ id: Int64) throws -> AccessList {
        let rows = try session.execute(.explainList, [.text(tenant.text), .int8(id)])
        var list = AccessList(allow: [])
        for row in 0..<rows.count {
            guard let principal = Principal(try rows.string(row, 0)) else { throw IndexError.inconsistent }
            if try rows.bool(row, 1) { list.deny.append(principal) } else { list.allow.append(principal) }
        }
        return list
    }

    /// Every membership these principals reach, and every closed group with what is around it; of the past, all there were.
    package func groups(around principals: [Principal]) throws -> [GroupRecord] {
        guard let moment else { return try groupsNow(around: principals) }
        let rows = try session.execute(.explainGroupsAt, [.text(tenant.text), .timestamptz(microseconds: moment.microsecondsSinceEpoch)])
        return try (0..<rows.count).compactMap { row in
            guard let group = Principal("group:\(try rows.string(row, 0))/\(try rows.string(row, 1))") else { return nil }
            let isClosed = try rows.int16(row, 2) == Memberships.closedState
            let members = try rows.isNull(row, 3) ? [] : rows.stringArray(row, 3)
            return GroupRecord(group: group, members: isClosed ? nil : members.compactMap(Principal.init))
        }
    }

    private func groupsNow(around principals: [Principal]) throws -> [GroupRecord] {
        let rows = try session.execute(.explainGroups, [.text(tenant.text), .textArray(principals.map(\.text))])
        var members: [Principal: [Principal]] = [:]
        var closed: [Principal] = []
        for row in 0..<rows.count {
            guard let group = Principal(try rows.string(row, 0)) else { throw IndexError.inconsistent }
            if let member = try rows.optionalString(row, 1).flatMap(Principal.init) {
                members[group, default: []].append(member)
            } else {
                closed.append(group)
            }
        }
        return members.map { GroupRecord(group: $0.key, members: $0.value) } + closed.map { GroupRecord(group: $0, members: nil) }
    }

    private func name(_ source: SourceName, _ subject: Subject) -> [Parameter] { [.text(tenant.text), .text(source.text), .text(subject.text)] }
}

extension AdministrationStore {
    /// Reads who may see what, in one snapshot.
    ///
    /// - Parameter moment: in the past; nothing is now.
    package func withAccessRecords<Result: Sendable>(
        of tenant: TenantID, at moment: Timestamp?, _ body: @escaping @Sendable (AccessRecords) throws -> Result
    ) async throws -> Result {
        try await snapshot { try body(AccessRecords(tenant: tenant, moment: moment, session: $0)) }
    }
}

extension Rows {
    func moment(_ row: Int, _ column: Int) throws -> Timestamp? { try optionalTimestamp(row, column).map(Timestamp.init(microsecondsSinceEpoch:)) }

    func subject(_ row: Int, _ column: Int) throws -> Subject? { try optionalString(row, column).flatMap(Subject.init) }

    /// As receipts show it.
    ///
    /// - Parameter column: of the sequence; partition and offset follow.
    func version(_ row: Int, column: Int) throws -> String? {
        if let sequence = try optionalInt64(row, column) { return String(sequence) }
        guard let partition = try optionalInt32(row, column + 1) else { return nil }
        return RecordPosition(topic: "", partition: partition, offset: try int64(row, column + 2)).version
    }
}
