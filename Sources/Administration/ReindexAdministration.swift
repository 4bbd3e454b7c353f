import Contract
import Index
import Kafka

/// Where a reindex begins.
package enum ReindexStart: Sendable, Hashable {
    case beginning
    /// By topic and partition; others at their beginning.
    case offsets([KafkaTopicPartition: Int64])
}

/// What a reindex would read.
package struct ReindexPlan: Sendable {
    package struct Gap: Sendable, Hashable {
        package let partition: KafkaTopicPartition
        /// The first offset that is there.
        package let first: Int64
        /// What was asked for.
        package let wanted: Int64
    }

    package let extents: [PartitionExtent]
    /// Nothing: at each partition's beginning.
    package let start: [PartitionKey: Int64]?
    /// Where the topic's retention has taken what was asked for.
    package let gaps: [Gap]
    package let records: Int64
    /// Of the live generation.
    package let documents: Int64
    package let chunks: Int64
}

/// Fills generations from the topics.
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
    /// - Throws: `AdministrationError.noDocumentTopics`, `.noSuchPartition`.
    package func plan(from start: ReindexStart) async throws -> ReindexPlan {
        let topics = try await admin.topics().keys.filter { InputTopicName($0)?.topic == .documents }.sorted()
        guard !topics.isEmpty else { throw AdministrationError.noDocumentTopics }
        var (extents, starts, gaps): ([PartitionExtent], [PartitionKey: Int64], [ReindexPlan.Gap]) = ([], [:], [])
        var wanted: [KafkaTopicPartition: Int64] = [:]
        if case .offsets(let offsets) = start { wanted = offsets }
        for topic in topics {
            let incarnation = try await store.incarnation(topic: topic, brokerID: try await admin.topicID(of: topic) ?? "")
            for (partition, offsets) in try await reader.extents(of: topic).sorted(by: { $0.key.partition < $1.key.partition }) {
                let key = PartitionKey(incarnation: incarnation, partition: partition.partition)
                let from = wanted.removeValue(forKey: partition) ?? 0
                if from < offsets.lowerBound, !offsets.isEmpty || offsets.lowerBound > 0 {
                    gaps.append(.init(partition: partition, first: offsets.lowerBound, wanted: from))
                }
                extents.append(PartitionExtent(key: key, offsets: min(max(from, offsets.lowerBound), offsets.upperBound)..<offsets.upperBound))
                starts[key] = from
            }
        }
        if let unknown = wanted.keys.min(by: { ($0.topic, $0.partition) < ($1.topic, $1.partition) }) {
            throw AdministrationError.noSuchPartition("\(unknown.topic)/\(unknown.partition)")
        }
        var (documents, chunks): (Int64, Int64) = (0, 0)
        if let live = try await store.generations().first(where: { $0.state == .live }) {
            for counts in try await store.counts(of: live.generation.number).values {
                documents += counts.documents
                chunks += counts.chunks
            }
        }
        return ReindexPlan(
            extents: extents, start: start == .beginning ? nil : starts, gaps: gaps, records: extents.reduce(0) { $0 + Int64($1.offsets.count) },
            documents: documents, chunks: chunks)
    }

    /// - Throws: `AdministrationError.reindexRuns`, `.generationHasBegun` where it is to begin elsewhere than it has.
    package func start(_ plan: ReindexPlan, into generation: Generation, rate: Int?) async throws {
        if plan.start != nil, try await store.hasBegun(generation) { throw AdministrationError.generationHasBegun(generation.name) }
        let number = try await store.startReindex(into: generation, rate: rate, documents: plan.documents, extents: plan.extents, start: plan.start)
        guard number != nil else { throw AdministrationError.reindexRuns(generation.name) }
    }

    package func list() async throws -> [Reindex] { try await store.reindexes() }

    package func running(into generation: GenerationNumber) async throws -> Reindex? {
        try await store.reindexes().first { $0.generation == generation && $0.finishedAt == nil }
    }

    package func cancel(_ reindex: Reindex) async throws -> Bool { try await store.cancelReindex(reindex) }
}
