extension History {
    /// Records are published over so long; faults go on for somewhat longer.
    private static let publishing = 5000
    private static let faulting = 7000

    /// The same seed, the same history.
    package init(seed: UInt64) {
        self.seed = seed
        timing = seed
        var random = Generator(seed: seed)
        let theme = random.pick(Theme.all)
        var shape = Shape(&random)
        if theme == .waiting {
            // Newer events meet those that wait, and who tries again is not always who has the partition.
            shape.documents = min(3, shape.documents)
            shape.ingestWorkers = max(2, shape.ingestWorkers)
            shape.partitions = 1
        }
        self.shape = shape
        let recreates = random.chance(8)
        records = Self.records(shape, theme, recreates: recreates, &random)
        faults = (0..<random.int(0...7)).map { _ in Fault(shape, theme, within: Self.faulting, &random) }
        if recreates { faults.append(.recreateTopic(at: random.int(500...Self.faulting))) }
        if random.chance(12) {
            let backup = random.int(0...4000)
            faults.append(.restore(backupAt: backup, at: backup + random.int(50...3000)))
        }
    }

    /// What a history has more of than others.
    fileprivate enum Theme {
        case everything
        /// Documents that wait, and crashes around what is told of them.
        case waiting

        static let all: [Theme] = [.everything, .everything, .everything, .waiting]

        /// Where a fault strikes that is tied to a step.
        var steps: [Step] {
            switch self {
            case .everything: Step.allCases
            case .waiting: [.retryWritten, .retryWritten, .retryWritten, .written, .written, .outcomePublished, .retryMarked]
            }
        }
    }

    private static func records(_ shape: Shape, _ theme: Theme, recreates: Bool, _ random: inout Generator) -> [PlannedRecord] {
        let styles = (0..<shape.documents).map { _ in Style(isAlone: recreates, &random) }
        let burst = random.chance(40)
        let count = random.int(3...(burst ? 60 : 40))
        let troublePercent = theme == .waiting ? 50 : random.pick([0, 10, 25])
        // Where a tenant floods, most is its.
        let flood = random.chance(50) ? random.int(0...shape.documents - 1) : nil
        let times = (0..<count).map { _ in random.int(0...(burst ? 300 : publishing)) }.sorted()
        return times.map { time in
            let document = flood.flatMap { random.chance(60) ? $0 : nil } ?? random.int(0...shape.documents - 1)
            return PlannedRecord(time: time, document: document, styles[document], shape, troublePercent: troublePercent, &random)
        }
    }

    /// How a document's events are numbered.
    fileprivate enum Style {
        case sequenced, unsequenced, mixed

        /// - Parameter isAlone: mixtures are left out: what was taken up of a topic before it was deleted is chance.
        init(isAlone: Bool, _ random: inout Generator) {
            self = random.pick(isAlone ? [.sequenced, .unsequenced] : [.sequenced, .unsequenced, .mixed])
        }
    }
}

extension Shape {
    fileprivate init(_ random: inout Generator) {
        self.init()
        ingestWorkers = random.int(1...3)
        registrarWorkers = random.chance(40) ? random.int(1...2) : 0
        partitions = random.int(1...3)
        documents = random.int(1...10)
        tenants = random.int(1...3)
        intakeRecords = random.pick([1, 3, 8, 16, 64])
        intakeBytes = random.pick([1000, 8000, 1 << 20])
        pollRecords = random.int(1...8)
        waves = random.int(1...3)
        waveRecords = random.int(1...4)
    }
}

extension PlannedRecord {
    fileprivate init(time: Int, document: Int, _ style: History.Style, _ shape: Shape, troublePercent: Int, _ random: inout Generator) {
        let isSequenced = style == .sequenced || style == .mixed && random.chance(50)
        let isDeletion = random.chance(20)
        var trouble = Trouble.none
        if random.chance(troublePercent) {
            trouble = random.pick([.malformed, .unreadable, .unstorable, .away(until: time + random.int(200...5000)), .gone])
            // A deletion has no content to be refused.
            if isDeletion, trouble != .malformed { trouble = .none }
            // Which of numbered and unnumbered versions is in force depends on when a waiting one is read: the contract has no order for that.
            if style == .mixed, trouble.waits { trouble = .none }
        }
        self.init(
            time: time, document: document, tenant: document % shape.tenants, partition: document / shape.tenants % shape.partitions,
            sequence: isSequenced ? Int64(random.int(1...8)) : nil, isDeletion: isDeletion, body: random.int(1...4), trouble: trouble,
            isReference: trouble.waits || random.chance(10), bytes: random.int(10...2000), hole: random.chance(10) ? Int64(random.int(1...3)) : 0)
    }
}

extension PlannedRecord.Trouble {
    var waits: Bool {
        switch self {
        case .away, .gone: true
        case .none, .malformed, .unreadable, .unstorable: false
        }
    }
}

extension Fault {
    fileprivate init(_ shape: Shape, _ theme: History.Theme, within time: Int, _ random: inout Generator) {
        let slot = random.int(0...shape.workers - 1)
        let at = random.int(0...time)
        let duration = random.int(50...2500)
        // A boundary between two steps is hit for certain where it is named.
        let moment: Moment = random.chance(25) ? .time(at) : .step(random.pick(theme.steps), random.int(1...(theme == .waiting ? 3 : 8)))
        switch random.int(theme == .waiting ? -40...100 : 1...100) {
        case ...25: self = .crash(slot: slot, moment)
        case ...42: self = .freeze(slot: slot, moment, for: random.int(100...4000))
        case ...52: self = .evict(slot: slot, at: at, unawareFor: random.int(0...1500))
        case ...57: self = .stop(slot: slot, at: at)
        case ...65: self = .rebalance(at: at)
        case ...78: self = .lostAcknowledgement(slot: slot, number: random.int(1...40))
        case ...85: self = .databaseOutage(at: at, for: duration)
        case ...90: self = .brokerOutage(at: at, for: duration)
        case ...94: self = .deadLetterOutage(at: at, for: duration)
        case ...97: self = .embeddingOutage(at: at, for: duration)
        default: self = .misconfiguration(at: at, for: duration)
        }
    }
}
