/// One history on its way: virtual time, and everything that takes part.
///
/// - Invariant: what happens is a function of the history and the mistakes; nothing reads a clock or the system's randomness.
final class World {
    let history: History
    let mistakes: Set<Mistake>
    private(set) var now = 0
    var random: Generator
    private var timeline = Timeline()
    private(set) var steps = 0

    private(set) lazy var broker = Broker(self)
    private(set) lazy var database = Database(self)
    private(set) lazy var coordinators = Group.allCases.map { Coordinator($0, self) }
    private(set) lazy var oracle = Oracle(self)
    /// Who runs in each slot at present.
    private(set) var workers: [Worker?] = []
    private var workersStarted = 0
    /// Told of every step, where somebody listens.
    private let listener: ((String) -> Void)?
    var faults: FaultCounters

    var shape: Shape { history.shape }

    /// Past the last fault, everything has to be done within two minutes of virtual time: some hundred times what it takes.
    private static let patience = 120_000
    /// Far more than any history needs: what takes more goes round in circles.
    private static let stepLimit = 600_000

    init(_ history: History, mistakes: Set<Mistake>, listener: ((String) -> Void)? = nil) {
        self.listener = listener
        self.history = history
        self.mistakes = mistakes
        random = Generator(seed: ~history.timing)
        faults = FaultCounters(history.faults)
    }

    /// - Returns: the first broken rule.
    func run() -> Violation? {
        workers = Array(repeating: nil, count: shape.workers)
        for slot in workers.indices { start(slot) }
        for record in history.records { plan(at: record.time) { [unowned self] in broker.append(record) } }
        for fault in history.faults { plan(fault) }
        if listener != nil { for fault in history.faults { plan(at: fault.start) { [unowned self] in note("\(fault)") } } }
        let lastPlanned = max(history.records.last?.time ?? 0, history.faults.map(\.end).max() ?? 0)
        plan(at: lastPlanned) { [unowned self] in watch(until: lastPlanned + Self.patience) }
        while oracle.violation == nil, !isOver, let (time, body) = timeline.next() {
            now = time
            steps += 1
            body()
            if steps > Self.stepLimit { oracle.report(.endless, "\(steps) steps: \(oracle.unfinished() ?? "all is done")") }
        }
        if oracle.violation == nil { oracle.judgeTheEnd() }
        end()
        return oracle.violation
    }

    private var isOver = false

    private func watch(until deadline: Int) {
        isOver = !faults.isPending(at: now) && oracle.unfinished() == nil
        if isOver { return }
        if now > deadline { return oracle.report(.endless, oracle.unfinished() ?? "faults that never end") }
        after(100) { [unowned self] in watch(until: deadline) }
    }

    /// Those who take part refer to each other from what they have planned.
    private func end() {
        timeline.clear()
        for worker in workers { worker?.forget() }
        database.forget()
        workers = []
    }

    func plan(at time: Int, _ body: @escaping () -> Void) { timeline.plan(at: max(time, now), body) }
    func after(_ delay: Int, _ body: @escaping () -> Void) { timeline.plan(at: now + delay, body) }

    func note(_ what: @autoclosure () -> String) {
        if let listener { listener("\(now) ms  \(what())") }
    }

    // MARK: workers

    func coordinator(of group: Group) -> Coordinator { coordinators[group.rawValue] }

    private func start(_ slot: Int) {
        workersStarted += 1
        let worker = Worker(self, slot: slot, number: workersStarted)
        workers[slot] = worker
        worker.start()
    }

    /// Its connections close, its session times out, and after a while another is started in its place.
    func ended(_ worker: Worker, hasLeft: Bool) {
        after(random.int(10...60)) { [unowned self] in database.abort(all: worker.number) }
        if !hasLeft { after(Worker.sessionTimeout) { [unowned self] in coordinator(of: worker.group).evict(worker.number) } }
        after(random.int(200...2500)) { [unowned self] in start(worker.slot) }
    }

    // MARK: faults

    private func plan(_ fault: Fault) {
        switch fault {
        case .crash(let slot, .time(let time)): plan(at: time) { [unowned self] in workers[slot]?.crash() }
        case .freeze(let slot, .time(let time), let duration): plan(at: time) { [unowned self] in workers[slot]?.freeze(for: duration) }
        case .crash(_, .step), .freeze(_, .step, _), .lostAcknowledgement: break
        case .evict(let slot, let time, let duration):
            plan(at: time) { [unowned self] in
                guard let worker = workers[slot], worker.isAlive else { return }
                worker.unawareUntil = now + duration
                coordinator(of: worker.group).evict(worker.number)
            }
        case .stop(let slot, let time): plan(at: time) { [unowned self] in workers[slot]?.stop() }
        case .rebalance(let time): plan(at: time) { [unowned self] in coordinators.forEach { $0.rotate() } }
        case .databaseOutage(let time, let duration):
            during(time, duration) { [unowned self] in
                database.fail()
            } end: { [unowned self] in
                database.recover()
            }
        case .brokerOutage(let time, let duration):
            during(time, duration) { [unowned self] in
                broker.outages += 1
            } end: { [unowned self] in
                broker.outages -= 1
            }
        case .deadLetterOutage(let time, let duration):
            during(time, duration) { [unowned self] in
                broker.deadLetterOutages += 1
            } end: { [unowned self] in
                broker.deadLetterOutages -= 1
            }
        case .embeddingOutage(let time, let duration):
            during(time, duration) { [unowned self] in
                faults.embeddingOutages += 1
            } end: { [unowned self] in
                faults.embeddingOutages -= 1
            }
        case .misconfiguration(let time, let duration):
            during(time, duration) { [unowned self] in
                database.misconfigurations += 1
            } end: { [unowned self] in
                database.misconfigurations -= 1
            }
        case .restore(let backup, let time):
            plan(at: backup) { [unowned self] in
                let tables = database.tables
                plan(at: time) { [unowned self] in database.restore(tables) }
            }
        case .recreateTopic(let time): plan(at: time) { [unowned self] in broker.recreateTopic() }
        }
    }

    private func during(_ time: Int, _ duration: Int, begin: @escaping () -> Void, end: @escaping () -> Void) {
        plan(at: time, begin)
        plan(at: time + duration, end)
    }
}
