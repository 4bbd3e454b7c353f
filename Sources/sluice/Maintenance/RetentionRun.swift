import Administration
import Contract
import Index
import Kafka
import Transport

/// Publishes the deletion of what is not kept any longer: as its source would, so that every generation, a replay and a rebuilt index see it.
struct RetentionRun {
    /// How long the registrar may stand still while it is waited for.
    private static let patience: Duration = .seconds(30)

    private let store: AdministrationStore
    private let runtime: Runtime
    private let clock: RetentionClock
    private let budget: MaintenanceBudget
    private let countsOnly: Bool
    /// Of every deletion: what becomes of them is told by outcomes with it.
    private let id = DeletionHistory.idPrefix + randomID()
    /// Between the last look and the writing: where a source may come in between.
    private let beforeWriting: @Sendable () async throws -> Void
    /// Between the writing and what follows it: where this process may die.
    private let afterWriting: @Sendable () async throws -> Void

    init(
        _ store: AdministrationStore, _ runtime: Runtime, _ clock: RetentionClock, _ budget: MaintenanceBudget, countsOnly: Bool,
        beforeWriting: @escaping @Sendable () async throws -> Void = {}, afterWriting: @escaping @Sendable () async throws -> Void = {}
    ) {
        (self.store, self.runtime, self.clock, self.budget, self.countsOnly) = (store, runtime, clock, budget, countsOnly)
        (self.beforeWriting, self.afterWriting) = (beforeWriting, afterWriting)
    }

    func run(_ tenants: [TenantRecord], _ progress: (Int) -> Void) async throws -> MaintenanceFinding {
        var topics: RetentionTopics?
        let result: Result<MaintenanceFinding, any Error>
        do { result = .success(try await run(tenants, &topics, progress)) } catch { result = .failure(error) }
        await topics?.close()
        return try result.get()
    }

    private func run(_ tenants: [TenantRecord], _ topics: inout RetentionTopics?, _ progress: (Int) -> Void) async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.retention, DueDocument.Cause.allCases.map(Self.name))
        for tenant in tenants.shuffled() {
            var pending: Set<RecordKey> = []
            if !countsOnly {
                let left = try await store.pendingDeletions(of: tenant)
                if !left.isEmpty { try await settle(left, tenant, through: [:], open(&topics)) }
                pending = Set(left.filter { !isOver($0) }.map(\.key))
            }
            var window = DocumentWindow.first
            while let next = try await store.window(of: tenant, after: window) {
                if budget.isOver { return finding.cut }
                window = next
                var due = try await store.due(tenant, in: window, clock)
                if !due.isEmpty, !countsOnly {
                    let behind: Int
                    (due, behind) = try await delete(tenant, window, due.filter { !pending.contains($0.key) }, open(&topics))
                    if behind > 0 { finding.add(behind, "left for the next run, as the registrar has not come to their partition's end") }
                }
                for document in due { finding.add(1, Self.name(document.cause)) }
                progress(due.count)
            }
        }
        return finding
    }

    /// How long a source's transaction may hold back what stands before a deletion: the brokers' usual limit, and some.
    private static let transactionPatience: Duration = .seconds(3600)

    /// Whether nothing can come to light any more that stands before the deletion.
    private func isOver(_ deletion: PendingDeletion) -> Bool {
        guard let noted = deletion.notedAt else { return true }
        return Timestamp.now.microsecondsSinceEpoch - noted.microsecondsSinceEpoch > Int64(Self.transactionPatience / .microseconds(1))
    }

    /// The broker is asked only where there is something to delete.
    private func open(_ topics: inout RetentionTopics?) throws -> RetentionTopics {
        let opened = if let topics { topics } else { try RetentionTopics(runtime) }
        topics = opened
        return opened
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
        let ends = try await topics.ends(of: found, store)
        let reached = try await reached(ends, topics)
        let keys = Set(found.map(\.key))
        let due = try await store.due(tenant, in: window, clock).filter { keys.contains($0.key) }
        let ready = due.filter { reached.contains(Self.partition($0)) }
        guard !ready.isEmpty else { return ([], due.count) }
        let deletions = ready.compactMap { document in
            ends[Self.partition(document)].map { PendingDeletion(document, incarnation: $0.incarnation, start: $0.offset) }
        }
        try await store.note(deletions, of: tenant)
        try await beforeWriting()
        let tombstones = ready.map(tombstone)
        let written = try await topics.producer.send(tombstones)
        try await afterWriting()
        let places = zip(ready, written).map { (Self.partition($0), $1.offset) }
        try await settle(deletions, tenant, through: Dictionary(places, uniquingKeysWith: max), topics)
        return (ready, due.count - ready.count)
    }

    fileprivate static func partition(_ document: DueDocument) -> KafkaTopicPartition {
        KafkaTopicPartition(topic: document.topic, partition: document.partition)
    }

    /// With the sequence in force it wins over that, and loses to whatever is newer.
    private func tombstone(_ document: DueDocument) -> KafkaMessage {
        let event = SourceEvent(.documentDeleted, document.key, data: nil, sequence: document.sequence, id: id)
        var message = KafkaMessage(event.record(at: .now))
        (message.topic, message.partition) = (document.topic, document.partition)
        return message
    }

    /// The partitions whose end the registrar has come to.
    private func reached(_ ends: [KafkaTopicPartition: PartitionEnd], _ topics: RetentionTopics) async throws -> Set<KafkaTopicPartition> {
        // What transactions leave in a partition is no record, and nobody comes past it.
        var ends = ends
        for (partition, next) in try await behind(ends) where try await topics.isEmpty(partition, from: next) { ends[partition]?.offset = next }
        let left = try await RegistrarWait(patience: Self.patience) { budget.isOver }.run { [ends] in try await behind(ends) }
        return Set(ends.keys.filter { left[$0] == nil })
    }

    /// The partitions whose end the registrar has not come to, and how far it has.
    private func behind(_ ends: [KafkaTopicPartition: PartitionEnd]) async throws -> [KafkaTopicPartition: Int64] {
        var behind: [KafkaTopicPartition: Int64] = [:]
        for incarnation in Set(ends.values.map(\.incarnation)) {
            let applied = try await store.appliedOffsets(group: ConsumerGroups.registrar, incarnation: incarnation)
            for (partition, end) in ends where end.incarnation == incarnation {
                let next = applied[partition.partition] ?? 0
                if next < end.offset { behind[partition] = next }
            }
        }
        return behind
    }

    /// What a source has published between the look and the deletion is published once more, behind it: the newest record of a key is what a topic keeps.
    /// Done again, it changes nothing.
    ///
    /// - Parameter written: where the last deletion of each partition stands, as far as that is known: what a transaction of a source holds back, or a broker
    ///   tells late, is waited for up to there.
    private func settle(
        _ deletions: [PendingDeletion], _ tenant: TenantRecord, through written: [KafkaTopicPartition: Int64], _ topics: RetentionTopics
    ) async throws {
        let present = try await topics.incarnations(of: Set(deletions.map(\.topic)), store)
        for (partition, deletions) in Dictionary(grouping: deletions.filter { present[$0.topic] == $0.incarnation }, by: \.place) {
            // A source may come in between once more.
            var through = written[partition]
            while true {
                let overtaken = try await topics.overtaken(by: deletions, in: partition, through: through)
                if overtaken.isEmpty { break }
                through = try await topics.producer.send(overtaken).map(\.offset).max()
            }
        }
        let over = deletions.filter(isOver)
        if !over.isEmpty { try await store.end(over, of: tenant) }
    }
}

/// Where a partition ended at some moment.
private struct PartitionEnd: Sendable {
    let incarnation: Int32
    var offset: Int64
}

/// The topics that deletions are written to.
private struct RetentionTopics: Sendable {
    private static let (batchRecords, batchBytes, pollMilliseconds) = (1000, 8 << 20, 200)
    private static let patience: Duration = .seconds(10)

    let producer: KafkaProducer
    private let reader: KafkaReader
    private let admin: KafkaAdmin

    init(_ runtime: Runtime) throws {
        admin = try runtime.admin()
        producer = try runtime.clientProducer()
        reader = try runtime.clientReader()
    }

    /// Of the partitions that these documents' records stand in; nothing of those that are no more.
    func ends(of documents: [DueDocument], _ store: AdministrationStore) async throws -> [KafkaTopicPartition: PartitionEnd] {
        let wanted = Set(documents.map(RetentionRun.partition))
        var ends: [KafkaTopicPartition: PartitionEnd] = [:]
        for (topic, incarnation) in try await incarnations(of: Set(wanted.map(\.topic)), store) {
            for (partition, extent) in try await reader.extents(of: topic) where wanted.contains(partition) {
                ends[partition] = PartitionEnd(incarnation: incarnation, offset: extent.upperBound)
            }
        }
        return ends
    }

    /// Of the topics that are there.
    func incarnations(of topics: Set<String>, _ store: AdministrationStore) async throws -> [String: Int32] {
        let present = try await admin.topics()
        var incarnations: [String: Int32] = [:]
        for topic in topics where present[topic] != nil {
            incarnations[topic] = try await store.incarnation(of: topic, on: admin)
        }
        return incarnations
    }

    /// What is newer than these deletions judged, and has something else behind it.
    ///
    /// - Parameter through: read up to there at least; nothing: to the end.
    /// - Throws: `.timedOut` where the topic does not give it: later it will.
    func overtaken(by deletions: [PendingDeletion], in partition: KafkaTopicPartition, through: Int64?) async throws -> [KafkaMessage] {
        guard let start = deletions.map(\.start).min() else { return [] }
        var histories = Dictionary(uniqueKeysWithValues: deletions.map { ($0.key.bytes, DeletionHistory($0)) })
        try await read(partition, from: start, through: through) { record in
            guard let key = record.key else { return }
            histories[key]?.append(record)
        }
        return histories.values.compactMap(\.overtaken).map { KafkaMessage($0) }
    }

    func isEmpty(_ partition: KafkaTopicPartition, from offset: Int64) async throws -> Bool {
        try await !reader.holdsRecord(partition, in: offset..<Int64.max)
    }

    private func read(_ partition: KafkaTopicPartition, from start: Int64, through end: Int64?, _ body: (KafkaRecord) -> Void) async throws {
        try await reader.start(at: [partition: start])
        var (next, last) = (start, ContinuousClock.now)
        while true {
            let poll = try await reader.pollToEnd(maxRecords: Self.batchRecords, maxBytes: Self.batchBytes, timeoutMilliseconds: Self.pollMilliseconds)
            for record in poll.records where record.topicPartition == partition && record.offset >= next {
                body(record)
                (next, last) = (record.offset + 1, .now)
            }
            if poll.isAtEnd, next > end ?? -1 { return }
            guard ContinuousClock.now - last < Self.patience else { throw KafkaError(.timedOut, "the topic gives no records") }
        }
    }

    func close() async {
        await producer.close()
        await reader.close()
    }
}

extension PendingDeletion {
    fileprivate var place: KafkaTopicPartition { KafkaTopicPartition(topic: topic, partition: partition) }
}

extension KafkaMessage {
    /// As it was, to where it was.
    fileprivate init(_ record: KafkaRecord) {
        self.init(
            topic: record.topic, partition: record.partition, timestampMilliseconds: record.timestampMilliseconds, key: record.key, value: record.value,
            headers: record.headers)
    }
}
