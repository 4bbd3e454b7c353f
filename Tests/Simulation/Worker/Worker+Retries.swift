import Delivery

/// Documents that wait for what they refer to: tried again under a lease, whoever has the partition.
extension Worker {
    /// A lease outlasts the work; a worker that is frozen longer finds it gone.
    private static let leaseDuration = 2500

    func retryWhatWaits() {
        step(.leased, within: 200...600) { [self] in
            let lease = world.random.next()
            ask(.leased, isWrite: true) { [self] answer in
                answer(world.mistakes.contains(.deferredNeverRetried) ? .success(nil) : world.database.lease(lease, for: Self.leaseDuration))
            } then: { [self] result in
                switch result {
                case .failure(.misconfigured): crash()
                case .success(let row?): fetch(row, lease)
                case .failure, .success(nil): retryWhatWaits()
                }
            }
        }
    }

    private func fetch(_ row: Tables.Deferred, _ lease: UInt64) {
        step(.fetched, within: 20...150) { [self] in
            var work = Work(record: row.record, statement: .content)
            if let failure = trouble(of: row.record, attempt: row.attempts + 1) { dispose(of: &work, failure) }
            if work.statement == .deferred { postpone(row, lease) } else { bury(work, lease) }
        }
    }

    private func postpone(_ row: Tables.Deferred, _ lease: UInt64) {
        let due = world.now + world.random.int(300...1200)
        ask(.postponed, isWrite: true) { [self] answer in
            answer(world.database.postpone(row.record, lease: lease, until: due).map(Result.failure) ?? .success(()))
        } then: { [self] (_: Result<Void, Failure>) in
            // Where it was not written, the lease ends.
            retryWhatWaits()
        }
    }

    private func bury(_ work: Work, _ lease: UInt64) {
        guard work.statement == .rejected else { return write(work, lease) }
        ask(.buried, isWrite: true) { [self] answer in
            answer(world.broker.bury([work.record.id]).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure = result { return retryWhatWaits() }
            write(work, lease)
        }
    }

    private func write(_ work: Work, _ lease: UInt64) {
        let transaction = world.database.begin(number)
        ask(.retryBegun) { [self] answer in
            world.database.retry(work, lease: lease, transaction, answer)
        } then: { [self] result in
            switch result {
            case .success(let told): commit(transaction, told)
            case .failure(let failure):
                switch Disposition(of: failure, records: 1) {
                case .halt: crash()
                case .deadLetter:
                    var refused = work
                    refused.statement = .rejected
                    bury(refused, lease)
                case .retry, .defer, .isolate, .skip, .release: retryWhatWaits()
                }
            }
        }
    }

    private func commit(_ transaction: Transaction, _ told: [ToldOutcome]) {
        ask(.retryWritten, isWrite: true) { [self] answer in
            answer(world.database.commit(transaction).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure = result { return retryWhatWaits() }
            tell(told, as: .retryMarked) { [self] in retryWhatWaits() }
        }
    }

    // MARK: sweeping

    /// From time to time: whether the server is still the one the claims were made at, and what was written by a retry whose worker crashed before it
    /// could tell.
    func sweep() {
        step(.sweeping, within: 1000...2500) { [self] in
            let held = Set(holdings.keys.map(\.partition))
            guard !held.isEmpty else { return sweep() }
            ask(.swept) { [self] answer in
                answer(world.database.read { [self] in (world.database.instance, $0.unpublished(group) { held.contains($0.partition) }) })
            } then: { [self] result in
                guard case .success((let instance, let unpublished)) = result else { return sweep() }
                for case .held(let claim) in holdings.values where claim.instance != instance && !world.mistakes.contains(.restoreUnnoticed) { fenced(claim) }
                tell(world.mistakes.contains(.neverSwept) ? [] : unpublished, as: .swept) { [self] in sweep() }
            }
        }
    }

    private func tell(_ told: [ToldOutcome], as step: Step, then: @escaping () -> Void) {
        publish(told, as: .outcomePublished) {
            true
        } then: { [self] in
            guard !told.isEmpty else { return then() }
            ask(step, isWrite: true) { [self] answer in
                answer(world.database.mark(told).map(Result.failure) ?? .success(()))
            } then: { (_: Result<Void, Failure>) in
                then()
            }
        }
    }
}
