import Delivery

typealias SimulatedLanes = Lanes<PartitionKey, Int, LogRecord>

/// One process: what the workers do around the pure cores, step by step. Between any two steps it may crash, freeze, or lose its partitions.
final class Worker {
    enum Holding {
        /// Assigned; the claim is under way. The number tells attempts apart.
        case claiming(Int)
        case held(Claim)
        /// Revoked: what is out drains.
        case leaving(Claim)
    }

    unowned let world: World
    let slot: Int
    /// Of all workers ever started.
    let number: Int
    let group: Group
    private(set) var isAlive = true
    private var frozenUntil = 0
    /// Until then it does not hear from the coordinator.
    var unawareUntil = 0
    private var isMember = false
    private var isStopping = false

    var lanes: WatchedLanes
    var holdings: [PartitionKey: Holding] = [:]
    var attempts = 0
    private var readPositions: [PartitionKey: Int64] = [:]
    private var paused: Set<PartitionKey> = []
    private var polls = 0
    var wavesOut = [0, 0]
    /// Waves that cannot go on at present: nothing is taken in meanwhile.
    var stalls = 0
    var settlement = Settlement()

    static let sessionTimeout = 1500
    /// Below the session timeout.
    private static let drainDeadline = 700

    init(_ world: World, slot: Int, number: Int) {
        self.world = world
        self.slot = slot
        self.number = number
        group = world.shape.group(of: slot)
        lanes = WatchedLanes(world, number, group)
    }

    var shape: Shape { world.shape }

    // MARK: steps

    /// Plans a step; it is not taken where the worker has ended, and later where it is frozen.
    func step(_ step: Step, after delay: Int, _ body: @escaping () -> Void) {
        world.after(delay) { [self] in reach(step, body) }
    }

    func step(_ step: Step, within delays: ClosedRange<Int>, _ body: @escaping () -> Void) {
        self.step(step, after: world.random.int(delays), body)
    }

    private func reach(_ step: Step, _ body: @escaping () -> Void) {
        guard isAlive else { return }
        if frozenUntil > world.now { return world.plan(at: frozenUntil) { [self] in reach(step, body) } }
        switch world.faults.strike(slot: slot, at: step, world.now) {
        case nil:
            note(step.rawValue)
            body()
        case .crash: crash()
        case .freeze(let duration):
            freeze(for: duration)
            world.plan(at: frozenUntil) { [self] in reach(step, body) }
        }
    }

    /// One round trip to the database or the broker: what is asked for happens whatever becomes of the worker, and the reply is a step of its own.
    ///
    /// - Parameter isWrite: its acknowledgement can be lost.
    func ask<Reply>(
        _ step: Step, isWrite: Bool = false, _ body: @escaping (_ answer: @escaping (Result<Reply, Failure>) -> Void) -> Void,
        then: @escaping (Result<Reply, Failure>) -> Void
    ) {
        world.after(world.random.int(1...5)) { [self] in
            body { [self] result in
                let isLost = isWrite && world.faults.losesAcknowledgement(slot: slot)
                self.step(step, within: 1...5) { then(isLost ? .failure(.unavailable) : result) }
            }
        }
    }

    func note(_ what: @autoclosure () -> String) { world.note("worker \(number) (\(group) \(slot)): \(what())") }

    // MARK: life

    func start() {
        step(.join, within: 0...50) { [self] in
            isMember = true
            world.coordinator(of: group).join(number)
        }
        poll()
        sweep()
        if group == .ingest { retryWhatWaits() }
    }

    func crash() {
        guard isAlive else { return }
        isAlive = false
        note("ends")
        world.ended(self, hasLeft: false)
    }

    func freeze(for duration: Int) {
        guard isAlive else { return }
        frozenUntil = max(frozenUntil, world.now + duration)
        note("freezes")
        if duration > Self.sessionTimeout {
            world.after(Self.sessionTimeout) { [self] in
                if isAlive { world.coordinator(of: group).evict(number) }
            }
        }
        guard duration > Database.idleTimeout else { return }
        world.after(Database.idleTimeout) { [self] in
            for transaction in world.database.idle(number) { world.database.abort(transaction) }
        }
    }

    /// Gives up its partitions one by one, as if they were revoked.
    func stop() {
        guard isAlive, !isStopping else { return }
        isStopping = true
        for key in holdings.keys.sorted() { revoke(key) }
        leaveWhenEmpty()
    }

    private func leaveWhenEmpty() {
        step(.poll, after: 20) { [self] in
            guard holdings.isEmpty else { return leaveWhenEmpty() }
            isAlive = false
            world.coordinator(of: group).leave(number)
            world.ended(self, hasLeft: true)
        }
    }

    func forget() {
        isAlive = false
        holdings = [:]
    }

    // MARK: polling

    private func poll() {
        step(.poll, within: 20...60) { [self] in
            if world.now >= unawareUntil { hear() }
            // Whatever ends begins what can begin; besides, it is looked for now and then.
            if fetch() || polls % 8 == 0 { takeTurns() }
            poll()
        }
    }

    private func hear() {
        for message in world.coordinator(of: group).messages(for: number) {
            switch message {
            case .assigned(let key): if isStopping { world.coordinator(of: group).released(key, by: number) } else { claim(key) }
            case .revoked(let key): revoke(key)
            case .lost(let key): forget(key)
            case .evicted:
                for key in holdings.keys.sorted() { forget(key) }
                guard !isStopping else { continue }
                step(.join, within: 20...100) { [self] in world.coordinator(of: group).join(number) }
            }
        }
    }

    /// - Returns: whether there is more to do.
    private func fetch() -> Bool {
        var isMore = false
        var room = shape.pollRecords
        polls += 1
        let held = holdings.keys.filter { if case .held = holdings[$0] { true } else { false } }.sorted()
        for index in held.indices where room > 0 {
            let key = held[(index + polls) % held.count]
            guard !paused.contains(key) || world.mistakes.contains(.intakeUnbounded) else { continue }
            for record in world.broker.read(key, from: readPositions[key] ?? 0, limit: room) {
                readPositions[key] = record.id.offset + 1
                room -= 1
                note("takes in \(record.id)")
                if lanes.admit(record) { isMore = true }
            }
        }
        let changes = lanes.intakeChanges(isStalled: stalls > 0)
        // Sorted: the order of a dictionary is another each time, and a seed repeats its history.
        for key in changes.pause.sorted() { note("pauses \(key), stalls \(stalls)") }
        for key in changes.resume.sorted() { note("resumes \(key)") }
        paused.formUnion(changes.pause)
        paused.subtract(changes.resume)
        return isMore
    }

    // MARK: partitions

    func hold(_ claim: Claim) {
        holdings[claim.key] = .held(claim)
        note("has \(claim.key) from \(claim.position)")
        readPositions[claim.key] = claim.position
        paused.remove(claim.key)
        lanes.assign(claim.key, from: claim.position)
        settlement.taken(claim.key)
        settleSoon()
    }

    private func revoke(_ key: PartitionKey) {
        switch holdings[key] {
        case nil: world.coordinator(of: group).released(key, by: number)
        case .claiming: released(key)
        case .held(let claim):
            holdings[key] = .leaving(claim)
            lanes.withdraw(key)
            drain(claim, until: world.now + world.random.int(0...Self.drainDeadline))
        case .leaving: break
        }
    }

    private func drain(_ claim: Claim, until deadline: Int) {
        step(.drained, within: 5...20) { [self] in
            guard isHeld(claim) else { return }
            guard lanes.isDrained(claim.key) || world.now >= deadline else { return drain(claim, until: deadline) }
            settle([claim]) { [self] _ in
                if isHeld(claim) { released(claim.key) }
            }
        }
    }

    private func released(_ key: PartitionKey) {
        forget(key)
        world.coordinator(of: group).released(key, by: number)
    }

    /// At once, and without a word to anybody.
    private func forget(_ key: PartitionKey) {
        note("gives up \(key)")
        lanes.release(key)
        holdings[key] = nil
        paused.remove(key)
    }

    func isHeld(_ claim: Claim) -> Bool {
        switch holdings[claim.key] {
        case .held(let own), .leaving(let own): own.epoch == claim.epoch
        case .claiming, nil: false
        }
    }

    /// Somebody else has claimed it: where it is still assigned here, it is claimed anew.
    func fenced(_ claim: Claim) {
        guard isHeld(claim) else { return }
        if case .leaving = holdings[claim.key] { return released(claim.key) }
        forget(claim.key)
        claimAgain(claim.key)
    }
}
