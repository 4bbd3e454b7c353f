/// What a member of a consumer group has in hand: which records wait, which are worked on, and how far each partition is finished.
///
/// Records of one key run in order, a lane each; different keys run at once, also inside a partition; where several tenants have work waiting they take
/// turns. A pure state machine: no clock, no input or output. The workers and the simulation run this very one.
///
/// - Invariant: `position(of:)` never passes a record that was admitted and is not finished.
/// - Invariant: where lanes are by key, no two records of one key are out at a time.
package struct Lanes<Partition: Hashable & Sendable, Tenant: Hashable & Sendable, Item: Sendable>: Sendable {
    /// What may be out at once.
    package enum Order: Sendable {
        /// Any number of waves, of distinct keys.
        case byKey
        /// One wave of a kind at a time, as it came: for work so quick that sharing a transaction is worth more than working side by side.
        case asItCame
    }

    /// How much is taken in before a partition pauses. Each partition has an equal share of both, so that one that is flooded does not keep the others out.
    package struct Limits: Hashable, Sendable {
        package let records: Int
        /// Of keys and values.
        package let bytes: Int

        package init(records: Int, bytes: Int) {
            self.records = max(1, records)
            self.bytes = max(1, bytes)
        }
    }

    /// Work of the two kinds has separate turns, so that what waits for the network, or comes in heaps, does not hold up what must be prompt.
    package enum Kind: Int, Sendable, CaseIterable {
        case quick, slow
    }

    /// A record that was admitted.
    package struct Ticket: Hashable, Sendable {
        package let partition: Partition
        /// Unique over all partitions.
        fileprivate let assignment: Int
        fileprivate let place: PartitionRun.Place
        fileprivate let lane: [UInt8]?
        fileprivate let kind: Kind

        package static func == (one: Self, other: Self) -> Bool { one.assignment == other.assignment && one.place == other.place }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(assignment)
            hasher.combine(place)
        }
    }

    private struct Held: Sendable {
        let item: Item
        let tenant: Tenant
        let bytes: Int
        let kind: Kind
        var isOut = false
    }

    private struct Share: Sendable {
        let assignment: Int
        var run: PartitionRun
        var held: [PartitionRun.Place: Held] = [:]
        var bytes = 0
        var isPaused = false
        /// About to be given up: nothing more is taken in or out.
        var isWithdrawn = false

        /// - Returns: the place of work to do.
        mutating func admit(_ record: Held, at offset: Int64) -> PartitionRun.Place? {
            guard !isWithdrawn, let place = run.take(offset) else { return nil }
            held[place] = record
            bytes += record.bytes
            return place
        }

        mutating func end(_ place: PartitionRun.Place, isFinished: Bool) {
            guard let record = held.removeValue(forKey: place) else { return }
            bytes -= record.bytes
            if isFinished { run.finish(place) }
        }

        mutating func dropWaiting() {
            held = held.filter(\.value.isOut)
            bytes = held.values.reduce(0) { $0 + $1.bytes }
        }
    }

    private let order: Order
    private let limits: Limits
    private var shares: [Partition: Share] = [:]
    private var assignments = 0
    private var ready: [FairQueue<Tenant, Ticket>]
    /// By key, while a record of it is ready or out: those that wait behind it.
    private var lanes: [[UInt8]: FirstInFirstOut<Ticket>] = [:]
    /// Whatever became of its partition meanwhile.
    private var out: Set<Ticket> = []

    /// - Parameter weights: of tenants, in turns; one without has 1.
    package init(order: Order, limits: Limits, weights: [Tenant: Double] = [:]) {
        self.order = order
        self.limits = limits
        ready = Kind.allCases.map { _ in FairQueue(weights: weights) }
    }

    // MARK: partitions

    package mutating func assign(_ partition: Partition, from start: Int64) {
        release(partition)
        assignments += 1
        shares[partition] = Share(assignment: assignments, run: PartitionRun(from: start))
    }

    /// Drops what waits; what is out may still finish. The partition stays until it is released.
    package mutating func withdraw(_ partition: Partition) {
        shares[partition]?.isWithdrawn = true
        shares[partition]?.dropWaiting()
        dropReady(of: partition)
    }

    /// Whether nothing of the partition is out.
    package func isDrained(_ partition: Partition) -> Bool { shares[partition]?.held.isEmpty ?? true }

    /// Forgets the partition; what is out of it counts for nothing when it finishes.
    package mutating func release(_ partition: Partition) {
        guard shares.removeValue(forKey: partition) != nil else { return }
        dropReady(of: partition)
    }

    /// What is not there any more must not cost its tenant turns.
    private mutating func dropReady(of partition: Partition) {
        for kind in ready.indices {
            for ticket in ready[kind].removeAll(where: { $0.partition == partition }) { advance(ticket.lane) }
        }
    }

    /// Everything below this offset is finished; nothing where the partition is not held.
    package func position(of partition: Partition) -> Int64? { shares[partition]?.run.position }

    // MARK: intake

    /// - Parameters:
    ///   - key: of the lane; records without one have each their own.
    ///   - bytes: what the record counts for in the limits and in turns.
    /// - Returns: whether there is work to do; a record of a partition that is not held, or that came before, is none.
    @discardableResult
    package mutating func admit(
        _ item: Item, at offset: Int64, of partition: Partition, key: [UInt8]?, tenant: Tenant, bytes: Int, kind: Kind = .quick
    ) -> Bool {
        let held = Held(item: item, tenant: tenant, bytes: bytes, kind: kind)
        guard let assignment = shares[partition]?.assignment, let place = shares[partition]?.admit(held, at: offset) else { return false }
        let ticket = Ticket(partition: partition, assignment: assignment, place: place, lane: order == .byKey ? key : nil, kind: kind)
        if let lane = ticket.lane {
            if lanes[lane] != nil {
                lanes[lane]?.append(ticket)
                return true
            }
            lanes[lane] = FirstInFirstOut()
        }
        ready[kind.rawValue].push(ticket, of: tenant, cost: Self.cost(bytes))
        return true
    }

    /// Which partitions are to stop giving records, and which may go on: at most a share is taken in, and half of it worked off before more is.
    ///
    /// - Parameter isStalled: nothing gets done at present: all pause.
    package mutating func intakeChanges(isStalled: Bool) -> (pause: [Partition], resume: [Partition]) {
        var (pause, resume): ([Partition], [Partition]) = ([], [])
        let parts = max(1, shares.count)
        let (records, bytes) = (max(1, limits.records / parts), max(1, limits.bytes / parts))
        for (partition, share) in shares where !share.isWithdrawn {
            // Finished records behind one that is not cost little, and are bounded all the same.
            let isFull = share.held.count >= records || share.bytes >= bytes || share.run.windowCount >= records * Self.windowFactor
            let isEased = share.held.count <= records / 2 && share.bytes <= bytes / 2 && share.run.windowCount <= records * Self.windowFactor / 2
            let isPaused = isStalled || (share.isPaused ? !isEased : isFull)
            guard isPaused != share.isPaused else { continue }
            shares[partition]?.isPaused = isPaused
            if isPaused { pause.append(partition) } else { resume.append(partition) }
        }
        return (pause, resume)
    }

    /// Whether a partition is paused.
    package var isPaused: Bool { shares.values.contains(where: \.isPaused) }

    private static var windowFactor: Int { 16 }

    // MARK: work

    /// What is worked on together next: of distinct keys where lanes are by key, tenants in turn. Empty where nothing can be begun.
    ///
    /// - Parameter bytes: at most, but for a single record that is larger.
    package mutating func take(_ kind: Kind, records: Int, bytes: Int) -> [(ticket: Ticket, item: Item)] {
        if order == .asItCame, out.contains(where: { $0.kind == kind }) { return [] }
        var wave: [(ticket: Ticket, item: Item)] = []
        var size = 0
        while wave.count < records, size < bytes, let ticket = ready[kind.rawValue].pop() {
            guard let held = held(ticket) else {
                advance(ticket.lane)
                continue
            }
            shares[ticket.partition]?.held[ticket.place]?.isOut = true
            out.insert(ticket)
            size += held.bytes
            wave.append((ticket, held.item))
        }
        return wave
    }

    /// The record has ended: its effect and its outcome are durable. Again has no effect.
    package mutating func finish(_ ticket: Ticket) { end(ticket, isFinished: true) }

    /// Work on the record was given up: its partition has gone, or is about to.
    package mutating func abandon(_ ticket: Ticket) { end(ticket, isFinished: false) }

    private mutating func end(_ ticket: Ticket, isFinished: Bool) {
        guard out.remove(ticket) != nil else { return }
        if shares[ticket.partition]?.assignment == ticket.assignment { shares[ticket.partition]?.end(ticket.place, isFinished: isFinished) }
        advance(ticket.lane)
    }

    private func held(_ ticket: Ticket) -> Held? {
        guard let share = shares[ticket.partition], share.assignment == ticket.assignment, !share.isWithdrawn else { return nil }
        return share.held[ticket.place]
    }

    /// The next record of the lane is ready; without one, the lane ends.
    private mutating func advance(_ lane: [UInt8]?) {
        guard let lane else { return }
        while let next = lanes[lane]?.popFirst() {
            guard let held = held(next) else { continue }
            ready[held.kind.rawValue].push(next, of: held.tenant, cost: Self.cost(held.bytes))
            return
        }
        lanes[lane] = nil
    }

    /// A turn is bytes, and what even the smallest record costs.
    private static func cost(_ bytes: Int) -> Int { bytes + 1024 }
}
