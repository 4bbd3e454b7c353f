import Contract

/// Knows what was published, and looks at every change of the database and the topics: does it break a rule? It keeps its own lists, and asks none of the
/// cores.
final class Oracle {
    unowned let world: World
    private(set) var violation: Violation?
    /// Of every incarnation.
    private(set) var logs: [PartitionKey: [LogRecord]] = [:]
    /// What the status topic has.
    private(set) var told: [GroupRecord: Set<Outcome.Kind>] = [:]
    private var written: Set<ToldOutcome> = []
    /// The furthest each position ever was.
    private var furthest: [GroupPartition: Int64] = [:]
    private var latest: [WrittenKey: [Int64]] = [:]

    /// Under one claim, the records of a document are written in order.
    private struct WrittenKey: Hashable {
        let epoch: UInt64
        let document: Int
    }

    init(_ world: World) {
        self.world = world
    }

    /// The first broken rule counts: what follows it may follow from it.
    func report(_ rule: Rule, _ what: String) {
        if violation == nil { violation = Violation(rule: rule, time: world.now, what: what) }
    }

    func appended(_ record: LogRecord) { logs[record.id.key, default: []].append(record) }

    // MARK: the database

    func databaseChanged(from old: Tables, to new: Tables) {
        for (row, position) in new.positions where position.next != old.positions[row]?.next ?? 0 {
            advanced(row, from: old.positions[row]?.next ?? 0, to: position.next, new)
        }
        for (row, outcome) in new.outcomes { changed(row, from: old.outcomes[row], to: outcome) }
    }

    private func advanced(_ row: GroupPartition, from old: Int64, to new: Int64, _ tables: Tables) {
        if new < old { report(.backwards, "\(row.group) \(row.key): from \(old) to \(new)") }
        furthest[row] = max(furthest[row] ?? 0, new)
        for record in logs[row.key] ?? [] where record.id.offset >= old && record.id.offset < new {
            let id = GroupRecord(group: row.group, id: record.id)
            if !tables.applied.contains(id) { report(.gap, "\(row.group) \(row.key): \(new) passes \(record.id)") }
            if world.shape.speaks(row.group, for: record.plan), told[id] == nil { report(.untold, "\(row.group) \(row.key): \(new) passes \(record.id)") }
        }
        let end = (logs[row.key]?.last?.id.offset ?? -1) + 1
        if new > end { report(.gap, "\(row.group) \(row.key): \(new) is past the end, \(end)") }
    }

    private func changed(_ row: GroupRecord, from old: Tables.OutcomeRow?, to new: Tables.OutcomeRow) {
        if new.isPublished, told[row]?.contains(new.kind) != true { report(.lost, "\(row.id) is marked as published, and \(new.kind) was never told") }
        guard old?.kind != new.kind else { return }
        written.insert(ToldOutcome(row: row, kind: new.kind))
        // A rejected record that is delivered again may wait again, and be rejected again.
        if let old, old.kind.isFinal, !(old.kind == .rejected && new.kind == .deferred) {
            report(.twoVoices, "\(row.id): \(old.kind), then \(new.kind)")
        }
        if new.kind == .rejected, !world.broker.letters.contains(row.id) { report(.unburied, "\(row.id)") }
    }

    /// A wave was committed under these claims.
    func wrote(_ wave: [(claim: Claim, work: Work)], _ told: [ToldOutcome], _ group: Group) {
        for (claim, work) in wave {
            if world.database.tables.positions[claim.row]?.epoch != claim.epoch { report(.zombie, "\(work.record.id)") }
            let key = WrittenKey(epoch: claim.epoch, document: work.record.plan.document)
            let offset = work.record.id.offset
            // Where an acknowledgement was lost, the same wave is written again.
            guard latest[key]?.contains(offset) != true else { continue }
            if let later = latest[key]?.last, later > offset { report(.disorder, "\(work.record.id) was written after \(later)") }
            latest[key, default: []].append(offset)
        }
    }

    // MARK: the topics

    func published(_ outcome: ToldOutcome) {
        if !written.contains(outcome) { report(.unfounded, "\(outcome.row.id): \(outcome.kind)") }
        told[outcome.row, default: []].insert(outcome.kind)
        // What a restored database does anew may end otherwise: a reference is back, something newer is there.
        guard world.database.restores == 0 else { return }
        if !world.database.tables.applied.contains(outcome.row) { report(.unfounded, "\(outcome.row.id): \(outcome.kind) does not hold") }
        let final = told[outcome.row, default: []].filter(\.isFinal)
        if final.count > 1 { report(.twoVoices, "\(outcome.row.id): \(final.map(\.rawValue).sorted())") }
    }

    func committed(_ offset: Int64, of key: PartitionKey, _ group: Group) {
        if offset > furthest[GroupPartition(group: group, key: key)] ?? 0 { report(.ahead, "\(group) \(key): \(offset)") }
    }

    // MARK: the end

    /// What is still to do; nothing where all is done.
    func unfinished() -> String? {
        let (tables, incarnation) = (world.database.tables, world.broker.incarnation)
        for group in Group.allCases where group == .ingest || world.shape.hasRegistrar {
            for partition in 0..<world.shape.partitions {
                let row = GroupPartition(group: group, key: PartitionKey(incarnation: incarnation, partition: partition))
                let end = (logs[row.key]?.last?.id.offset).map { $0 + 1 } ?? 0
                let position = tables.positions[row]?.next ?? 0
                if position < end { return "\(group) \(row.key) stands at \(position) of \(end)" }
                if end > 0, world.broker.committed[group]?[row.key] != end { return "the offset of \(group) \(row.key) is not committed" }
            }
        }
        if let waiting = tables.deferred.values.first { return "\(waiting.record.id) waits for its reference" }
        for (row, outcome) in tables.outcomes where !outcome.isPublished || !outcome.kind.isFinal { return "\(row.id), \(outcome.kind), was not told" }
        return nil
    }

    func judgeTheEnd() {
        for document in 0..<world.shape.documents {
            let expectation = Expectation(of: document, world)
            for (record, group, allowed) in expectation.outcomes {
                let row = GroupRecord(group: group, id: record.id)
                guard let kind = world.database.tables.outcomes[row]?.kind, kind.isFinal, told[row]?.contains(kind) == true else {
                    return report(.lost, "\(record.id)")
                }
                if !allowed.contains(kind) { return report(.wrongOutcome, "\(record.id) is \(kind), not \(allowed.map(\.rawValue).sorted())") }
            }
            let shown = world.database.tables.shown(document).map(Expectation.Shown.init)
            if shown != expectation.shown {
                let (found, expected) = (shown.map(String.init(describing:)) ?? "nothing", expectation.shown.map(String.init(describing:)) ?? "nothing")
                return report(.wrongVersion, "of document \(document), \(found) is shown, not \(expected)")
            }
        }
    }
}
