import Contract
import Kafka
import Transport

/// Publishes events, and waits for what becomes of them.
struct EventPublisher {
    /// A document may wait for many before it; what matters is that something moves.
    static let patience: Duration = .seconds(60)
    private static let pollMilliseconds = 200

    private let producer: KafkaProducer
    /// `nil` where nobody waits for outcomes.
    private let reader: KafkaReader?
    private(set) var pending: PendingOutcomes

    /// - Parameters:
    ///   - tenants: whose outcomes are waited for; those that were written before are not read.
    ///   - countsDeferred: whether a document that waits is waited for no longer.
    /// - Throws: `ClientError` where one is not registered; `KafkaError`.
    init(_ runtime: Runtime, awaiting tenants: [TenantID], countsDeferred: Bool = false) async throws {
        pending = PendingOutcomes(countsDeferred: countsDeferred)
        producer = try runtime.clientProducer()
        reader = tenants.isEmpty ? nil : try runtime.clientReader()
        try await reader?.startAtEnd(ofEach: tenants, Topics.status)
    }

    /// Writes the events in order and returns, once all are acknowledged, where they stand.
    @discardableResult
    mutating func publish(_ events: [SourceEvent]) async throws -> [RecordPosition] {
        let now = Timestamp.now
        return try await publish(events.map { $0.record(at: now) })
    }

    /// Writes the end of a snapshot: of all that was published before, the broker has acknowledged each.
    mutating func publish(_ end: SnapshotEnd) async throws { try await publish([end.record(at: .now)]) }

    @discardableResult
    private mutating func publish(_ records: [OutboundRecord]) async throws -> [RecordPosition] {
        let written = try await producer.send(records.map { KafkaMessage($0) })
        let positions = zip(records, written).map { RecordPosition(topic: $0.topic, partition: $1.partition, offset: $1.offset) }
        if reader != nil { pending.expect(positions) }
        return positions
    }

    /// Takes the outcomes that have arrived, waiting at most for the timeout.
    ///
    /// - Returns: how many that were waited for.
    mutating func collect(timeoutMilliseconds: Int = 0) async throws -> Int {
        guard let reader else { return 0 }
        var arrived = 0
        for record in try await reader.poll(maxRecords: 1000, timeoutMilliseconds: timeoutMilliseconds) {
            if let report = OutcomeReport(value: record.value), pending.receive(report) { arrived += 1 }
        }
        return arrived
    }

    /// Waits until every event published has its outcome.
    ///
    /// - Throws: `ClientError.noOutcome` where none has arrived for `patience`.
    mutating func awaitOutcomes(patience: Duration = Self.patience, onArrival: (Int) -> Void = { _ in }) async throws {
        var last = ContinuousClock.now
        while pending.count > 0 {
            try Task.checkCancellation()
            let arrived = try await collect(timeoutMilliseconds: Self.pollMilliseconds)
            if arrived > 0 {
                last = .now
                onArrival(arrived)
            } else if .now - last > patience {
                throw ClientError.noOutcome(pending.count, within: patience)
            }
        }
    }

    /// What became of events since this was asked for last.
    mutating func takeReports() -> [RecordPosition: OutcomeReport] { pending.takeReports() }

    /// Publishes the events and waits for their outcomes, in the events' order.
    mutating func publishAndAwait(_ events: [SourceEvent]) async throws -> [OutcomeReport] {
        let positions = try await publish(events)
        try await awaitOutcomes()
        return positions.compactMap { pending.reports[$0] }
    }

    func close() async {
        await reader?.close()
        await producer.close()
    }
}
