import Contract
import Index
import Kafka
import Threads

/// How far the partitions reach that carry a tenant's documents.
struct PartitionEnds: Sendable {
    private let reader: KafkaReader
    private let kit: IngestionService.Kit

    /// Past an end that a broker tells, no further than this: what comes after is newer than the question.
    private static let (pollRecords, pollBytes, pollMilliseconds) = (500, 9 << 20, 200)

    private static let patience = Duration.seconds(10)

    static func with<Result: Sendable>(_ kit: IngestionService.Kit, _ body: (PartitionEnds) async throws -> Result) async throws -> Result {
        let ends = PartitionEnds(reader: try KafkaReader(configuration: kit.kafka, log: kit.log.kafka), kit: kit)
        do {
            let result = try await body(ends)
            await ends.reader.close()
            return result
        } catch {
            await ends.reader.close()
            throw error
        }
    }

    /// Of each partition, behind its last record as of now: the offset that comes next, or an earlier one behind which there is none.
    func ends(of tenant: TenantID) async throws -> [PartitionKey: Int64] {
        var ends: [PartitionKey: Int64] = [:]
        for (key, partition) in try await partitions(of: tenant) {
            let told = try await reader.extents(of: partition.topic)[partition]?.upperBound ?? 0
            // The embedded broker's figure is too low by what its last batch holds but for one.
            ends[key] = max(told, try await records(of: partition, from: told).last.map { $0 + 1 } ?? 0)
        }
        return ends
    }

    /// Ends that are left to be reached, but for those behind which there is nothing: markers of transactions, or what was deleted or compacted away,
    /// take up offsets that nobody reads.
    ///
    /// - Parameters:
    ///   - lags: of all partitions that are behind.
    ///   - still: of these, which have not moved for a while.
    /// - Returns: nothing where all of them hold something; the present ends where a topic is another one than it was.
    func withoutEmpty(
        _ lags: [PartitionKey: PartitionLag], _ still: [PartitionKey: PartitionLag], of tenant: TenantID
    ) async throws -> [PartitionKey: Int64]? {
        let partitions = try await partitions(of: tenant)
        guard lags.keys.allSatisfy({ partitions[$0] != nil }) else { return try await ends(of: tenant) }
        var ends = lags.mapValues(\.end)
        for (key, lag) in still {
            guard let partition = partitions[key] else { continue }
            if try await !reader.holdsRecord(partition, in: lag.applied..<lag.end) { ends[key] = lag.applied }
        }
        return ends == lags.mapValues(\.end) ? nil : ends
    }

    private func partitions(of tenant: TenantID) async throws -> [PartitionKey: KafkaTopicPartition] {
        let names = [InputTopicName(.documents), InputTopicName(.documents, tenant: tenant)].map(\.description)
        let counts = try await kit.admin.topics().filter { names.contains($0.key) }
        let ids = try await kit.admin.topicIDs(of: counts.keys.sorted())
        var partitions: [PartitionKey: KafkaTopicPartition] = [:]
        for (topic, count) in counts {
            let incarnation = try await kit.store.incarnation(topic: topic, brokerID: ids[topic] ?? "")
            for partition in 0..<Int32(count) {
                partitions[PartitionKey(incarnation: incarnation, partition: partition)] = KafkaTopicPartition(topic: topic, partition: partition)
            }
        }
        return partitions
    }

    /// The offsets of a partition's records, up to its end or to some more than were asked for.
    ///
    /// - Throws: `.timedOut` where the broker gives neither records nor the end.
    private func records(of partition: KafkaTopicPartition, from offset: Int64) async throws -> [Int64] {
        try await reader.start(at: [partition: offset])
        var offsets: [Int64] = []
        let deadline = Deadline.after(Self.patience)
        while offsets.count < Self.pollRecords {
            let poll = try await reader.pollToEnd(maxRecords: Self.pollRecords, maxBytes: Self.pollBytes, timeoutMilliseconds: Self.pollMilliseconds)
            offsets += poll.records.lazy.filter { $0.topicPartition == partition && $0.offset >= offset }.map(\.offset)
            if poll.isAtEnd { break }
            if deadline.hasPassed { throw KafkaError(.timedOut, "the end of a partition was not reached in time") }
        }
        return offsets
    }
}
