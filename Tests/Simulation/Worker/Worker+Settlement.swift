import Delivery

/// What is finished and not yet written down as such.
struct Settlement {
    /// Published, not marked.
    fileprivate var told: Set<ToldOutcome> = []
    fileprivate var settled: [PartitionKey: Int64] = [:]
    /// What the broker has acknowledged.
    fileprivate var mirrored: [PartitionKey: Int64] = [:]
    fileprivate var isRunning = false
    fileprivate var isDue = false

    mutating func told(_ outcomes: [ToldOutcome]) { told.formUnion(outcomes) }

    /// A partition was claimed: what the broker has of it may be from before a crash, or from before a backup.
    mutating func taken(_ key: PartitionKey) {
        settled[key] = nil
        mirrored[key] = nil
    }
}

/// Beside the waves, and for as many of them as came meanwhile: outcomes are marked as published, positions advanced, and the broker's offsets follow.
extension Worker {
    func settleSoon() {
        guard !settlement.isRunning else {
            settlement.isDue = true
            return
        }
        settlement.isRunning = true
        settlement.isDue = false
        step(.settling, within: 1...40) { [self] in
            let claims = holdings.keys.sorted().compactMap { key -> Claim? in
                if case .held(let claim) = holdings[key] { claim } else { nil }
            }
            settle(claims) { [self] isComplete in
                settlement.isRunning = false
                if !isComplete { step(.backoff, within: 50...300) { [self] in settleSoon() } } else if settlement.isDue { settleSoon() }
            }
        }
    }

    /// - Parameter then: whether all of it worked.
    func settle(_ claims: [Claim], then: @escaping (Bool) -> Void) {
        let told = settlement.told
        let advances = claims.compactMap { claim -> (claim: Claim, position: Int64)? in
            guard let position = lanes.position(of: claim.key) else { return nil }
            return settlement.settled[claim.key] == position && settlement.mirrored[claim.key] == position ? nil : (claim, position)
        }
        guard !told.isEmpty || !advances.isEmpty else { return then(true) }
        if world.mistakes.contains(.committedEarly) {
            return mirror(advances[...], isComplete: true) { [self] _ in write(told, advances, then) }
        }
        write(told, advances, then)
    }

    private func write(_ told: Set<ToldOutcome>, _ advances: [(claim: Claim, position: Int64)], _ then: @escaping (Bool) -> Void) {
        let transaction = world.database.begin(number)
        ask(.settled) { [self] answer in
            world.database.settle(told.sorted { $0.row < $1.row }, advances, transaction, answer)
        } then: { [self] result in
            switch result {
            case .failure(let failure): settleFailed(failure, then)
            case .success(let own): commit(transaction, told, advances, own: own, then)
            }
        }
    }

    private func commit(
        _ transaction: Transaction, _ told: Set<ToldOutcome>, _ advances: [(claim: Claim, position: Int64)], own: [PartitionKey],
        _ then: @escaping (Bool) -> Void
    ) {
        ask(.settleWritten, isWrite: true) { [self] answer in
            answer(world.database.commit(transaction).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .failure(let failure) = result { return settleFailed(failure, then) }
            settlement.told.subtract(told)
            for (claim, position) in advances where isHeld(claim) && own.contains(claim.key) { settlement.settled[claim.key] = position }
            mirror(advances.filter { own.contains($0.claim.key) }[...], isComplete: true) { [self] isComplete in
                for (claim, _) in advances where !own.contains(claim.key) { fenced(claim) }
                then(isComplete)
            }
        }
    }

    private func settleFailed(_ failure: Failure, _ then: (Bool) -> Void) {
        if Disposition(of: failure, records: 0) == .halt { crash() } else { then(false) }
    }

    /// Never for a partition that is not held any more.
    private func mirror(_ advances: ArraySlice<(claim: Claim, position: Int64)>, isComplete: Bool, _ then: @escaping (Bool) -> Void) {
        guard let (claim, position) = advances.first else { return then(isComplete) }
        guard isHeld(claim) else { return mirror(advances.dropFirst(), isComplete: isComplete, then) }
        ask(.offsetCommitted, isWrite: true) { [self] answer in
            answer(world.broker.commit(position, of: claim.key, by: number, group).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            if case .success = result, isHeld(claim) { settlement.mirrored[claim.key] = position }
            mirror(advances.dropFirst(), isComplete: isComplete && (try? result.get()) != nil, then)
        }
    }
}
