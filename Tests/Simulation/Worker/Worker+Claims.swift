import Delivery

/// Taking a partition: a new epoch, then what the predecessor left, then its records.
extension Worker {
    func claim(_ key: PartitionKey) {
        attempts += 1
        let attempt = attempts
        holdings[key] = .claiming(attempt)
        let row = GroupPartition(group: group, key: key)
        let transaction = world.database.begin(number)
        ask(.claimLocked) { [self] answer in
            world.database.lockClaim(row, transaction, answer)
        } then: { [self] result in
            guard isCurrent(attempt, of: key) else { return world.database.abort(transaction) }
            if case .failure(let failure) = result { return claimFailed(failure, attempt, key) }
            let epoch = world.random.next()
            ask(.claimed, isWrite: true) { [self] answer in
                answer(world.database.claim(row, transaction, epoch: epoch))
            } then: { [self] result in
                guard isCurrent(attempt, of: key) else { return }
                switch result {
                case .failure(let failure): claimFailed(failure, attempt, key)
                case .success((let claim, let leftovers)):
                    publish(world.mistakes.contains(.leftoversForgotten) ? [] : leftovers, as: .leftoverPublished) { [self] in
                        isCurrent(attempt, of: key)
                    } then: { [self] in
                        guard isCurrent(attempt, of: key) else { return }
                        settlement.told(leftovers)
                        hold(claim)
                    }
                }
            }
        }
    }

    func claimAgain(_ key: PartitionKey) {
        attempts += 1
        let attempt = attempts
        holdings[key] = .claiming(attempt)
        step(.backoff, within: 50...300) { [self] in
            if isCurrent(attempt, of: key) { claim(key) }
        }
    }

    private func isCurrent(_ attempt: Int, of key: PartitionKey) -> Bool {
        if case .claiming(attempt) = holdings[key] { true } else { false }
    }

    private func claimFailed(_ failure: Failure, _ attempt: Int, _ key: PartitionKey) {
        if Disposition(of: failure, records: 0) == .halt { crash() } else { claimAgain(key) }
    }

    /// One after another, each until the broker has acknowledged it.
    ///
    /// - Parameter goesOn: whether there is still a reason to.
    func publish(_ outcomes: [ToldOutcome], as step: Step, while goesOn: @escaping () -> Bool, then: @escaping () -> Void) {
        publish(outcomes[...], as: step, pause: 50, while: goesOn, then: then)
    }

    private func publish(_ outcomes: ArraySlice<ToldOutcome>, as step: Step, pause: Int, while goesOn: @escaping () -> Bool, then: @escaping () -> Void) {
        guard let next = outcomes.first else { return then() }
        ask(step, isWrite: true) { [self] answer in
            answer(world.broker.publish(next).map(Result.failure) ?? .success(()))
        } then: { [self] (result: Result<Void, Failure>) in
            guard goesOn() else { return }
            if case .success = result { return publish(outcomes.dropFirst(), as: step, pause: 50, while: goesOn, then: then) }
            self.step(.backoff, after: pause) { [self] in
                publish(outcomes, as: step, pause: min(2 * pause, 800), while: goesOn, then: then)
            }
        }
    }
}
