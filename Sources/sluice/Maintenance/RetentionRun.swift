import Administration
import Contract
import Index
import Kafka
import Transport

/// Publishes the deletion of what is not kept any longer: as its source would, so that every generation, a replay and a rebuilt index see it.
struct RetentionRun {
    private static let pollInterval: Duration = .milliseconds(100)
    /// How long the registrar may stand still while it is waited for.
    private static let patience: Duration = .seconds(30)

    private let store: AdministrationStore
    private let runtime: Runtime
    private let clock: RetentionClock
    private let budget: MaintenanceBudget
    private let countsOnly: Bool
    /// Of every deletion: what becomes of them is told by outcomes with it.
    private let id = "retention-\(randomID())"

    init(_ store: AdministrationStore, _ runtime: Runtime, _ clock: RetentionClock, _ budget: MaintenanceBudget, countsOnly: Bool) {
        (self.store, self.runtime, self.clock, self.budget, self.countsOnly) = (store, runtime, clock, budget, countsOnly)
    }

    func run(_ tenants: [TenantRecord], _ progress: (Int) -> Void) async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.retention, DueDocument.Cause.allCases.map(Self.name))
        var topics: RetentionTopics?
        do {
            for tenant in tenants.shuffled() {
                var window = DocumentWindow.first
                while let next = try await store.window(of: tenant, after: window) {
                    if budget.isOver {
                        await topics?.close()
                        return finding.cut
                    }
                    window = next
                    var due = try await store.due(tenant, in: window, clock)
                    if !due.isEmpty, !countsOnly {
                        let opened: RetentionTopics
                        if let topics { opened = topics } else { opened = try await RetentionTopics(runtime) }
                        topics = opened
                        let behind: Int
                        (due, behind) = try await delete(tenant, window, due, opened)
                        if behind > 0 { finding.add(behind, "left for the next run, as the registrar is behind") }
                    }
                    for document in due { finding.add(1, Self.name(document.cause)) }
                    progress(due.count)
                }
            }
        } catch {
            await topics?.close()
            throw error
        }
        await topics?.close()
        return finding
    }

    private static func name(_ cause: DueDocument.Cause) -> String {
        switch cause {
        case .expired: "deleted as expired"
        case .age: "deleted for their age"
        case .unseen: "deleted as unseen"
        }
    }

    /// Nothing is deleted for what it was before: the registrar first comes to what has been published until now.
    ///
    /// - Returns: those deleted, and how many stay since the registrar did not come to their partitions' ends.
    private func delete(
        _ tenant: TenantRecord, _ window: DocumentWindow, _ found: [DueDocument], _ topics: RetentionTopics
    ) async throws -> (deleted: [DueDocument], behind: Int) {
        let ends = try await topics.ends(of: Set(found.map(\.topic)))
        let reached = try await reached(ends, found, topics)
        let due = try await store.due(tenant, in: window, clock)
        let ready = due.filter { reached.contains(Self.partition($0)) }
        guard !ready.isEmpty else { return ([], due.count) }
        let messages = ready.map { tombstone($0, topics) }
        let written = try await topics.producer.send(messages)
        let places = zip(ready, written).map { (document: $0, offset: $1.offset) }
        try await restore(Dictionary(grouping: places) { Self.partition($0.document) }, from: ends, topics)
        return (ready, due.count - ready.count)
    }

    private static func partition(_ document: DueDocument) -> KafkaTopicPartition {
        KafkaTopicPartition(topic: document.topic, partition: document.partition)
    }

    /// With the sequence in force it wins over that, and loses to whatever is newer.
    private func tombstone(_ document: DueDocument, _ topics: RetentionTopics) -> KafkaMessage {
        let event = SourceEvent(.documentDeleted, document.key, data: nil, sequence: document.sequence, id: id)
        var message = KafkaMessage(event.record(at: .now))
        (message.topic, message.partition) = (document.topic, document.partition)
        return message
    }

    /// The partitions whose end the registrar has come to.
    private func reached(
        _ ends: [KafkaTopicPartition: Int64], _ documents: [DueDocument], _ topics: RetentionTopics
    ) async throws -> Set<KafkaTopicPartition> {
        let wanted = Dictionary(documents.map { (Self.partition($0), $0.incarnation) }) { max($0, $1) }
        var (last, progress) = ([:] as [KafkaTopicPartition: Int64], ContinuousClock.now)
        while true {
            var behind: [KafkaTopicPartition: Int64] = [:]
            for incarnation in Set(wanted.values) {
                let applied = try await store.appliedOffsets(group: ConsumerGroups.registrar, incarnation: incarnation)
                for (partition, number) in wanted where number == incarnation {
                    // A partition that is no more has nobody's newest record.
                    guard let end = ends[partition] else { continue }
                    let left = end - (applied[partition.partition] ?? 0)
                    if left > 0 { behind[partition] = left }
                }
            }
            if behind != last { (last, progress) = (behind, .now) }
            if behind.isEmpty || budget.isOver || .now - progress >= Self.patience {
                return Set(wanted.keys.filter { ends[$0] != nil && behind[$0] == nil })
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// What a source has published between the look and the deletion is published once more, behind it: the newest record of a key is what a topic keeps.
    private func restore(
        _ places: [KafkaTopicPartition: [(document: DueDocument, offset: Int64)]], from ends: [KafkaTopicPartition: Int64], _ topics: RetentionTopics
    ) async throws {
        for (partition, places) in places {
            let deletions = Dictionary(places.map { ($0.document.key.bytes, $0) }) { $0.offset > $1.offset ? $0 : $1 }
            guard let start = ends[partition], let last = deletions.values.map(\.offset).max(), let topic = InputTopicName(partition.topic) else { continue }
            var overtaken: [[UInt8]: KafkaMessage] = [:]
            try await topics.read(partition, start..<max(start, last)) { record in
                guard let key = record.key, record.value != nil, let deletion = deletions[key], record.offset < deletion.offset,
                    case .event(let event) = EventDecoder.decode(InboundRecord(record), on: topic, isRegistered: { _ in true }),
                    deletion.document.isOlder(than: event.sequence, at: record.offset)
                else { return }
                overtaken[key] = KafkaMessage(record)
            }
            if !overtaken.isEmpty { _ = try await topics.producer.send(Array(overtaken.values)) }
        }
    }
}

/// The topics that deletions are written to.
private struct RetentionTopics: Sendable {
    private static let (batchRecords, batchBytes, pollMilliseconds) = (1000, 8 << 20, 200)
    private static let patience: Duration = .seconds(10)

    let producer: KafkaProducer
    private let reader: KafkaReader
    private let present: Set<String>

    init(_ runtime: Runtime) async throws {
        present = Set(try await runtime.admin().topics().keys)
        producer = try runtime.clientProducer()
        reader = try runtime.clientReader()
    }

    func ends(of topics: Set<String>) async throws -> [KafkaTopicPartition: Int64] {
        var ends: [KafkaTopicPartition: Int64] = [:]
        for topic in topics.intersection(present) {
            for (partition, extent) in try await reader.extents(of: topic) { ends[partition] = extent.upperBound }
        }
        return ends
    }

    func read(_ partition: KafkaTopicPartition, _ offsets: Range<Int64>, _ body: (KafkaRecord) -> Void) async throws {
        try await reader.start(at: [partition: offsets.lowerBound])
        var (next, last) = (offsets.lowerBound, ContinuousClock.now)
        while next < offsets.upperBound {
            let poll = try await reader.pollToEnd(maxRecords: Self.batchRecords, maxBytes: Self.batchBytes, timeoutMilliseconds: Self.pollMilliseconds)
            for record in poll.records where offsets.contains(record.offset) { body(record) }
            if let record = poll.records.last { (next, last) = (record.offset + 1, .now) }
            if poll.isAtEnd { return }
            guard ContinuousClock.now - last < Self.patience else { throw KafkaError(.timedOut, "the topic gives no records") }
        }
    }

    func close() async {
        await producer.close()
        await reader.close()
    }
}

extension KafkaMessage {
    /// As it was, to where it was.
    fileprivate init(_ record: KafkaRecord) {
        self.init(
            topic: record.topic, partition: record.partition, timestampMilliseconds: record.timestampMilliseconds, key: record.key, value: record.value,
            headers: record.headers)
    }
}
