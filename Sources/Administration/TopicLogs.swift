import Index
import Kafka

/// What of the topics can still be read: of what was in a topic that is gone, or has gone from one, nobody comes to the end.
package struct TopicLogs: Sendable {
    private let store: AdministrationStore
    private let admin: KafkaAdmin
    private let reader: KafkaReader

    package init(store: AdministrationStore, admin: KafkaAdmin, reader: KafkaReader) {
        self.store = store
        self.admin = admin
        self.reader = reader
    }

    /// Those of some parts of partitions in which there is nothing left to be read.
    ///
    /// - Throws: `KafkaError` where the broker does not say.
    package func empty(among parts: [PartitionBehind]) async throws -> [PartitionBehind] {
        guard !parts.isEmpty else { return [] }
        let present = try await admin.topics()
        var incarnations: [String: Int32] = [:]
        for topic in Set(parts.map(\.topic)) where present[topic] != nil { incarnations[topic] = try await store.incarnation(of: topic, on: admin) }
        var empty: [PartitionBehind] = []
        for part in parts {
            let place = KafkaTopicPartition(topic: part.topic, partition: part.key.partition)
            if incarnations[part.topic] == part.key.incarnation, try await reader.holdsRecord(place, in: part.offsets) { continue }
            empty.append(part)
        }
        return empty
    }

    /// Ends the wait of reindexes for what cannot be read any more.
    ///
    /// - Parameter still: looks at these alone, which were open a while ago.
    /// - Returns: what is open now.
    @discardableResult
    package func closeWatermarks(_ still: Set<OpenWatermark>? = nil) async throws -> Set<OpenWatermark> {
        let open = try await store.openWatermarks()
        let looked = open.filter { still?.contains($0) ?? true }
        let empty = Set(try await empty(among: looked.map(\.left)))
        if !empty.isEmpty { try await store.close(looked.filter { empty.contains($0.left) }) }
        return Set(open)
    }
}
