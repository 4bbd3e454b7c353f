import Contract
import Digest
import Postgres

/// A change of a name's entry on sluice.permissions.
package struct PermissionChange: Sendable {
    package enum Statement: Sendable {
        case stated(PermissionsChanged)
        /// A tombstone: no entry of its own.
        case removed
        /// It could not be read: closed to everybody.
        case unreadable
    }

    package let name: Name
    package let version: EventVersion
    package let statement: Statement

    package init(name: Name, version: EventVersion, statement: Statement) {
        self.name = name
        self.version = version
        self.statement = statement
    }

    var parent: Name? {
        guard case .stated(let entry) = statement else { return nil }
        return entry.parent.map(name.sibling)
    }
}

/// Merges permission entries: who may see what, without touching a document's content.
enum Permissions {
    fileprivate enum State: Int16, Sendable {
        case list = 1
        case parent = 2
        case tombstone = 3
        case unreadable = 4
    }

    private struct Entry {
        var stored: StoredClock<State>?
        var parentID: Int64?
        var principalSetID: Int64?
        var changed = false
    }

    /// - Parameter names: holds every change's name and parent, locked, under the locks of their sources.
    static func merge(_ changes: [PermissionChange], _ names: LockedNames, _ session: Session) throws -> [VersionClock.Verdict] {
        guard !changes.isEmpty else { return [] }
        let subjects = Array(Set(changes.map(\.name)))
        var entries = try load(subjects, names, session)
        let sets = try PrincipalSets.ensure(lists: changes.compactMap(\.list), session)
        var verdicts: [VersionClock.Verdict] = []
        for change in changes {
            var entry = entries[change.name] ?? Entry()
            var clock = entry.stored?.clock ?? VersionClock()
            var verdict = clock.offer(change.version)
            // A redrive replaces its own rejection.
            if verdict == .duplicate, entry.stored?.state == .unreadable, change.state != .unreadable { verdict = .wins }
            if verdict == .wins {
                entry.parentID = nil
                if let parent = change.parent { entry.parentID = try names.documentID(parent) }
                entry.principalSetID = change.list.flatMap { sets[$0] }
                entry.stored = StoredClock(state: change.state, clock: clock)
                try recordHistory(change, entry.principalSetID, names, session)
            } else {
                entry.stored?.clock = clock
            }
            entry.changed = true
            entries[change.name] = entry
            verdicts.append(verdict)
        }
        try write(entries, names, session)
        let keys = try Containers.keys(of: subjects, names)
        _ = try session.execute(.documentAccessRefresh, keys)
        try Containers.resolve(Set(subjects), names, session)
        return verdicts
    }

    private static func load(_ subjects: [Name], _ names: LockedNames, _ session: Session) throws -> [Name: Entry] {
        let rows = try session.execute(.permissionLoad, try Containers.keys(of: subjects, names))
        var entries: [Name: Entry] = [:]
        for row in 0..<rows.count {
            let stored = try StoredClock<State>(rows, row, column: 1) { $0 == .tombstone }
            entries[subjects[Int(try rows.int32(row, 0)) - 1]] = Entry(
                stored: stored, parentID: try rows.optionalInt64(row, 10), principalSetID: try rows.optionalInt64(row, 11))
        }
        return entries
    }

    private static func write(_ entries: [Name: Entry], _ names: LockedNames, _ session: Session) throws {
        var written: [Name] = []
        var clocks = ClockColumns()
        var parents: [Int64?] = []
        var sets: [Int64?] = []
        var listTenants: [Int32?] = []
        var lists: [Int64?] = []
        for (name, entry) in entries where entry.changed {
            guard let stored = entry.stored else { continue }
            written.append(name)
            clocks.append(state: stored.state.rawValue, stored.clock)
            parents.append(entry.parentID)
            sets.append(entry.principalSetID)
            if let set = entry.principalSetID {
                listTenants.append(name.tenant.value)
                lists.append(set)
            }
        }
        let keys = try Containers.keys(of: written, names)
        _ = try session.execute(.permissionWrite, keys + clocks.parameters + [.int8Array(parents), .int8Array(sets)])
        if !lists.isEmpty { _ = try session.execute(.accessListOwnEnsure, [.int4Array(listTenants), .int8Array(lists)]) }
    }

    private static func recordHistory(_ change: PermissionChange, _ set: Int64?, _ names: LockedNames, _ session: Session) throws {
        try AccessHistory.record(
            .permission, names.stored(change.name), state: change.state.rawValue, version: change.version,
            parent: change.parent.map { names.stored($0).subject }, principalSetID: set, members: nil, session)
    }
}

extension PermissionChange {
    fileprivate var list: TenantList? {
        guard case .stated(let entry) = statement, let list = entry.list else { return nil }
        return TenantList(tenant: name.tenant, list: list)
    }

    fileprivate var state: Permissions.State {
        switch statement {
        case .stated(let entry): entry.list == nil ? .parent : .list
        case .removed: .tombstone
        case .unreadable: .unreadable
        }
    }
}

/// A list, of the tenant it belongs to.
struct TenantList: Hashable {
    let tenant: TenantNumber
    let list: AccessList
}

/// Distinct lists are stored once per tenant.
enum PrincipalSets {
    static func ensure(lists: [TenantList], _ session: Session) throws -> [TenantList: Int64] {
        guard !lists.isEmpty else { return [:] }
        let distinct = Array(Set(lists))
        let digests = distinct.map { digest(of: $0.list) }
        let keys: [Parameter] = [.int4Array(distinct.map(\.tenant.value)), .byteaArray(digests)]
        let made = try session.execute(.principalSetEnsure, keys)
        var unfilled = Set(try (0..<made.count).map { try made.int64($0, 0) })
        let rows = try session.execute(.principalSetFind, keys)
        var numbers: [SetKey: Int64] = [:]
        for row in 0..<rows.count {
            numbers[SetKey(tenant: TenantNumber(try rows.int32(row, 0)), digest: try rows.bytes(row, 1))] = try rows.int64(row, 2)
        }
        var result: [TenantList: Int64] = [:]
        for (list, digest) in zip(distinct, digests) {
            guard let number = numbers[SetKey(tenant: list.tenant, digest: digest)] else { throw IndexError.inconsistent }
            result[list] = number
            if unfilled.remove(number) != nil { try fill(number, list, session) }
        }
        return result
    }

    private static func fill(_ id: Int64, _ list: TenantList, _ session: Session) throws {
        var principals: [String?] = []
        var denials: [Bool?] = []
        for (members, isDenial) in [(list.list.allow, false), (list.list.deny, true)] {
            for principal in Set(members) {
                principals.append(principal.text)
                denials.append(isDenial)
            }
        }
        guard !principals.isEmpty else { return }
        _ = try session.execute(.accessEntryInsert, [.int4(list.tenant.value), .int8(id), .textArray(principals), .boolArray(denials)])
    }

    /// Of the sorted, distinct principals: equal lists in any order are one set. U+0000 separates, since no principal holds it.
    private static func digest(of list: AccessList) -> [UInt8] {
        var bytes: [UInt8] = []
        for (principals, mark) in [(list.allow, UInt8(ascii: "+")), (list.deny, UInt8(ascii: "-"))] {
            for principal in Set(principals).sorted() {
                bytes.append(mark)
                bytes.append(contentsOf: principal.text.utf8)
                bytes.append(0)
            }
        }
        return SHA256.hash(bytes)
    }

    private struct SetKey: Hashable {
        let tenant: TenantNumber
        let digest: [UInt8]
    }
}

/// Who said what when.
enum AccessHistory {
    enum Kind: String {
        case permission
        case group
    }

    static func record(
        _ kind: Kind, _ name: StoredName, state: Int16, version: EventVersion, parent: String?, principalSetID: Int64?, members: [String]?, _ session: Session
    ) throws {
        let position = version.position
        let list: Parameter = if let members { .textArray(members) } else { .null(.textArray) }
        let parameters: [Parameter] = [
            .int4(name.tenant.value), .text(kind.rawValue), .text(name.source), .text(name.subject), .int2(state),
            .int8(version.sequence?.value), .int4(position.incarnation), .int4(position.record.partition), .int8(position.record.offset),
            .text(parent), .int8(principalSetID), list,
        ]
        _ = try session.execute(.accessChangeInsert, parameters)
    }
}
