import Delivery

/// The lanes of one worker, and who watches over them.
struct WatchedLanes {
    private unowned let world: World
    private var lanes: SimulatedLanes
    private let watch: LaneWatch
    private let group: Group
    /// The highest finished offset of each partition, for the mistake that takes it for the position.
    private var highest: [PartitionKey: Int64] = [:]

    /// What a wave holds at most, bytes: now and then less than two records.
    static let waveBytes = 3000

    init(_ world: World, _ worker: Int, _ group: Group) {
        self.world = world
        self.group = group
        let shape = world.shape
        lanes = SimulatedLanes(
            order: group == .ingest ? .byKey : .asItCame, limits: .init(records: shape.intakeRecords, bytes: shape.intakeBytes),
            weights: world.mistakes.contains(.unfairTurns) ? [0: 1000] : shape.weights)
        watch = LaneWatch(world, worker, group)
    }

    mutating func assign(_ key: PartitionKey, from position: Int64) {
        lanes.assign(key, from: position)
        watch.assigned(key, from: position)
        highest[key] = nil
    }

    mutating func withdraw(_ key: PartitionKey) {
        lanes.withdraw(key)
        watch.withdrawn(key)
    }

    mutating func release(_ key: PartitionKey) {
        lanes.release(key)
        watch.released(key)
    }

    func isDrained(_ key: PartitionKey) -> Bool { lanes.isDrained(key) }

    func position(of key: PartitionKey) -> Int64? {
        let position = lanes.position(of: key)
        watch.found(position, of: key)
        guard world.mistakes.contains(.positionPassesGap), let highest = highest[key] else { return position }
        return position.map { max($0, highest + 1) }
    }

    /// - Returns: whether there is work to do.
    mutating func admit(_ record: LogRecord) -> Bool {
        let kind = group == .ingest && record.plan.isReference ? SimulatedLanes.Kind.slow : .quick
        let isWork = lanes.admit(
            record, at: record.id.offset, of: record.id.key, key: world.mistakes.contains(.keysSideBySide) ? nil : record.key, tenant: record.plan.tenant,
            bytes: record.plan.bytes, kind: kind)
        watch.admitted(record, kind, isWork: isWork)
        return isWork
    }

    mutating func intakeChanges(isStalled: Bool) -> (pause: [PartitionKey], resume: [PartitionKey]) {
        let changes = lanes.intakeChanges(isStalled: isStalled)
        watch.changed(pause: changes.pause, resume: changes.resume, isStalled: isStalled)
        return changes
    }

    mutating func take(_ kind: SimulatedLanes.Kind, records: Int) -> [(ticket: SimulatedLanes.Ticket, item: LogRecord)] {
        let taken = lanes.take(kind, records: records, bytes: Self.waveBytes)
        watch.took(taken, kind, limit: records)
        return taken
    }

    mutating func finish(_ ticket: SimulatedLanes.Ticket, _ id: RecordID) {
        lanes.finish(ticket)
        watch.ended(ticket, isFinished: true)
        highest[id.key] = max(highest[id.key] ?? -1, id.offset)
    }

    mutating func abandon(_ ticket: SimulatedLanes.Ticket, _ id: RecordID) {
        lanes.abandon(ticket)
        watch.ended(ticket, isFinished: false)
    }
}
