import Contract
import Postgres

/// What the registrar does with a batch of records, in one transaction.
package struct RegistrarBatch: Sendable {
    package var facts: [FactChange] = []
    package var permissions: [PermissionChange] = []
    package var memberships: [MembershipChange] = []
    package var namings: [SnapshotNaming] = []
    package var closings: [SnapshotClosing] = []
    /// What the records' partitions are held under.
    package var claims: Set<Claim> = []
    /// Of records that change nothing and are told of.
    package var otherTenants: Set<TenantNumber> = []

    package init() {}

    fileprivate var tenants: Set<TenantNumber> {
        let changed = facts.map(\.name.tenant) + permissions.map(\.name.tenant) + memberships.map(\.name.tenant)
        return otherTenants.union(changed).union(namings.map(\.name.tenant)).union(closings.map(\.snapshot.tenant))
    }
}

/// A verdict per change, in the batch's order.
package struct RegistrarVerdicts: Sendable {
    package let facts: [VersionClock.Verdict]
    /// Per fact: the document was deleted already.
    package let wasDeleted: [Bool]
    package let permissions: [VersionClock.Verdict]
    package let memberships: [VersionClock.Verdict]
    package let closings: [SnapshotVerdict]
}

/// What a generation does with a batch of records, in one transaction.
package struct GenerationBatch: Sendable {
    package var facts: [FactChange] = []
    /// Of distinct names.
    package var renditions: [RenditionChange] = []
    package var newEmbeddings: [EmbeddingKey] = []
    /// `[newEmbeddings.count][dimension]`.
    package var newVectors: [Float] = []
    /// What the records' partitions are held under.
    package var claims: Set<Claim> = []
    /// Of documents that waited and are tried again: these records belong to no partition in hand.
    package var leases: [Name: Int64] = [:]
    /// Of documents whose content came by reference, and is to be asked for again.
    package var references: [Name: ReferenceNote] = [:]
    /// What was asked for again.
    package var refreshed: [DueReference] = []

    package init() {}

    fileprivate var tenants: Set<TenantNumber> { Set(facts.map(\.name.tenant)).union(renditions.map(\.name.tenant)) }

    /// Whether a document waits for a source that is not paused, or no longer.
    fileprivate func waitsInVain(_ terms: [TenantNumber: TenantTerms]) -> Bool {
        renditions.contains { change in
            guard case .deferred(let deferral) = change.statement, deferral.cause == .source else { return false }
            return terms[change.name.tenant]?.isPaused(change.name.source) != true
        }
    }
}

/// Everything ingestion reads and writes, as the role `sluice_ingest`. Every write is one transaction that begins by holding the claims of its
/// records' partitions, and so is refused once another worker has claimed one.
package struct IngestionStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    package func tenants() async throws -> [TenantID: TenantNumber] {
        try await read { session in
            let rows = try session.execute(.tenantList)
            var tenants: [TenantID: TenantNumber] = [:]
            for row in 0..<rows.count {
                if let tenant = TenantID(try rows.string(row, 1)) { tenants[tenant] = TenantNumber(try rows.int32(row, 0)) }
            }
            return tenants
        }
    }

    package func generations() async throws -> [Generation] {
        try await read { try Self.generations($0) }
    }

    static func generations(_ session: Session) throws -> [Generation] {
        let rows = try session.execute(.generationList)
        return try (0..<rows.count).map { try Generation.read(rows, $0) }
    }

    /// The number of this incarnation of a topic: a topic deleted and created again has a greater one.
    package func incarnation(topic: String, brokerID: String) async throws -> Int32 {
        try await write { try Positions.incarnation(topic: topic, brokerID: brokerID, $0) }
    }

    /// - Parameter generation: whose group it is; nothing for the registrar's.
    /// - Throws: `IndexError.dropped` where there is no such generation any more.
    package func claim(_ keys: [PartitionKey], group: String, generation: GenerationNumber? = nil) async throws -> [Claim] {
        try await write { try Positions.claim(keys, group: group, generation: generation, $0) }
    }

    // MARK: the registrar

    /// - Parameter outcomes: what to tell of the verdicts; written with the data.
    /// - Returns: what is to be published: of a record that ended before, what it ended with.
    package func apply(
        _ batch: RegistrarBatch, group: String, outcomes: @escaping @Sendable (RegistrarVerdicts) -> [OutboxEntry]
    ) async throws -> [Outcome] {
        try await write { session in
            try Positions.hold(batch.claims, group: group, session)
            _ = try Tenants.hold(batch.tenants, generation: nil, session)
            var snapshots = try SourceSnapshots.lock(batch, session)
            var names = try Self.lockNames(
                facts: batch.facts, permissions: batch.permissions, others: batch.namings.map(\.name), session)
            let facts = try Facts.merge(batch.facts, &names, session)
            let permissions = try Permissions.merge(batch.permissions, names, session)
            let memberships = try Memberships.merge(batch.memberships, session)
            let (closings, replaced) = try snapshots.merge(batch, names, group: group, session)
            let entries = outcomes(
                RegistrarVerdicts(
                    facts: facts.map(\.verdict), wasDeleted: facts.map(\.wasDeleted), permissions: permissions, memberships: memberships,
                    closings: closings))
            let told = try Outbox.insert(entries, group: group, session)
            try Outbox.forget(entries, among: names, group: group, session)
            return told + replaced
        }
    }

    /// Locks in the order every transaction has: sources whose container tree changes, then names.
    static func lockNames(
        facts: [FactChange], permissions: [PermissionChange], others: [Name] = [], _ session: Session
    ) throws -> LockedNames {
        let containers = Set(facts.compactMap(\.container))
        let unknown = try Containers.unknown(among: containers, session)
        try Containers.lockSources(of: Array(unknown) + permissions.map(\.name), session)
        let named = containers.union(facts.map(\.name)).union(others).union(permissions.map(\.name)).union(permissions.compactMap(\.parent))
        let names = try LockedNames.lock(named, session)
        try Containers.make(unknown, names, session)
        return names
    }

    // MARK: a generation

    /// What the generation has of these documents: to see before the work is done whether it is needed.
    package func peek(_ names: [Name], generation: GenerationNumber) async throws -> [Name: RenditionPeek] {
        try await read { try RenditionPeek.peek(names, generation: generation, $0) }
    }

    package func cachedEmbeddings(_ keys: [EmbeddingKey], space: String) async throws -> [EmbeddingKey: [Float]] {
        try await read { try EmbeddingCache.find(keys, space: space, $0) }
    }

    /// - Parameter outcomes: what to tell of the verdicts, and of records that waited and are superseded now; written with the data, published only of
    ///   those that speak.
    /// - Returns: what is to be published; nothing was written and nothing (`nil`), where a document, a lease or a source changed since it was looked at:
    ///   prepare the batch again.
    /// - Throws: `QuotaExceeded`, where the generation is live; `IndexError.tenantGone`; `.fenced`.
    package func apply(
        _ batch: GenerationBatch, generation: Generation, group: String,
        outcomes: @escaping @Sendable ([RenditionVerdict], [DeferredRecord]) -> [OutboxEntry]
    ) async throws -> [Outcome]? {
        do {
            return try await write { session in
                try Positions.hold(batch.claims, group: group, session)
                // Before names are locked: a promotion, which waits in the new one for what waits in the old one, looks at them.
                let state = batch.leases.isEmpty ? nil : try Generations.holdState(of: generation.number, session)
                let terms = try Tenants.hold(batch.tenants, generation: generation.number, session)
                guard !batch.waitsInVain(terms) else { throw Stale() }
                var names = try Self.lockNames(facts: batch.facts, permissions: [], others: batch.renditions.map(\.name), session)
                // Before anything is replaced: what is noted of content goes with it.
                guard try ReferenceRefreshes.hold(batch.refreshed, generation.number, session) else { throw Stale() }
                _ = try Facts.merge(batch.facts, &names, session)
                let allowances = try Tenants.allowances(terms, generation: generation.number, locks: true, session)
                let (verdicts, clocks) = try Renditions.merge(
                    batch.renditions, generation: generation.number, allowances: allowances, names, session)
                guard !verdicts.contains(.stale) else { throw Stale() }
                let waiting = try Deferrals.merge(
                    batch.renditions, verdicts, clocks: clocks, leases: batch.leases, generation: generation.number, names, session)
                guard let waiting else { throw Stale() }
                try ReferenceRefreshes.write(batch.references, batch.renditions, verdicts, generation.number, names, session)
                try EmbeddingCache.insert(
                    batch.newEmbeddings, vectors: batch.newVectors, dimension: generation.dimension, space: generation.embeddingSpace, session)
                let entries = outcomes(waiting.verdicts, waiting.superseded)
                // What belongs to no partition in hand is told of where the generation is live as this is written.
                let isLive = try entries.contains { $0.speaks == nil } && (state ?? Generations.holdState(of: generation.number, session)).isLive
                let told = try Outbox.insert(entries.map { $0.speaking(otherwise: isLive) }, group: group, session)
                try Outbox.forget(entries, among: names, group: group, session)
                return told
            }
        } catch is Stale {
            return nil
        }
    }

    private struct Stale: Error {}

    /// Documents whose time to be tried again has come, leased to the caller.
    package func leaseDeferred(_ generation: GenerationNumber, limit: Int, for duration: Duration) async throws -> [DeferredRecord] {
        try await write { try Deferrals.lease(generation, limit: limit, for: duration, $0) }
    }

    // MARK: the outbox

    /// - Parameter age: since they were written.
    package func unpublishedOutcomes(_ key: PartitionKey, group: String, olderThan age: Duration, limit: Int) async throws -> [Outcome] {
        try await read { try Outbox.unpublished(key, group: group, olderThan: age, limit: limit, $0) }
    }

    /// Lets the log of changes forget what is older than any mirror in use, in bounded steps.
    /// - Returns: how many entries.
    @discardableResult
    package func sweepChanges() async throws -> Int {
        var swept = 0
        while true {
            let count = try await write { try $0.execute(.indexChangeSweep, [.int4(Self.sweptAtOnce)]).affectedCount }
            swept += count
            if count < Self.sweptAtOnce { return swept }
        }
    }

    /// A transaction of some ten milliseconds.
    private static let sweptAtOnce: Int32 = 10_000

    /// Writes down that these outcomes are published, and how far partitions are finished. Should it be lost, both are found out again: the outcomes are
    /// published twice and the records end as they did. The disk is waited for all the same: the broker's offsets mirror what is durable.
    ///
    /// - Throws: `IndexError.fenced` where a position is not where this worker has left it; nothing is written then.
    package func settle(_ outcomes: [Outcome], _ advances: [PositionAdvance], group: String) async throws {
        try await write { session in
            try Outbox.markPublished(outcomes, group: group, session)
            try Positions.settle(advances, group: group, session)
        }
    }

    /// Whether these partitions are still this worker's, at the server it claimed them at: a worker with nothing to write would never know.
    ///
    /// - Parameter idle: those of them in which nothing waits. Retrieval refuses answers where this has not been said for too long.
    /// - Throws: `IndexError.fenced`.
    package func confirm(_ claims: Set<Claim>, idle: Set<Claim> = [], group: String) async throws {
        try await write { session in
            try Positions.hold(claims, group: group, session)
            try Positions.touch(idle, group: group, session)
        }
    }

    // MARK: sessions

    func snapshot<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.snapshot(body)
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withSession(body) }
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        do {
            return try await pool.withConnection { try await $0.withTransaction(body) }
        } catch IndexError.renamed {
            // Names change once in an erasure: the next look is another.
            return try await pool.withConnection { try await $0.withTransaction(body) }
        }
    }
}
