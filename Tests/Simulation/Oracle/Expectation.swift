import Contract

/// What must have become of one document: the contract's rules over its records in their order, in plain words.
struct Expectation {
    /// Equal sequences and equal values are one version; without sequence, a version is its record.
    struct Shown: Hashable, CustomStringConvertible {
        let sequence: Int64?
        let incarnation: Int32
        let offset: Int64
        let body: UInt8

        init(_ version: EventVersion) {
            sequence = version.sequence?.value
            incarnation = sequence == nil ? version.position.incarnation : 0
            offset = sequence == nil ? version.position.record.offset : 0
            body = version.digest.first ?? 0
        }

        var description: String { "sequence \(sequence.map(String.init) ?? "none"), \(incarnation)@\(offset), body \(body)" }
    }

    private(set) var shown: Shown?
    /// Of each record, who tells of it, and what may be told.
    private(set) var outcomes: [(LogRecord, Group, Set<Outcome.Kind>)] = []

    private var facts = PlainClock()
    private var rendition = PlainClock()
    private var abandoned: Set<RecordID> = []
    private var deletions: (incarnation: Int, last: Int64, highest: Int64) = (0, -1, -1)

    init(of document: Int, _ world: World) {
        let tables = world.database.tables
        var records: [LogRecord] = []
        for key in world.oracle.logs.keys.sorted() { records += world.oracle.logs[key]?.filter { $0.plan.document == document } ?? [] }
        abandoned = Self.abandoned(records, tables)
        let isExact = world.broker.incarnation == 1 && !records.contains { $0.plan.trouble.waits }
        for record in records {
            // Of a topic that was deleted only what was taken up counts.
            let isCurrent = record.id.key.incarnation == world.broker.incarnation
            let isRead = isCurrent || tables.applied.contains(GroupRecord(group: .ingest, id: record.id))
            let isRegistered = isRead || tables.applied.contains(GroupRecord(group: .registrar, id: record.id))
            let kinds = take(record, isRead: isRead, isRegistered: isRegistered, isExact: isExact)
            let speaker: Group = world.shape.speaks(.ingest, for: record.plan) ? .ingest : .registrar
            if isCurrent || tables.applied.contains(GroupRecord(group: speaker, id: record.id)) { outcomes.append((record, speaker, kinds)) }
        }
        shown = live.map { Shown($0.version) }
    }

    /// Of the versions that wait for their references only the newest is kept. Where that one's never comes back, those that gave way to it are not there.
    private static func abandoned(_ records: [LogRecord], _ tables: Tables) -> Set<RecordID> {
        let gone = records.filter { $0.plan.trouble == .gone }
        let gaveWay = records.filter { record in
            guard case .away = record.plan.trouble, tables.outcomes[GroupRecord(group: .ingest, id: record.id)]?.kind == .superseded else { return false }
            return gone.contains { $0.plan.sequence.map { $0 >= record.plan.sequence ?? 0 } ?? ($0.id > record.id) }
        }
        return Set(gaveWay.map(\.id))
    }

    /// The newest version that could be read, where the document exists and no deletion came after it.
    private var live: LogRecord? {
        guard let fact = facts.inForce, !fact.plan.isDeletion, let version = rendition.inForce, !version.plan.isDeletion else { return nil }
        if version.id.key.incarnation == deletions.incarnation, version.id.offset < deletions.last { return nil }
        return (version.plan.sequence ?? .max) <= deletions.highest ? nil : version
    }

    private mutating func take(_ record: LogRecord, isRead: Bool, isRegistered: Bool, isExact: Bool) -> Set<Outcome.Kind> {
        let plan = record.plan
        if plan.trouble == .malformed { return [.rejected] }
        let wasDeleted = facts.inForce?.plan.isDeletion == true
        let fact = isRegistered ? facts.offer(record) : .loses
        if plan.isDeletion {
            if fact == .wins { (deletions.incarnation, deletions.last) = (record.id.key.incarnation, record.id.offset) }
            if isRegistered { deletions.highest = max(deletions.highest, plan.sequence ?? -1) }
            if isRead { _ = rendition.offer(record) }
            // Where the other group came first, something newer may have been in force.
            return fact == .loses ? [.superseded] : isExact ? [wasDeleted ? .unchanged : .deleted, .superseded] : [.unchanged, .deleted, .superseded]
        }
        return isRead ? read(record, isExact: isExact) : [.indexed, .unchanged, .superseded, .rejected]
    }

    private mutating func read(_ record: LogRecord, isExact: Bool) -> Set<Outcome.Kind> {
        let live = rendition.inForce
        switch record.plan.trouble {
        case .malformed, .unreadable: return [.rejected]
        case .gone: return [.rejected, .superseded, .unchanged]
        case .unstorable:
            // Nothing is stored, and so nothing refused, where it loses.
            guard rendition.wouldWin(record) else { break }
            return isExact ? [.rejected] : [.rejected, .superseded, .unchanged]
        case .none, .away: break
        }
        if abandoned.contains(record.id) { return [.superseded] }
        let verdict = rendition.offer(record)
        // While a newer one waits, it may be the newest that there is.
        guard isExact else { return record.plan.trouble == .unstorable ? [.rejected, .superseded, .unchanged] : [.indexed, .unchanged, .superseded] }
        switch verdict {
        case .loses: return [.superseded]
        case .equal: return [live?.plan.isDeletion == true ? .superseded : .unchanged]
        case .wins: return [live.map { !$0.plan.isDeletion && $0.plan.body == record.plan.body } == true ? .unchanged : .indexed]
        }
    }
}

/// Rule 3 for records that are looked at in their order.
private struct PlainClock {
    enum Verdict { case wins, equal, loses }

    private(set) var inForce: LogRecord?
    private var highest: Int64 = -1

    func wouldWin(_ record: LogRecord) -> Bool { judge(record) == .wins }

    mutating func offer(_ record: LogRecord) -> Verdict {
        let verdict = judge(record)
        if verdict == .wins { inForce = record }
        highest = max(highest, record.plan.sequence ?? -1)
        return verdict
    }

    private func judge(_ record: LogRecord) -> Verdict {
        guard let current = inForce, let sequence = record.plan.sequence, highest >= 0 else { return .wins }
        if sequence != highest { return sequence > highest ? .wins : .loses }
        guard current.plan.sequence == sequence else { return .loses }
        if record.plan.isDeletion || current.plan.isDeletion {
            return current.plan.isDeletion ? (record.plan.isDeletion ? .equal : .loses) : .wins
        }
        return record.plan.body == current.plan.body ? .equal : record.plan.body > current.plan.body ? .wins : .loses
    }
}
