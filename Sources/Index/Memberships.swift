import Contract
import Postgres

/// A change of a group's members.
package struct MembershipChange: Sendable {
    package enum Statement: Sendable {
        case members([Principal])
        /// A tombstone: it has none.
        case removed
        /// It could not be read: it contains nobody for allow, everybody for deny.
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

    /// As lists name it; compared after NFC, like every principal.
    var principal: String { "group:\(name.source.text)/\(name.subject.text)".composed }
}

/// Merges memberships; groups inside groups are followed when a query asks.
enum Memberships {
    fileprivate enum State: Int16, Sendable {
        case nothing = 0
        case members = 1
        case tombstone = 2
        case unreadable = 3
    }

    /// Of a group whose record could not be read, as the history has it too.
    static let closedState = State.unreadable.rawValue

    fileprivate struct Group: Hashable {
        let tenant: TenantNumber
        let principal: String
    }

    static func merge(_ changes: [MembershipChange], _ session: Session) throws -> [VersionClock.Verdict] {
        guard !changes.isEmpty else { return [] }
        let groups = Array(Set(changes.map(\.group)))
        var stored = try lock(groups, session)
        var winners: [Group: MembershipChange] = [:]
        var verdicts: [VersionClock.Verdict] = []
        for change in changes {
            guard var entry = stored[change.group] else { throw IndexError.inconsistent }
            var verdict = entry.clock.offer(change.version)
            // A redrive replaces its own rejection.
            if verdict == .duplicate, entry.state == .unreadable, change.state != .unreadable { verdict = .wins }
            if verdict == .wins {
                entry.state = change.state
                winners[change.group] = change
                try AccessHistory.record(
                    .group, StoredName(change.name), state: change.state.rawValue, version: change.version, parent: nil, principalSetID: nil,
                    members: change.members.map { $0.map(\.text) }, session)
            }
            stored[change.group] = entry
            verdicts.append(verdict)
        }
        try write(stored, session)
        try replaceMembers(winners, session)
        return verdicts
    }

    private static func lock(_ groups: [Group], _ session: Session) throws -> [Group: StoredClock<State>] {
        let keys: [Parameter] = [.int4Array(groups.map(\.tenant.value)), .textArray(groups.map(\.principal))]
        _ = try session.execute(.memberGroupEnsure, keys)
        _ = try session.execute(.memberGroupLock, keys)
        let rows = try session.execute(.memberGroupLoad, keys)
        var stored: [Group: StoredClock<State>] = [:]
        for row in 0..<rows.count {
            stored[groups[Int(try rows.int32(row, 0)) - 1]] = try StoredClock<State>(rows, row, column: 1) { $0 == .tombstone }
        }
        return stored
    }

    private static func write(_ stored: [Group: StoredClock<State>], _ session: Session) throws {
        var clocks = ClockColumns()
        var tenants: [Int32?] = []
        var principals: [String?] = []
        for (group, entry) in stored {
            tenants.append(group.tenant.value)
            principals.append(group.principal)
            clocks.append(state: entry.state.rawValue, entry.clock)
        }
        _ = try session.execute(.memberGroupWrite, [.int4Array(tenants), .textArray(principals)] + clocks.parameters)
    }

    private static func replaceMembers(_ winners: [Group: MembershipChange], _ session: Session) throws {
        guard !winners.isEmpty else { return }
        let groups = Array(winners.keys)
        _ = try session.execute(.groupMemberDelete, [.int4Array(groups.map(\.tenant.value)), .textArray(groups.map(\.principal))])
        for (group, change) in winners {
            guard let members = change.members, !members.isEmpty else { continue }
            _ = try session.execute(
                .groupMemberInsert, [.int4(group.tenant.value), .text(group.principal), .textArray(Set(members).map(\.text))])
        }
    }
}

extension MembershipChange {
    fileprivate var group: Memberships.Group { Memberships.Group(tenant: name.tenant, principal: principal) }

    fileprivate var members: [Principal]? {
        guard case .members(let members) = statement else { return nil }
        return members
    }

    fileprivate var state: Memberships.State {
        switch statement {
        case .members: .members
        case .removed: .tombstone
        case .unreadable: .unreadable
        }
    }
}
