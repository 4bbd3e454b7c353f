import Contract
import Foundation
import Index
import IngestionWorker
import Kafka
import Synchronization
import Telemetry
import Threads

/// One partition of many keys, worked on by a member of a consumer group as the workers are: the same loop, lanes, claims and positions; only what is
/// done with a record is a pause. Each record is a wave of its own, for that is what the peer does.
struct KeyedBenchmark {
    struct Shape {
        /// Of one partition, with its records in it.
        let topic: String
        let records: Int
        /// At once.
        let concurrency: Int
        /// Of each record.
        let work: Duration
    }

    /// As workers have it by default.
    private static let intake = (records: 2000, bytes: 32 << 20)
    private static let group = "bench-keyed"

    private let shape: Shape
    private let kit: IngestionService.Kit

    init(bootstrapServers: String, databaseURL: String, shape: Shape) throws {
        self.shape = shape
        let (kafka, log) = (KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "sluice-bench"), Log(level: .warning))
        kit = IngestionService.Kit(
            kafka: kafka, sessionTimeoutMilliseconds: 6_000, drainTimeout: .seconds(4), instance: nil,
            intake: .init(records: Self.intake.records, bytes: Self.intake.bytes, waves: shape.concurrency, weights: [:]),
            store: IngestionStore(pool: IndexRole.ingest.pool(url: databaseURL, connections: 4, applicationName: "sluice bench keyed")),
            producer: try KafkaProducer(configuration: kafka), admin: try KafkaAdmin(configuration: kafka), log: log)
    }

    /// From the first record taken up to the last one done, as the peer's clock runs; the positions are settled before it returns.
    ///
    /// - Throws: `IndexError.inconsistent` where the database does not have every record as finished.
    func run() async throws -> Turn {
        let shutdown = ShutdownSignal()
        let processor = PausingProcessor(records: shape.records, work: shape.work, shutdown)
        let limits = WorkInHand.Limits(
            intake: .init(records: kit.intake.records, bytes: kit.intake.bytes), waves: shape.concurrency, waveRecords: 1, waveBytes: .max)
        let loop = ConsumerLoop(
            group: Self.group, topics: [shape.topic], kit: kit, limits: limits, outcomes: OutcomePublisher(producer: kit.producer, store: kit.store),
            processor: processor)
        try await loop.run(shutdown) {}
        let (time, processorTime, violations) = processor.account
        guard try await position() == Int64(shape.records) else { throw IndexError.inconsistent }
        return Turn(shape: shape, time: time, processorTime: processorTime, orderViolations: violations)
    }

    /// How far the database has the partition as finished; to be told, it has to be claimed.
    private func position() async throws -> Int64? {
        let identifier = try await kit.admin.topicIDs(of: [shape.topic])[shape.topic] ?? ""
        let incarnation = try await kit.store.incarnation(topic: shape.topic, brokerID: identifier)
        return try await kit.store.claim([PartitionKey(incarnation: incarnation, partition: 0)], group: Self.group).first?.nextOffset
    }
}

extension KeyedBenchmark {
    struct Turn {
        let shape: Shape
        let time: Duration
        /// Of all threads of this process, meanwhile.
        let processorTime: Duration
        /// Records that came after a later one of their key.
        let orderViolations: Int

        var json: String {
            """
            {"records": \(shape.records), "concurrency": \(shape.concurrency), "work_us": \(Int(shape.work / .microseconds(1))), \
            "records_per_s": \(Double(shape.records) / time.seconds), "order_violations": \(orderViolations), \
            "processor_us_per_record": \(processorTime.seconds * 1e6 / Double(shape.records))}
            """
        }
    }
}

/// Pauses for each record, and looks at the order in which a key's records come.
private final class PausingProcessor: WaveProcessor {
    private struct State {
        var newest: [[UInt8]: Int64] = [:]
        var violations = 0
        var done = 0
        var began: (clock: ContinuousClock.Instant, processor: Duration)?
        var took: (clock: Duration, processor: Duration) = (.zero, .zero)

        /// - Returns: whether it was the last.
        mutating func take(_ key: [UInt8], _ offset: Int64, of records: Int) -> Bool {
            if let before = newest.updateValue(offset, forKey: key), before > offset { violations += 1 }
            done += 1
            guard done == records, let began else { return false }
            took = (.now - began.clock, .ofThisProcess - began.processor)
            return true
        }
    }

    private let records: Int
    private let work: Duration
    private let shutdown: ShutdownSignal
    private let state = Mutex(State())

    /// - Parameter shutdown: triggered once so many records are done.
    init(records: Int, work: Duration, _ shutdown: ShutdownSignal) {
        self.records = records
        self.work = work
        self.shutdown = shutdown
    }

    var order: WorkInHand.RecordLanes.Order { .byKey }

    func kind(of record: InboundRecord) -> WorkInHand.RecordLanes.Kind { .quick }

    func process(_ wave: [HeldRecord], refusal: Rejection?, buried: inout Set<RecordPosition>) async throws -> [Outcome] {
        state.withLock { if $0.began == nil { $0.began = (.now, .ofThisProcess) } }
        for held in wave {
            if work > .zero { try await Task.sleep(for: work) }
            let isLast = state.withLock { $0.take(held.record.key ?? [], held.record.position.offset, of: records) }
            if isLast { shutdown.trigger() }
        }
        return []
    }

    var account: (time: Duration, processorTime: Duration, orderViolations: Int) {
        state.withLock { ($0.took.clock, $0.took.processor, $0.violations) }
    }
}

extension Duration {
    /// User and system time of all its threads so far.
    fileprivate static var ofThisProcess: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
