import Contract

/// A record, and what has become of it on the way to the database.
struct Work {
    enum Statement {
        /// An upsert whose content could be read.
        case content
        case deleted
        /// Refused for its content: the newest readable version stays, its facts count.
        case rejected
        /// Refused before anything of it is known: changes nothing.
        case malformed
        /// Its reference is away.
        case deferred
    }

    let record: LogRecord
    var statement: Statement
}

/// The database can never take one of the records: a wave fails as a whole, without saying for which.
struct Refused: Error {}

extension Tables {
    /// What one transaction does with a wave, under the locks of its documents: facts, renditions, outcomes.
    ///
    /// - Returns: what is to be told of the records, and of those that they end.
    mutating func merge(_ wave: [Work], _ group: Group, _ rules: MergeRules) throws(Refused) -> [ToldOutcome] {
        var told: [ToldOutcome] = []
        for work in wave {
            applied.insert(GroupRecord(group: group, id: work.record.id))
            if work.statement == .malformed {
                tell(.rejected, of: work.record, group, rules, &told)
                continue
            }
            let fact = mergeFact(work.record, rules)
            let kind = group == .ingest ? try mergeRendition(work, rules, &told) : nil
            if work.record.plan.isDeletion {
                tell(fact.kindOfDeletion, of: work.record, group, rules, &told)
            } else if let kind {
                tell(kind, of: work.record, group, rules, &told)
            }
        }
        return told
    }

    /// As `Outbox` does: a final outcome is kept and repeated, any other replaced.
    private mutating func tell(_ kind: Outcome.Kind, of record: LogRecord, _ group: Group, _ rules: MergeRules, _ told: inout [ToldOutcome]) {
        guard rules.shape.speaks(group, for: record.plan) else { return }
        let row = GroupRecord(group: group, id: record.id)
        if !rules.mistakes.contains(.outcomeNotRepeated), let existing = outcomes[row], existing.kind.isFinal {
            told.append(ToldOutcome(row: row, kind: existing.kind))
        } else {
            outcomes[row] = OutcomeRow(kind: kind)
            told.append(ToldOutcome(row: row, kind: kind))
        }
    }

    private struct FactVerdict {
        let verdict: VersionClock.Verdict
        let wasDeleted: Bool

        var kindOfDeletion: Outcome.Kind {
            switch verdict {
            case .wins, .duplicate: wasDeleted ? .unchanged : .deleted
            case .superseded: .superseded
            }
        }
    }

    /// As `Facts.merge` does.
    private mutating func mergeFact(_ record: LogRecord, _ rules: MergeRules) -> FactVerdict {
        var document = documents[record.plan.document]
        let isSameRecord = document.clock.inForce?.position == record.version.position
        let wasDeleted = isSameRecord ? document.mark.isRepeated : document.state == .deleted
        let verdict = rules.offer(record.version, to: &document.clock)
        if record.plan.isDeletion { document.mark.note(record, wins: verdict == .wins, wasDeleted: wasDeleted) }
        if verdict == .wins { document.state = record.plan.isDeletion ? .deleted : .present }
        documents[record.plan.document] = document
        return FactVerdict(verdict: verdict, wasDeleted: wasDeleted)
    }

    /// As `Renditions.merge` does; besides, a version that waits ends where this one is newer.
    private mutating func mergeRendition(_ work: Work, _ rules: MergeRules, _ told: inout [ToldOutcome]) throws(Refused) -> Outcome.Kind {
        let document = work.record.plan.document
        switch work.statement {
        case .rejected, .malformed:
            if deferred[document]?.record === work.record { deferred[document] = nil }
            return .rejected
        case .deferred:
            return postpone(work.record, rules, &told)
        case .deleted:
            if rules.offer(work.record.version, to: &renditions[document].clock) == .wins { renditions[document].state = .deleted }
            endWaiting(of: document, with: work.record, rules, &told)
            return .deleted
        case .content:
            let kind = try content(work.record, rules)
            endWaiting(of: document, with: work.record, rules, &told)
            return kind
        }
    }

    private mutating func content(_ record: LogRecord, _ rules: MergeRules) throws(Refused) -> Outcome.Kind {
        var rendition = renditions[record.plan.document]
        defer { renditions[record.plan.document] = rendition }
        let isSame = rendition.state == .present && rendition.body == record.plan.body
        switch rules.offer(record.version, to: &rendition.clock) {
        case .superseded: return .superseded
        case .duplicate: return rendition.state == .deleted ? .superseded : .unchanged
        case .wins: break
        }
        if record.plan.trouble == .unstorable { throw Refused() }
        rendition.state = .present
        rendition.body = record.plan.body
        return isSame ? .unchanged : .indexed
    }

    /// Keeps the newest version that waits.
    private mutating func postpone(_ record: LogRecord, _ rules: MergeRules, _ told: inout [ToldOutcome]) -> Outcome.Kind {
        let document = record.plan.document
        switch renditions[document].clock.verdict(for: record.version) {
        case .duplicate: return .unchanged
        case .superseded:
            renditions[document].clock.offer(record.version)
            return .superseded
        case .wins: break
        }
        if let waiting = deferred[document]?.record, waiting !== record {
            var ahead = renditions[document].clock
            ahead.offer(waiting.version)
            guard ahead.verdict(for: record.version) == .wins else { return .superseded }
            tell(.superseded, of: waiting, .ingest, rules, &told)
        }
        deferred[document] = Deferred(record: record, due: rules.now + rules.retryDelay)
        return .deferred
    }

    /// A version that waits and no longer wins is superseded; its sequence has been seen.
    private mutating func endWaiting(of document: Int, with record: LogRecord, _ rules: MergeRules, _ told: inout [ToldOutcome]) {
        guard let waiting = deferred[document]?.record else { return }
        if waiting === record {
            deferred[document] = nil
        } else if renditions[document].clock.verdict(for: waiting.version) != .wins {
            renditions[document].clock.offer(waiting.version)
            deferred[document] = nil
            tell(.superseded, of: waiting, .ingest, rules, &told)
        }
    }
}

extension Tables.DeletionMark {
    /// As Index's `DeletionMark` does.
    mutating func note(_ record: LogRecord, wins: Bool, wasDeleted: Bool) {
        if let sequence = record.version.sequence { self.sequence = max(self.sequence ?? sequence, sequence) }
        guard wins else { return }
        key = record.id.key
        offset = record.id.offset
        isRepeated = wasDeleted
    }
}

/// What a merge goes by.
struct MergeRules {
    let shape: Shape
    let mistakes: Set<Mistake>
    let now: Int
    let retryDelay = 600

    func offer(_ version: EventVersion, to clock: inout VersionClock) -> VersionClock.Verdict {
        if mistakes.contains(.clockIgnored) { clock = VersionClock() }
        return clock.offer(version)
    }
}
