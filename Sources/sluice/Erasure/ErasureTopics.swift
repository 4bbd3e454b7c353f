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
                try await reader.start(at: [partition: extent.lowerBound])
                var (isAtEnd, last) = (false, ContinuousClock.now)
                while !isAtEnd {
                    let poll = try await reader.pollToEnd(
                        maxRecords: Self.batchRecords, maxBytes: Self.batchBytes, timeoutMilliseconds: Self.pollMilliseconds)
                    for record in poll.records { try body(InboundRecord(record)) }
                    bar.advance(by: poll.records.count)
                    if !poll.records.isEmpty { last = .now }
                    isAtEnd = poll.isAtEnd
                    guard ContinuousClock.now - last < Self.patience else { throw KafkaError(.timedOut, "the topic gives no records") }
                }
            }
            bar.finish()
        }
    }

    /// Whether everything from before a moment has gone from a topic that keeps records for a time.
    func isNewer(_ topic: String, than moment: Timestamp) async throws -> Bool {
        try await withReader { reader in
            for (partition, extent) in try await reader.extents(of: topic) where !extent.isEmpty {
                try await reader.start(at: [partition: extent.lowerBound])
                let deadline = ContinuousClock.now + Self.patience
                while ContinuousClock.now < deadline {
                    let poll = try await reader.pollToEnd(maxRecords: 1, maxBytes: Self.batchBytes, timeoutMilliseconds: Self.pollMilliseconds)
                    if let first = poll.records.first, first.timestampMilliseconds * 1000 <= moment.microsecondsSinceEpoch { return false }
                    if poll.isAtEnd || !poll.records.isEmpty { break }
                }
            }
            return true
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
