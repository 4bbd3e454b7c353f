import Delivery

/// What a worker's lanes promise, told in other words: plain lists, looked through from the beginning each time.
final class LaneWatch {
    private enum State { case waiting, out, finished, gone }

    private final class Entry {
        let record: LogRecord
        let kind: SimulatedLanes.Kind
        var state = State.waiting

        init(_ record: LogRecord, _ kind: SimulatedLanes.Kind) {
            self.record = record
            self.kind = kind
        }

        var isHeld: Bool { state == .waiting || state == .out }
    }

    private struct Share {
        let start: Int64
        /// Everything taken up, in order.
        var entries: [Entry] = []
        var isWithdrawn = false
        var isPaused = false
    }

    private unowned let world: World
    private let worker: Int
    private let group: Group
    private var shares: [PartitionKey: Share] = [:]
    /// Waiting or out, whatever became of the partition, in the order they came.
    private var lanes: [[UInt8]: [Entry]] = [:]
    private var out: [SimulatedLanes.Ticket: Entry] = [:]
    /// How many turns others have had while a tenant waited for one.
    private var passedOver: [[Int]]

    init(_ world: World, _ worker: Int, _ group: Group) {
        self.world = world
        self.worker = worker
        self.group = group
        passedOver = SimulatedLanes.Kind.allCases.map { _ in Array(repeating: 0, count: world.shape.tenants) }
    }

    private func report(_ rule: Rule, _ what: String) { world.oracle.report(rule, "worker \(worker) of \(group): \(what)") }

    // MARK: partitions

    func assigned(_ key: PartitionKey, from position: Int64) {
        released(key)
        shares[key] = Share(start: position)
    }

    func withdrawn(_ key: PartitionKey) {
        shares[key]?.isWithdrawn = true
        drop(key)
    }

    func released(_ key: PartitionKey) {
        drop(key)
        shares[key] = nil
    }

    /// What waits is not worked on any more; what is out still keeps its lane.
    private func drop(_ key: PartitionKey) {
        for entry in shares[key]?.entries ?? [] where entry.state == .waiting {
            entry.state = .gone
            lanes[entry.record.key]?.removeAll { $0 === entry }
        }
    }

    /// - Parameter position: what the lanes say.
    func found(_ position: Int64?, of key: PartitionKey) {
        guard let share = shares[key] else { return position == nil ? () : report(.gap, "a position of \(key), which it does not hold") }
        let run = share.entries.prefix { $0.state == .finished }.last.map { $0.record.id.offset + 1 } ?? share.start
        if position != run { report(.gap, "the position of \(key) is \(position ?? -1), the run ends at \(run)") }
    }

    // MARK: intake

    func admitted(_ record: LogRecord, _ kind: SimulatedLanes.Kind, isWork: Bool) {
        let key = record.id.key
        guard let share = shares[key], !share.isWithdrawn else { return isWork ? report(.intake, "took in \(record.id), which it does not hold") : () }
        if share.isPaused { report(.intake, "took in \(record.id) of a paused partition") }
        let entry = Entry(record, kind)
        shares[key]?.entries.append(entry)
        if !isWork { report(.disorder, "\(record.id) is not worked on") }
        lanes[record.key, default: []].append(entry)
    }

    func changed(pause: [PartitionKey], resume: [PartitionKey], isStalled: Bool) {
        for key in pause { shares[key]?.isPaused = true }
        for key in resume { shares[key]?.isPaused = false }
        let records = max(1, world.shape.intakeRecords / max(1, shares.count))
        let bytes = max(1, world.shape.intakeBytes / max(1, shares.count))
        for (key, share) in shares where !share.isWithdrawn {
            let held = share.entries.filter(\.isHeld)
            let heldBytes = held.reduce(0) { $0 + $1.record.plan.bytes }
            if !share.isPaused, isStalled || held.count >= records || heldBytes >= bytes {
                report(.intake, "\(key) goes on with \(held.count) records of \(records), \(heldBytes) bytes of \(bytes)")
            }
            if share.isPaused, !isStalled, held.isEmpty { report(.intake, "\(key) stays paused with nothing in hand") }
        }
    }

    // MARK: turns

    func took(_ taken: [(ticket: SimulatedLanes.Ticket, item: LogRecord)], _ kind: SimulatedLanes.Kind, limit: Int) {
        if group == .registrar, !out.isEmpty {
            if !taken.isEmpty { report(.disorder, "two waves at a time") }
            return
        }
        var bytes = 0
        for (ticket, record) in taken {
            let ready = ready(kind)
            guard let entry = ready.first(where: { $0.record === record }) else { return report(.disorder, "\(record.id) begins before its turn") }
            if group == .registrar, let earlier = ready.first(where: { $0.record.key == record.key }), earlier !== entry {
                report(.disorder, "\(record.id) begins before \(earlier.record.id)")
            }
            turn(of: record.plan.tenant, among: Set(ready.map(\.record.plan.tenant)), kind)
            entry.state = .out
            out[ticket] = entry
            bytes += record.plan.bytes
        }
        guard taken.count < limit, bytes < WatchedLanes.waveBytes, let idle = ready(kind).first else { return }
        report(.idle, "\(idle.record.id) could begin, and is not given out")
    }

    /// What may begin now, by key in the order of admission.
    private func ready(_ kind: SimulatedLanes.Kind) -> [Entry] {
        var ready: [Entry] = []
        for lane in lanes.values {
            switch group {
            case .ingest: if let first = lane.first, first.state == .waiting, first.kind == kind { ready.append(first) }
            case .registrar: ready += lane.filter { $0.state == .waiting && $0.kind == kind }
            }
        }
        return ready
    }

    private func turn(of tenant: Int, among waiting: Set<Int>, _ kind: SimulatedLanes.Kind) {
        for other in passedOver[kind.rawValue].indices where other != tenant {
            guard waiting.contains(other) else {
                passedOver[kind.rawValue][other] = 0
                continue
            }
            passedOver[kind.rawValue][other] += 1
            if passedOver[kind.rawValue][other] > bound(for: other) {
                report(.starvation, "tenant \(other) waited for \(passedOver[kind.rawValue][other]) turns of others")
            }
        }
        passedOver[kind.rawValue][tenant] = 0
    }

    /// Fair turns by start times: a tenant waits at most for what its last turn cost, in the others' cheapest turns, and for two more of each.
    private func bound(for tenant: Int) -> Int {
        let (cheapest, dearest) = (1024.0, 1024.0 + 2000)
        let weights = world.shape.weights
        return (0..<world.shape.tenants).filter { $0 != tenant }.reduce(0) { bound, other in
            bound + Int((dearest / (weights[tenant] ?? 1) * (weights[other] ?? 1) / cheapest).rounded(.up)) + 2
        }
    }

    func ended(_ ticket: SimulatedLanes.Ticket, isFinished: Bool) {
        guard let entry = out.removeValue(forKey: ticket) else { return }
        entry.state = isFinished ? .finished : .gone
        lanes[entry.record.key]?.removeAll { $0 === entry }
    }
}
