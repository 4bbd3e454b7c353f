import Delivery

/// Records that are worked on together.
final class Wave {
    struct Item {
        let ticket: SimulatedLanes.Ticket
        let claim: Claim
        var work: Work
    }

    var items: [Item]
    let kind: SimulatedLanes.Kind
    var pause = 50
    var isStalled = false

    init(_ items: [Item], _ kind: SimulatedLanes.Kind) {
        self.items = items
        self.kind = kind
    }
}

/// The way of a wave: look, prepare, embed, bury, one transaction, publish, finish.
extension Worker {
    func takeTurns() {
        for kind in SimulatedLanes.Kind.allCases {
            while wavesOut[kind.rawValue] < shape.waves {
                let taken = lanes.take(kind, records: shape.waveRecords)
                if taken.isEmpty { break }
                wavesOut[kind.rawValue] += 1
                let items = taken.compactMap { ticket, record -> Wave.Item? in
                    switch holdings[record.id.key] {
                    case .held(let claim), .leaving(let claim): return Wave.Item(ticket: ticket, claim: claim, work: Work(record: record, statement: .content))
                    case .claiming, nil: return nil
                    }
                }
                note("wave of \(items.map(\.work.record.id))")
                look(Wave(items, kind))
            }
        }
    }

    private func look(_ wave: Wave) {
        ask(.looked) { [self] answer in
            answer(world.database.read { _ in })
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure(let failure) = result { return failed(failure, wave) { [self] in look(wave) } }
            prepare(wave)
        }
    }

    private func prepare(_ wave: Wave) {
        step(.prepared, within: wave.kind == .slow ? 20...150 : 2...40) { [self] in
            for index in wave.items.indices {
                let record = wave.items[index].work.record
                wave.items[index].work.statement = record.plan.isDeletion && record.plan.trouble == .none ? .deleted : .content
                guard let failure = trouble(of: record, attempt: 1) else { continue }
                dispose(of: &wave.items[index].work, failure)
            }
            embed(wave)
        }
    }

    /// Why its content cannot be read.
    func trouble(of record: LogRecord, attempt: Int) -> Failure? {
        switch record.plan.trouble {
        case .malformed: .invalidRecord
        // The registrar does not look at contents.
        case .none, .unstorable: nil
        case .unreadable: group == .registrar ? nil : .invalidRecord
        case .away(let until): group == .registrar || world.now >= until ? nil : .referenceUnavailable
        case .gone: group == .registrar ? nil : attempt > 2 ? .invalidRecord : .referenceUnavailable
        }
    }

    /// What becomes of a single record that cannot be read.
    func dispose(of work: inout Work, _ failure: Failure) {
        switch Disposition(of: failure, records: 1) {
        case .defer: work.statement = .deferred
        case .deadLetter, .isolate: work.statement = work.record.plan.trouble == .malformed ? .malformed : .rejected
        case .retry, .skip, .release, .halt: break
        }
    }

    private func embed(_ wave: Wave) {
        step(.embedded, within: 2...40) { [self] in
            let isAway = group == .ingest && world.faults.embeddingOutages > 0 && wave.items.contains { $0.work.statement == .content }
            if isAway { return failed(.unavailable, wave) { [self] in embed(wave) } }
            bury(wave)
        }
    }

    /// Dead letters are acknowledged before anything says that there are any.
    private func bury(_ wave: Wave) {
        let letters = letters(of: wave)
        guard !letters.isEmpty, !world.mistakes.contains(.buriedLate) else { return begin(wave) }
        ask(.buried, isWrite: true) { [self] answer in
            answer(world.broker.bury(letters).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure(let failure) = result { return failed(failure, wave) { [self] in bury(wave) } }
            begin(wave)
        }
    }

    private func letters(of wave: Wave) -> [RecordID] {
        wave.items.filter { item in
            switch item.work.statement {
            case .rejected, .malformed: shape.speaks(group, for: item.work.record.plan)
            case .content, .deleted, .deferred: false
            }
        }.map(\.work.record.id)
    }

    private func begin(_ wave: Wave) {
        let transaction = world.database.begin(number)
        var claims: [PartitionKey: Claim] = [:]
        for item in wave.items { claims[item.claim.key] = item.claim }
        let distinct = Array(claims.values)
        ask(.begun) { [self] answer in
            world.database.begin(distinct, transaction, answer)
        } then: { [self] result in
            switch result {
            case .failure(let failure): failed(failure, wave) { [self] in begin(wave) }
            case .success([]): merge(wave, transaction)
            case .success(let fenced): release(fenced, of: wave)
            }
        }
    }

    private func merge(_ wave: Wave, _ transaction: Transaction) {
        let works = wave.items.map(\.work)
        ask(.merged) { [self] answer in
            world.database.merge(works, group, transaction, answer)
        } then: { [self] result in
            switch result {
            case .failure(let failure): failed(failure, wave) { [self] in begin(wave) }
            case .success(let told): commit(wave, transaction, told)
            }
        }
    }

    private func commit(_ wave: Wave, _ transaction: Transaction, _ told: [ToldOutcome]) {
        ask(.written, isWrite: true) { [self] answer in
            let failure = world.database.commit(transaction)
            if failure == nil { note("wrote \(told)") }
            if failure == nil { world.oracle.wrote(wave.items.map { ($0.claim, $0.work) }, told, group) }
            answer(failure.map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure(let failure) = result { return failed(failure, wave) { [self] in begin(wave) } }
            if world.mistakes.contains(.buriedLate) { _ = world.broker.bury(letters(of: wave)) }
            if world.mistakes.contains(.finishedBeforeTold) { finish(wave) }
            publish(told, as: .outcomePublished) {
                true
            } then: { [self] in
                settlement.told(told)
                step(.finished, after: 0) { [self] in
                    if !world.mistakes.contains(.finishedBeforeTold) { finish(wave) }
                }
            }
        }
    }

    private func finish(_ wave: Wave) {
        progressed(wave)
        for item in wave.items { lanes.finish(item.ticket, item.work.record.id) }
        wavesOut[wave.kind.rawValue] -= 1
        settleSoon()
        takeTurns()
    }

    // MARK: failures

    private func progressed(_ wave: Wave) {
        if wave.isStalled { stalls -= 1 }
        wave.isStalled = false
        wave.pause = 50
    }

    private func failed(_ failure: Failure, _ wave: Wave, again: @escaping () -> Void) {
        switch Disposition(of: failure, records: wave.items.count) {
        case .retry: pause(wave, again)
        case .isolate where !world.mistakes.contains(.poisonNotIsolated): isolate(wave)
        case .deadLetter, .isolate:
            for index in wave.items.indices { dispose(of: &wave.items[index].work, .invalidRecord) }
            bury(wave)
        case .defer, .skip, .release: drop(wave) { _ in true }
        case .halt: crash()
        }
    }

    /// In place; nothing more is taken in meanwhile.
    private func pause(_ wave: Wave, _ again: @escaping () -> Void) {
        if !wave.isStalled { stalls += 1 }
        wave.isStalled = true
        let pause = world.random.int(wave.pause...2 * wave.pause)
        wave.pause = min(2 * wave.pause, 800)
        step(.backoff, after: pause) { [self] in
            // What belongs to somebody else by now is theirs.
            drop(wave) { [self] in !isHeld($0.claim) }
            if !wave.items.isEmpty { again() }
        }
    }

    /// Halves, until what cannot be stored is alone.
    private func isolate(_ wave: Wave) {
        let half = wave.items.count / 2
        let rest = Wave(Array(wave.items[half...]), wave.kind)
        wave.items.removeLast(wave.items.count - half)
        wavesOut[wave.kind.rawValue] += 1
        begin(wave)
        begin(rest)
    }

    private func release(_ keys: [PartitionKey], of wave: Wave) {
        for claim in wave.items.map(\.claim) where keys.contains(claim.key) { fenced(claim) }
        drop(wave) { keys.contains($0.claim.key) }
        if !wave.items.isEmpty { begin(wave) }
    }

    private func drop(_ wave: Wave, _ isDropped: (Wave.Item) -> Bool) {
        for item in wave.items where isDropped(item) { lanes.abandon(item.ticket, item.work.record.id) }
        wave.items.removeAll(where: isDropped)
        guard wave.items.isEmpty else { return }
        progressed(wave)
        wavesOut[wave.kind.rawValue] -= 1
        takeTurns()
    }
}
