import Contract
import Index
import Kafka

/// Where a reindex begins.
package enum ReindexStart: Sendable, Hashable {
    case beginning
    /// With what was published then, and since.
    case time(Timestamp)
    /// By topic and partition; others at their beginning.
    case offsets([KafkaTopicPartition: Int64])
}

/// What a generation is made of.
package enum ReindexSource: Sendable, Hashable {
    case topics(ReindexStart)
    /// The texts that the live generation has stored, and the topics from where that has come to.
    case stored
}

/// What a reindex would read.
package struct ReindexPlan: Sendable {
    package struct Gap: Sendable, Hashable {
        package let partition: KafkaTopicPartition
        /// The first offset that is there.
        package let first: Int64
        /// What was asked for; nothing: the first one of a time.
        package let wanted: Int64?
    }

    package let extents: [PartitionExtent]
    /// Nothing: at each partition's beginning, or where the source has come to.
    package let start: [PartitionKey: Int64]?
    /// Where the topic's retention has taken what was asked for.
    package let gaps: [Gap]
    package let records: Int64
    /// Whose texts are taken.
    package let source: Generation?
    /// Of the live generation: of the tenant, where one was named.
    package let documents: Int64
    package let chunks: Int64
    /// That as many documents take up in the database so far, and what the database takes up.
    package let bytes: Int64
    package let databaseBytes: Int64
}

/// Fills generations from the topics, or from stored texts.
package struct ReindexAdministration: Sendable {
    private let store: AdministrationStore
    private let admin: KafkaAdmin
    private let reader: KafkaReader

    package init(store: AdministrationStore, admin: KafkaAdmin, reader: KafkaReader) {
        self.store = store
        self.admin = admin
        self.reader = reader
    }

    /// Looks at every topic that carries documents, and at what the live generation holds.
    ///
    /// - Parameter tenant: whose documents alone are wanted.
    /// - Throws: `AdministrationError.noDocumentTopics`, `.noSuchPartition`, `.noLiveGeneration`, `.unknownTenant`.
    package func plan(_ source: ReindexSource, tenant: TenantID?) async throws -> ReindexPlan {
        if let tenant, try await !store.tenants().contains(tenant) { throw AdministrationError.unknownTenant }
        let live = try await store.generations().first { $0.state == .live }?.generation
        if source == .stored, live == nil { throw AdministrationError.noLiveGeneration }
        let topics = try await admin.topics().keys.filter { InputTopicName($0)?.topic == .documents }.sorted()
        guard !topics.isEmpty else { throw AdministrationError.noDocumentTopics }
        var (extents, starts, gaps): ([PartitionExtent], [PartitionKey: Int64], [ReindexPlan.Gap]) = ([], [:], [])
        var wanted: [KafkaTopicPartition: Int64] = [:]
        if case .topics(.offsets(let offsets)) = source { wanted = offsets }
        for topic in topics {
            let incarnation = try await store.incarnation(of: topic, on: admin)
            let present = try await reader.extents(of: topic).sorted { $0.key.partition < $1.key.partition }
            var begins: [Int32: Int64] = [:]
            switch source {
            case .stored: begins = try await store.appliedOffsets(group: live?.group ?? "", incarnation: incarnation)
            case .topics(.time(let time)): begins = try await reader.offsets(of: topic, since: time.microsecondsSinceEpoch / 1000)
            case .topics(.offsets): for (partition, _) in present { begins[partition.partition] = wanted.removeValue(forKey: partition) }
            case .topics(.beginning): break
            }
            for (partition, offsets) in present {
                let key = PartitionKey(incarnation: incarnation, partition: partition.partition)
                let from = begins[partition.partition] ?? 0
                if case .topics(.time) = source {
                    // The first that is there was published since: nobody knows what was before it.
                    if from == offsets.lowerBound, from > 0 { gaps.append(.init(partition: partition, first: from, wanted: nil)) }
                } else if from < offsets.lowerBound, !offsets.isEmpty || offsets.lowerBound > 0 {
                    gaps.append(.init(partition: partition, first: offsets.lowerBound, wanted: from))
                }
                extents.append(PartitionExtent(key: key, offsets: min(max(from, offsets.lowerBound), offsets.upperBound)..<offsets.upperBound))
                starts[key] = from
            }
        }
        if let unknown = wanted.keys.min(by: { ($0.topic, $0.partition) < ($1.topic, $1.partition) }) {
            throw AdministrationError.noSuchPartition("\(unknown.topic)/\(unknown.partition)")
        }
        var counts: [TenantID: GenerationCounts] = [:]
        if let live { counts = try await store.counts(of: live.number) }
        let documents = counts.filter { tenant == nil || $0.key == tenant }.values
        let (storage, count) = (try await store.storage(), documents.reduce(0) { $0 + $1.documents })
        return ReindexPlan(
            extents: extents, start: source == .topics(.beginning) ? nil : starts, gaps: gaps,
            records: extents.reduce(0) { $0 + Int64($1.offsets.count) }, source: source == .stored ? live : nil,
            documents: count, chunks: documents.reduce(0) { $0 + $1.chunks },
            bytes: Int64(Double(storage.bytes) * Double(count) / Double(max(storage.documents, 1))), databaseBytes: storage.database)
    }

    /// - Parameter begins: where in the topics, as it was asked for; nothing: where they do.
    /// - Throws: `AdministrationError.reindexRuns`; `.generationHasBegun` and `.generationBeganLate` where it is to begin elsewhere than it has.
    package func start(_ plan: ReindexPlan, begins: String?, into generation: GenerationOverview, rate: Int?, reason: String?) async throws {
        let target = generation.generation
        if plan.source == nil {
            switch (try await store.beginning(of: target), plan.start) {
            case (.late, nil): throw AdministrationError.generationBeganLate(target.name)
            case (.regular, .some), (.late, .some): throw AdministrationError.generationHasBegun(target.name)
            case (.nowhere, _), (.regular, nil): break
            }
        }
        let order = ReindexOrder(
            extents: plan.extents, start: plan.start, begins: begins, rate: rate, documents: plan.documents, source: plan.source, reason: reason)
        guard try await store.startReindex(into: target, tenant: generation.onlyTenant, order) != nil else {
            throw AdministrationError.reindexRuns(target.name)
        }
    }

    package func list() async throws -> [Reindex] { try await store.reindexes() }

    package var logs: TopicLogs { TopicLogs(store: store, admin: admin, reader: reader) }

    package func running(into generation: GenerationNumber) async throws -> Reindex? {
        try await store.reindexes().first { $0.generation == generation && $0.finishedAt == nil }
    }

    package func cancel(_ reindex: Reindex) async throws -> Bool { try await store.cancelReindex(reindex) }
}
