import Contract
import Index
import Kafka

/// What the database and the broker know of dead letters beside the letters themselves.
package struct DeadLetterAdministration: Sendable {
    package static let topic = Topics.deadLetters

    /// Marks of one transaction: far from what a statement may take, and a lock that others wait for is soon free.
    private static let marksTogether = 10_000

    private let store: AdministrationStore
    private let admin: KafkaAdmin

    package init(store: AdministrationStore, admin: KafkaAdmin) {
        self.store = store
        self.admin = admin
    }

    /// The number of the dead-letter topic as it is now: marks are of one incarnation.
    package func incarnation() async throws -> Int32 { try await incarnation(of: Self.topic) }

    /// - Parameter offsets: of each partition, the first offset that matters.
    package func marks(incarnation: Int32, from offsets: [Int32: Int64]) async throws -> [LetterID: LetterMark] {
        try await store.marks(incarnation: incarnation, from: offsets)
    }

    /// Marks letters and tells the audit log how they were chosen.
    package func mark(_ letters: [LetterID], as mark: LetterMark, incarnation: Int32, filter: LetterFilter) async throws {
        for start in stride(from: 0, to: letters.count, by: Self.marksTogether) {
            let some = Array(letters[start..<min(start + Self.marksTogether, letters.count)])
            try await store.mark(some, as: mark, incarnation: incarnation, tenant: filter.tenant, detail: filter.detail)
        }
    }

    // MARK: redriving

    /// What redriving these letters would do. A topic that the database has never seen is numbered, where the broker has it.
    package func plan(_ letters: [Letter]) async throws -> RedrivePlan {
        let topics = Set(letters.compactMap(\.errors?.position.topic).filter { InputTopicName($0)?.topic.isRedriven == true })
        var known = try await store.incarnations(of: topics)
        let unseen = topics.subtracting(known.keys)
        if !unseen.isEmpty {
            let present = try await admin.topics()
            for topic in unseen where present[topic] != nil { _ = try await incarnation(of: topic) }
            known = try await store.incarnations(of: topics)
        }
        return RedrivePlan(letters, incarnations: known)
    }

    /// Tenants of a plan that are not registered: what goes back for them is buried again.
    package func unregistered(_ plan: RedrivePlan) async throws -> [TenantID] {
        plan.tenants.subtracting(try await store.tenants()).sorted { $0.text < $1.text }
    }

    /// The number of the redrive topic.
    /// - Throws: `KafkaError.unknownTopic`.
    package func redriveIncarnation() async throws -> Int32 { try await incarnation(of: InputTopic.redrive.rawValue) }

    /// How many of these records of the redrive topic's partitions the registrar has yet to pass.
    ///
    /// - Parameter ends: by partition, the last offset that matters.
    package func partitionsBehind(_ ends: [Int32: Int64], incarnation: Int32) async throws -> [Int32: Int64] {
        let reached = try await store.appliedOffsets(group: ConsumerGroups.registrar, incarnation: incarnation)
        return ends.reduce(into: [:]) { behind, end in
            let left = end.value + 1 - (reached[end.key] ?? 0)
            if left > 0 { behind[end.key] = left }
        }
    }

    // MARK: purging

    /// Where the first letter that is not marked stands in each partition, where marked ones stand before it.
    ///
    /// - Parameter extents: what each partition holds.
    package static func markedPrefixes(_ extents: [Int32: Range<Int64>], _ marks: [LetterID: LetterMark]) -> [Int32: Int64] {
        extents.reduce(into: [:]) { ends, extent in
            var end = extent.value.lowerBound
            while marks[LetterID(partition: extent.key, offset: end)] != nil { end += 1 }
            if end > extent.value.lowerBound { ends[extent.key] = end }
        }
    }

    /// Asks the broker to delete what is marked at the beginning of each partition, and tells the audit log.
    package func deleteMarked(_ extents: [Int32: Range<Int64>], incarnation: Int32) async throws -> (deletion: KafkaAdmin.Deletion, letters: Int) {
        let marks = try await store.marks(incarnation: incarnation, from: extents.mapValues(\.lowerBound))
        let ends = Self.markedPrefixes(extents, marks)
        let letters = ends.reduce(0) { $0 + Int($1.value - (extents[$1.key]?.lowerBound ?? 0)) }
        guard letters > 0 else { return (.deleted, 0) }
        let offsets = ends.map { (KafkaTopicPartition(topic: Self.topic, partition: $0.key), $0.value) }
        let deletion = try await admin.deleteRecords(before: Dictionary(uniqueKeysWithValues: offsets))
        if deletion == .deleted {
            let before: [String: JSON] = ends.reduce(into: [:]) { $0[String($1.key)] = .number(Int($1.value)) }
            try await store.record(.deadLetterPurge, tenant: nil, detail: ["deletedBefore": .object(before)])
        }
        return (deletion, letters)
    }

    private func incarnation(of topic: String) async throws -> Int32 {
        try await store.incarnation(of: topic, on: admin)
    }
}
