import Contract
import Delivery

/// What a retrieval worker has in hand: which queries are ready, being answered, or put off, and how far each partition is answered.
///
/// Tenants take turns. A query waits among the ready, is taken out, and is finished once its result is written; or it is put off, and made ready again. More
/// than the limits allow is shed. A pure state machine: no clock, no input or output.
///
/// - Invariant: `positions` never pass a query that was admitted and is not finished.
struct QueryQueue<Partition: Hashable & Sendable, Item: Sendable>: Sendable {
    /// Of what waits, ready or put off.
    struct Limits: Sendable, Hashable {
        let queries: Int
        let bytes: Int

        init(queries: Int, bytes: Int) {
            self.queries = max(1, queries)
            self.bytes = max(1, bytes)
        }
    }

    struct Ticket: Hashable, Sendable {
        let partition: Partition
        /// Unique over all partitions and assignments.
        fileprivate let arrival: Int
    }

    /// Can move: ready → out → finished; out → put off → ready. What is ready or put off can be shed, which takes it out.
    private enum State: Sendable { case ready, out, putOff }

    private struct Held: Sendable {
        var item: Item
        let tenant: String
        let bytes: Int
        let expires: Timestamp?
        let place: PartitionRun.Place
        var state: State
    }

    private struct Share: Sendable {
        var run = PartitionRun(from: 0)
        /// Nothing more is taken in or out.
        var isWithdrawn = false
    }

    private let limits: Limits
    private var shares: [Partition: Share] = [:]
    private var held: [Ticket: Held] = [:]
    private var ready: FairQueue<String, Ticket>
    private var arrivals = 0
    private var waitingCount = 0
    private var waitingBytes = 0
    private var heldBytes = 0

    /// - Parameter weights: of tenants, in turns; one without has 1.
    init(limits: Limits, weights: [String: Double] = [:]) {
        self.limits = limits
        ready = FairQueue(weights: weights)
    }

    // MARK: partitions

    mutating func assign(_ partition: Partition) {
        release(partition)
        shares[partition] = Share()
    }

    /// Drops what waits; what is out may still finish. The partition stays until it is released.
    mutating func withdraw(_ partition: Partition) {
        shares[partition]?.isWithdrawn = true
        drop { $0.partition == partition && $1.state != .out }
    }

    /// Whether nothing of the partition is out.
    func isDrained(_ partition: Partition) -> Bool { !held.contains { $0.key.partition == partition && $0.value.state == .out } }

    /// Forgets the partition; what is out of it counts for nothing when it finishes.
    mutating func release(_ partition: Partition) {
        guard shares.removeValue(forKey: partition) != nil else { return }
        drop { ticket, _ in ticket.partition == partition }
    }

    /// The next offset of each partition of which something is answered: everything below is.
    var positions: [Partition: Int64] { shares.mapValues(\.run.position).filter { $0.value > 0 } }

    /// Everything but what is out is dropped, and comes again.
    mutating func dropWaiting() {
        drop { $1.state != .out }
    }

    private mutating func drop(where isUnwanted: (Ticket, Held) -> Bool) {
        let tickets = Set(held.filter { isUnwanted($0.key, $0.value) }.keys)
        _ = ready.removeAll { tickets.contains($0) }
        for ticket in tickets { forget(ticket) }
    }

    @discardableResult
    private mutating func forget(_ ticket: Ticket) -> Held? {
        guard let entry = held.removeValue(forKey: ticket) else { return nil }
        heldBytes -= entry.bytes
        if entry.state != .out { count(entry, -1) }
        return entry
    }

    private mutating func count(_ entry: Held, _ sign: Int) {
        waitingCount += sign
        waitingBytes += sign * entry.bytes
    }

    // MARK: work

    /// - Returns: whether there is work to do; a query of a partition that is not held, or that came before, is none.
    @discardableResult
    mutating func admit(_ item: Item, at offset: Int64, of partition: Partition, tenant: String, bytes: Int, expires: Timestamp?) -> Bool {
        guard shares[partition]?.isWithdrawn == false, let place = shares[partition]?.run.take(offset) else { return false }
        arrivals += 1
        let ticket = Ticket(partition: partition, arrival: arrivals)
        let entry = Held(item: item, tenant: tenant, bytes: bytes, expires: expires, place: place, state: .ready)
        held[ticket] = entry
        heldBytes += bytes
        count(entry, 1)
        ready.push(ticket, of: tenant, cost: 1)
        return true
    }

    /// What is answered next: tenants in turn.
    mutating func take() -> (ticket: Ticket, item: Item)? {
        guard let ticket = ready.pop(), let entry = held[ticket] else { return nil }
        held[ticket]?.state = .out
        count(entry, -1)
        return (ticket, entry.item)
    }

    /// It cannot be answered yet.
    ///
    /// - Parameter item: as it goes on.
    /// - Returns: how many are put off; nothing where it does not count any more.
    mutating func putOff(_ ticket: Ticket, as item: Item) -> Int? {
        guard let entry = held[ticket], entry.state == .out else { return nil }
        held[ticket]?.state = .putOff
        held[ticket]?.item = item
        count(entry, 1)
        // About to be given up: it comes again.
        guard shares[ticket.partition]?.isWithdrawn == false else {
            forget(ticket)
            return nil
        }
        return held.values.count { $0.state == .putOff }
    }

    /// What was put off is to be tried again.
    mutating func resume(_ ticket: Ticket) {
        guard let entry = held[ticket], entry.state == .putOff else { return }
        held[ticket]?.state = .ready
        ready.push(ticket, of: entry.tenant, cost: 1)
    }

    /// Its result is written. Again has no effect.
    mutating func finish(_ ticket: Ticket) {
        guard let entry = forget(ticket) else { return }
        shares[ticket.partition]?.run.finish(entry.place)
    }

    // MARK: overload

    /// What is more than the limits allow, taken out: first what would expire before its turn, then the oldest of the tenant with most waiting.
    ///
    /// - Parameter pace: the time from one answer to the next, in microseconds.
    mutating func shed(at now: Timestamp, pace: Int64) -> [(ticket: Ticket, item: Item)] {
        guard isOverLimit else { return [] }
        let waiting = held.filter { $0.value.state != .out }.sorted { $0.key.arrival < $1.key.arrival }
        var isShed: Set<Ticket> = []
        func take(_ entry: (key: Ticket, value: Held), _ queue: inout Self) {
            isShed.insert(entry.key)
            queue.held[entry.key]?.state = .out
            queue.count(entry.value, -1)
        }
        for (index, entry) in waiting.enumerated() where isOverLimit {
            guard let expires = entry.value.expires else { continue }
            let turn = now.microsecondsSinceEpoch.addingReportingOverflow(Int64(index + 1) &* pace).partialValue
            if expires.microsecondsSinceEpoch <= turn { take(entry, &self) }
        }
        var byTenant = Dictionary(grouping: waiting.filter { !isShed.contains($0.key) }.reversed(), by: \.value.tenant)
        while isOverLimit, let most = byTenant.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) })?.key, let oldest = byTenant[most]?.popLast() {
            take(oldest, &self)
        }
        _ = ready.removeAll { isShed.contains($0) }
        return waiting.filter { isShed.contains($0.key) }.map { ($0.key, $0.value.item) }
    }

    private var isOverLimit: Bool { waitingCount > limits.queries || waitingBytes > limits.bytes }

    /// Whether even what is out, and cannot be shed, is twice what may wait: nothing more is to be taken in.
    var isFull: Bool { held.count >= 2 * limits.queries || heldBytes >= 2 * limits.bytes }
}
