import Contract
import Delivery

/// A partition under the epoch it was claimed with.
struct Claim {
    let row: GroupPartition
    let epoch: UInt64
    /// The server it was made at.
    let instance: Int
    let position: Int64

    var key: PartitionKey { row.key }
}

extension Database {
    // MARK: claims

    /// `select … for update`: waits for every transaction under the epoch before.
    func lockClaim(_ row: GroupPartition, _ transaction: Transaction, _ answer: @escaping (Result<Void, Failure>) -> Void) {
        lock(world.mistakes.contains(.claimDoesNotWait) ? [] : [(.claim(row), .update)], transaction) { answer($0.map(Result.failure) ?? .success(())) }
    }

    /// The new epoch, and what is to know where to go on; commits.
    func claim(_ row: GroupPartition, _ transaction: Transaction, epoch: UInt64) -> Result<(Claim, leftovers: [ToldOutcome]), Failure> {
        transaction.write { $0.positions[row, default: Tables.Position()].epoch = epoch }
        let position = tables.positions[row]?.next ?? 0
        let found = (
            Claim(row: row, epoch: epoch, instance: instance, position: position),
            leftovers: tables.unpublished(row.group) { $0.partition == row.key.partition }
        )
        return commit(transaction).map(Result.failure) ?? .success(found)
    }

    // MARK: waves

    /// `select … where epoch = mine for key share`.
    ///
    /// - Returns: the partitions that somebody else has claimed since; the transaction is over then.
    func begin(_ claims: [Claim], _ transaction: Transaction, _ answer: @escaping (Result<[PartitionKey], Failure>) -> Void) {
        lock(claims.sorted { $0.row < $1.row }.map { (.claim($0.row), .keyShare) }, transaction) { [self] failure in
            if let failure { return answer(.failure(failure)) }
            let fenced = world.mistakes.contains(.epochsIgnored) ? [] : claims.filter { !isOwn($0) }
            if !fenced.isEmpty { abort(transaction) }
            answer(.success(fenced.map(\.key)))
        }
    }

    private func isOwn(_ claim: Claim) -> Bool {
        tables.positions[claim.row]?.epoch == claim.epoch && (claim.instance == instance || world.mistakes.contains(.restoreUnnoticed))
    }

    /// Facts, renditions and outcomes, under the documents' locks.
    func merge(_ wave: [Work], _ group: Group, _ transaction: Transaction, _ answer: @escaping (Result<[ToldOutcome], Failure>) -> Void) {
        let rules = MergeRules(shape: world.shape, mistakes: world.mistakes, now: world.now)
        lock(Set(wave.map(\.record.plan.document)).sorted().map { (.document($0), .update) }, transaction) { [self] failure in
            if let failure { return answer(.failure(failure)) }
            do {
                var scratch = tables
                let told = try scratch.merge(wave, group, rules)
                // Its rows are locked: done again at the commit, it is the same.
                transaction.write { _ = try? $0.merge(wave, group, rules) }
                answer(.success(told))
            } catch {
                abort(transaction)
                answer(.failure(.refusedByDatabase))
            }
        }
    }

    // MARK: settling

    /// Marks outcomes as published, and advances positions where the epoch is still its own.
    func settle(
        _ told: [ToldOutcome], _ advances: [(claim: Claim, position: Int64)], _ transaction: Transaction,
        _ answer: @escaping (Result<[PartitionKey], Failure>) -> Void
    ) {
        let mistakes = world.mistakes
        lock(advances.map(\.claim.row).sorted().map { (.claim($0), .noKeyUpdate) }, transaction) { [self] failure in
            if let failure { return answer(.failure(failure)) }
            let own = mistakes.contains(.settleIgnoresEpoch) ? advances : advances.filter { isOwn($0.claim) }
            transaction.write { tables in
                tables.mark(told, mistakes)
                for (claim, position) in own {
                    let next = tables.positions[claim.row]?.next ?? 0
                    tables.positions[claim.row, default: Tables.Position()].next = max(next, position)
                }
            }
            answer(.success(own.map(\.claim.key)))
        }
    }

    func mark(_ told: [ToldOutcome]) -> Failure? {
        let transaction = begin(0)
        let mistakes = world.mistakes
        transaction.write { $0.mark(told, mistakes) }
        return commit(transaction)
    }

    // MARK: what waits

    /// `… for update skip locked`: one document that is due, for so long.
    func lease(_ lease: UInt64, for duration: Int) -> Result<Tables.Deferred?, Failure> {
        let now = world.now
        let due = tables.deferred.filter { $0.value.due <= now && ($0.value.lease == nil || $0.value.leasedUntil <= now) }
        guard let (document, row) = due.min(by: { $0.key < $1.key }) else { return read { _ in nil } }
        let transaction = begin(0)
        transaction.write {
            $0.deferred[document]?.lease = lease
            $0.deferred[document]?.leasedUntil = now + duration
        }
        return commit(transaction).map(Result.failure) ?? .success(row)
    }

    func postpone(_ record: LogRecord, lease: UInt64, until due: Int) -> Failure? {
        let transaction = begin(0)
        transaction.write { tables in
            guard tables.deferred[record.plan.document]?.lease == lease else { return }
            tables.deferred[record.plan.document]?.lease = nil
            tables.deferred[record.plan.document]?.due = due
            tables.deferred[record.plan.document]?.attempts += 1
        }
        return commit(transaction)
    }

    /// Like a wave, but under a lease in place of a claim; nothing where the lease is not its own any more.
    func retry(_ work: Work, lease: UInt64, _ transaction: Transaction, _ answer: @escaping (Result<[ToldOutcome], Failure>) -> Void) {
        lock([(.document(work.record.plan.document), .update)], transaction) { [self] failure in
            if let failure { return answer(.failure(failure)) }
            guard let row = tables.deferred[work.record.plan.document], row.lease == lease, row.record === work.record else {
                abort(transaction)
                return answer(.failure(.superseded))
            }
            merge([work], .ingest, transaction, answer)
        }
    }
}

extension Tables {
    func unpublished(_ group: Group, of isWanted: (PartitionKey) -> Bool) -> [ToldOutcome] {
        let rows = outcomes.filter { !$0.value.isPublished && $0.key.group == group && isWanted($0.key.id.key) }
        return rows.map { ToldOutcome(row: $0.key, kind: $0.value.kind) }.sorted { $0.row < $1.row }
    }

    /// Only what was told: an outcome that another has replaced since is not published yet.
    mutating func mark(_ told: [ToldOutcome], _ mistakes: Set<Mistake>) {
        for outcome in told where outcomes[outcome.row]?.kind == outcome.kind || mistakes.contains(.markedByPosition) {
            outcomes[outcome.row]?.isPublished = true
        }
    }
}
