import Delivery

/// The topics. What it has acknowledged it keeps.
final class Broker {
    private unowned let world: World
    private(set) var incarnation = 1
    private var logs: [PartitionKey: [LogRecord]] = [:]
    private var nextOffsets: [Int: Int64] = [:]
    private(set) var committed: [Group: [PartitionKey: Int64]] = [:]
    /// The dead-letter topic.
    private(set) var letters: Set<RecordID> = []
    var outages = 0
    var deadLetterOutages = 0

    init(_ world: World) {
        self.world = world
    }

    var isUp: Bool { outages == 0 }

    func append(_ plan: PlannedRecord) {
        let key = PartitionKey(incarnation: incarnation, partition: plan.partition)
        let offset = (nextOffsets[plan.partition] ?? 0) + plan.hole
        nextOffsets[plan.partition] = offset + 1
        let record = LogRecord(RecordID(key: key, offset: offset), plan, at: world.now)
        logs[key, default: []].append(record)
        world.oracle.appended(record)
    }

    /// Deleted and created again under the same name.
    func recreateTopic() {
        incarnation += 1
        logs = [:]
        nextOffsets = [:]
        for coordinator in world.coordinators { coordinator.topicRecreated() }
    }

    func read(_ key: PartitionKey, from offset: Int64, limit: Int) -> ArraySlice<LogRecord> {
        guard isUp, let log = logs[key] else { return [] }
        let start = log.firstIndex { $0.id.offset >= offset } ?? log.count
        return log[start..<min(log.count, start + limit)]
    }

    func end(of partition: Int) -> Int64 { nextOffsets[partition] ?? 0 }

    func bury(_ records: [RecordID]) -> Failure? {
        guard isUp, deadLetterOutages == 0 else { return .unavailable }
        letters.formUnion(records)
        return nil
    }

    func publish(_ outcome: ToldOutcome) -> Failure? {
        guard isUp else { return .unavailable }
        world.oracle.published(outcome)
        return nil
    }

    /// Refused where the group has given the partition to somebody else.
    func commit(_ offset: Int64, of key: PartitionKey, by worker: Int, _ group: Group) -> Failure? {
        guard isUp else { return .unavailable }
        guard key.incarnation == incarnation, world.coordinator(of: group).owner(of: key.partition) == worker else { return .fenced }
        committed[group, default: [:]][key] = offset
        world.oracle.committed(offset, of: key, group)
        return nil
    }
}
