import Administration
import Contract
import Index
import Kafka
import Transport

/// The topics that may hold what is erased: what they keep, for how long, and whether it is still there.
struct ErasureTopics: Sendable {
    private static let (batchRecords, batchBytes, pollMilliseconds) = (1000, 8 << 20, 200)
    private static let patience: Duration = .seconds(10)

    let admin: KafkaAdmin
    /// On the broker, with their partitions.
    let present: [String: Int]
    private let runtime: Runtime

    init(_ runtime: Runtime) async throws {
        self.runtime = runtime
        admin = try KafkaAdmin(configuration: runtime.kafka(clientID: "sluice-client"))
        present = try await admin.topics()
    }

    /// Everybody's topic and the tenant's own, as far as they are there.
    func named(_ topic: InputTopic, _ tenant: TenantID) -> [String] {
        [InputTopicName(topic), InputTopicName(topic, tenant: tenant)].map(\.description).filter { present[$0] != nil }
    }

    /// The topics that keep everything for a time, of which nothing can be taken out: questions, answers, outcomes, and what was redriven.
    func kept(_ tenant: TenantID) -> [String] {
        let own = [Topics.results(of: tenant), Topics.status(of: tenant)].filter { present[$0] != nil }
        return named(.queries, tenant) + own + [InputTopic.redrive.rawValue].filter { present[$0] != nil }
    }

    func retention(of topic: String) async throws -> TopicRetention { TopicRetention(config: try await admin.describeConfig(topic: topic)) }

    /// Notes what the topic keeps after now.
    func noteKept(_ topic: String, _ receipt: inout ErasureReceipt, count: Int? = nil) async throws {
        let place = "topic \(topic)"
        if let date = try await retention(of: topic).records(before: .now) {
            receipt.note(place, .goneBy(date), count: count, note: "retention")
        } else {
            receipt.note(place, .failed, count: count, note: "it keeps its records for good: set retention.ms")
        }
    }

    /// Notes what a compacted topic keeps after now.
    ///
    /// - Parameter hasTombstones: their keys name what was erased.
    func noteCompacted(_ topic: String, _ receipt: inout ErasureReceipt, hasTombstones: Bool) async throws {
        let retention = try await retention(of: topic)
        var ends = [(Self.place(topic), retention.superseded(at: .now))]
        if hasTombstones { ends.append((Self.tombstonePlace(topic), retention.tombstone(at: .now))) }
        for (place, date) in ends {
            if let date {
                receipt.note(place, .goneBy(date), note: "compaction")
            } else {
                receipt.note(place, .failed, note: "compaction has no date here: set max.compaction.lag.ms")
            }
        }
    }

    static func place(_ topic: String) -> String { "topic \(topic)" }
    static func tombstonePlace(_ topic: String) -> String { "topic \(topic), keys of tombstones" }

    // MARK: looking

    /// Hands over every record of a topic.
    func scan(_ topic: String, _ body: (InboundRecord) throws -> Void) async throws {
        try await withReader { reader in
            let extents = try await reader.extents(of: topic)
            var bar = LateProgressBar("read \(topic)", total: extents.values.reduce(0) { $0 + $1.count })
            for (partition, extent) in extents.sorted(by: { $0.key.partition < $1.key.partition }) where !extent.isEmpty {
                try await Self.read(partition, from: extent.lowerBound, atOnce: Self.batchRecords, reader) { records in
                    for record in records { try body(InboundRecord(record)) }
                    bar.advance(by: records.count)
                    return true
                }
            }
            bar.finish()
        }
    }

    /// What stands on a topic of some keys.
    func standing(on topic: String, where isErased: @escaping ([UInt8]) -> Bool) async throws -> StandingKeys {
        var keys = StandingKeys(topic, where: isErased)
        try await scan(topic) { keys.note($0) }
        return keys
    }

    /// Whether everything from before a moment has gone from a topic that keeps records for a time.
    func isNewer(_ topic: String, than moment: Timestamp) async throws -> Bool {
        try await withReader { reader in
            var isNewer = true
            for (partition, extent) in try await reader.extents(of: topic) where isNewer && !extent.isEmpty {
                try await Self.read(partition, from: extent.lowerBound, atOnce: 1, reader) { records in
                    guard let first = records.first else { return true }
                    isNewer = first.timestampMilliseconds * 1000 > moment.microsecondsSinceEpoch
                    return false
                }
            }
            return isNewer
        }
    }

    /// Reads a partition to its end, or until `body` has seen enough.
    ///
    /// - Parameter body: handed records as they come; returns whether to go on.
    /// - Throws: `KafkaError.timedOut` where none comes: nobody may take what was not read for what is not there.
    private static func read(
        _ partition: KafkaTopicPartition, from offset: Int64, atOnce maxRecords: Int, _ reader: KafkaReader, _ body: ([KafkaRecord]) throws -> Bool
    ) async throws {
        try await reader.start(at: [partition: offset])
        var last = ContinuousClock.now
        while true {
            let poll = try await reader.pollToEnd(maxRecords: maxRecords, maxBytes: batchBytes, timeoutMilliseconds: pollMilliseconds)
            guard try body(poll.records), !poll.isAtEnd else { return }
            if !poll.records.isEmpty { last = .now }
            guard .now - last < patience else { throw KafkaError(.timedOut, "the topic gives no records") }
        }
    }

    private func withReader<Result>(_ body: (KafkaReader) async throws -> Result) async throws -> Result {
        let reader = try runtime.clientReader()
        do {
            let result = try await body(reader)
            await reader.close()
            return result
        } catch {
            await reader.close()
            throw error
        }
    }
}
