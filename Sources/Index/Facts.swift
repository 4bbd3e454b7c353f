import Contract
import Postgres

/// A change of a document's facts, as one record states it. A rejected document whose data could be read states them too.
package struct FactChange: Sendable {
    package enum Statement: Sendable {
        case exists(DocumentFacts)
        case deleted
    }

    package let name: Name
    package let version: EventVersion
    package let statement: Statement
    /// A full snapshot of the source names the document.
    package let isNamed: Bool

    package init(name: Name, version: EventVersion, statement: Statement, isNamed: Bool = false) {
        self.name = name
        self.version = version
        self.statement = statement
        self.isNamed = isNamed
    }

    /// The container it names.
    var container: Name? {
        guard case .exists(let facts) = statement else { return nil }
        return facts.container.map(name.sibling)
    }
}

/// Merges facts by the contract's order and writes only where they win. The registrar and every generation merge the same records here, and
/// whoever comes first, the state is the same.
enum Facts {
    /// - Parameter names: holds every change's name and container, locked; is brought up to date.
    /// - Returns: per change, its verdict, and whether the document was deleted when it came; for a record that a generation has merged before, as it was
    ///   then.
    static func merge(
        _ changes: [FactChange], _ names: inout LockedNames, _ session: Session
    ) throws -> [(verdict: VersionClock.Verdict, wasDeleted: Bool)] {
        var verdicts: [(verdict: VersionClock.Verdict, wasDeleted: Bool)] = []
        var touched: [Name: Bool] = [:]  // name → whether a fact won
        for change in changes {
            guard var entry = names[change.name] else { throw IndexError.inconsistent }
            let isSameRecord = entry.facts.clock.inForce?.position == change.version.position
            let wasDeleted = isSameRecord ? entry.deletion.isRepeated : entry.facts.state == .deleted
            let isAbsent = entry.isAbsent
            let verdict = entry.offer(change.version, isNamed: change.isNamed)
            if case .deleted = change.statement { entry.deletion.note(change.version, wins: verdict == .wins, wasDeleted: wasDeleted) }
            if verdict == .duplicate, entry.facts.state == .exists { entry.noteRepetition(change.version) }
            if verdict == .wins {
                entry.isAbsent = false
                entry.repeatedTime = nil
                switch change.statement {
                case .exists(let facts):
                    if isAbsent { entry.deletion.noteReturn(of: change.version) }
                    entry.facts.state = .exists
                    entry.expiresAt = facts.expiresAt
                    entry.containerID = nil
                    if let container = change.container { entry.containerID = try names.documentID(container) }
                case .deleted:
                    entry.facts.state = .deleted
                    entry.expiresAt = nil
                    entry.containerID = nil
                }
            }
            touched[change.name] = touched[change.name] == true || verdict == .wins
            names[change.name] = entry
            verdicts.append((verdict, wasDeleted))
        }
        try write(touched, &names, session)
        return verdicts
    }

    static func write(_ touched: [Name: Bool], _ names: inout LockedNames, _ session: Session) throws {
        guard !touched.isEmpty else { return }
        var clocks = ClockColumns()
        var tenants: [Int32?] = []
        var documents: [Int64?] = []
        var containers: [Int64?] = []
        var expiries: [Int64?] = []
        var deletions: [DeletionMark] = []
        var repetitions: [Int64?] = []
        var wins: [Bool?] = []
        var byDocument: [Int64: Name] = [:]
        for (name, won) in touched {
            guard let entry = names[name] else { throw IndexError.inconsistent }
            byDocument[entry.documentID] = name
            tenants.append(name.tenant.value)
            documents.append(entry.documentID)
            clocks.append(state: entry.facts.state.rawValue, entry.facts.clock)
            containers.append(entry.containerID)
            expiries.append(entry.expiresAt?.microsecondsSinceEpoch)
            deletions.append(entry.deletion)
            repetitions.append(entry.repeatedTime)
            wins.append(won)
        }
        let keys: [Parameter] = [.int4Array(tenants), .int8Array(documents)]
        let marks: [Parameter] = [
            .int4Array(deletions.map(\.incarnation)), .int4Array(deletions.map(\.partition)), .int8Array(deletions.map(\.offset)),
            .int8Array(deletions.map(\.sequence)), .boolArray(deletions.map(\.isRepeated)), .int8Array(repetitions),
        ]
        let facts: [Parameter] = [.int8Array(containers), .timestamptzArray(microseconds: expiries)]
        let rows = try session.execute(.documentWrite, keys + clocks.parameters + facts + marks + [.boolArray(wins)])
        for row in 0..<rows.count {
            guard let name = byDocument[try rows.int64(row, 0)] else { continue }
            names[name]?.token = try rows.int64(row, 1)
        }
        _ = try session.execute(.documentAccessRefresh, keys)
        try restoreNames(touched.keys, &names, session)
    }

    /// A name that was erased and is a document again has its name again.
    private static func restoreNames(_ touched: some Sequence<Name>, _ names: inout LockedNames, _ session: Session) throws {
        var restored: [Name] = []
        for name in touched {
            guard let entry = names[name], entry.stored.isErased, entry.facts.state == .exists else { continue }
            restored.append(name)
            names[name]?.stored = StoredName(name)
        }
        guard !restored.isEmpty else { return }
        let texts: [Parameter] = [.textArray(restored.map(\.source.text)), .textArray(restored.map(\.subject.text))]
        _ = try session.execute(.documentRestoreName, try Containers.keys(of: restored, names) + texts)
    }
}
