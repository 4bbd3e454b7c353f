import Contract
import Credentials
import Embedding
import Index
import Kafka
import Telemetry
import Threads
import Transport
import Words

/// Query events in, result events out: exactly one result per query.
///
/// Polling never waits for answers. Queries keep no state, so Kafka's committed offset is their position: it follows the results, and a query delivered
/// again is answered again under the same id.
package struct RetrievalWorker: Sendable {
    package static let group = "sluice-retrieval"
    private static let topics = [InputTopic.queries.pattern]
    /// How long one poll may wait: the delay a shutdown can see; and while intake pauses, the delay after which it goes on.
    private static let (pollMilliseconds, pausedPollMilliseconds) = (200, 20)
    /// Of one poll: what memory may exceed the bounds by.
    private static let (pollRecords, pollBytes) = (500, 16 << 20)
    private static let commitInterval = Duration.milliseconds(200)

    /// How much is taken in and answered at once, and how long things may take.
    package struct Limits: Sendable {
        /// Queries answered at once.
        let concurrency: Int
        /// Queries that wait; more are shed.
        let queue: Int
        /// How long a query without an expiry waits for its minimum positions.
        let positionsWait: Duration
        /// When partitions are revoked, and at shutdown.
        let drainTimeout: Duration
        /// Of tenants, in turns; one without has 1.
        let weights: [String: Double]

        package init(concurrency: Int, queue: Int, positionsWait: Duration, drainTimeout: Duration, weights: [String: Double] = [:]) {
            self.concurrency = concurrency
            self.queue = queue
            self.positionsWait = positionsWait
            self.drainTimeout = drainTimeout
            self.weights = weights
        }
    }

    private let kafka: KafkaConfiguration
    private let sessionTimeoutMilliseconds: Int
    private let limits: Limits
    private let responder: QueryResponder
    private let replies: QueryReplies
    private let authenticator: Authenticator
    private let decoder: QueryDecoder
    private let log: Log

    package init(
        kafka: KafkaConfiguration, sessionTimeoutMilliseconds: Int, limits: Limits, producer: KafkaProducer, store: RetrievalStore,
        models: EmbeddingModels, authenticator: Authenticator, answers: AnswerSettings,
        recorder: any AnswerRecorder, log: Log
    ) {
        self.kafka = kafka
        self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
        self.limits = limits
        self.authenticator = authenticator
        decoder = QueryDecoder(trust: authenticator.trust, supported: .all)
        let answerer = QueryAnswerer(store: store, embedders: QueryEmbedders(models), settings: answers, analyzer: TermAnalyzer())
        responder = QueryResponder(
            tenants: TenantRegistry(store: store), answerer: answerer, recorder: recorder, positionsWait: limits.positionsWait, group: Self.group, log: log)
        replies = QueryReplies(group: Self.group, producer: producer, log: log)
        self.log = log
    }

    /// Runs until shutdown.
    /// - Parameter onJoined: called once the group has said which partitions are this worker's.
    package func run(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        try await ConsumerSessions(group: Self.group, log: log).run(until: shutdown) { try await session(shutdown, onJoined: onJoined) }
    }

    private func session(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        let inHand = QueriesInHand(
            group: Self.group, concurrency: limits.concurrency, limits: .init(queries: limits.queue, bytes: Self.queueBytes), weights: limits.weights,
            responder: responder, replies: replies, log: log)
        let partitions = QueryPartitions(group: Self.group, inHand: inHand, drainTimeout: limits.drainTimeout, log: log)
        let consumer = try KafkaConsumer(
            configuration: kafka, groupID: Self.group, topics: Self.topics, sessionTimeoutMilliseconds: sessionTimeoutMilliseconds,
            delegate: partitions, log: log.kafka)
        partitions.attach(consumer)
        do {
            try await follow(consumer, inHand, shutdown, onJoined)
        } catch {
            await inHand.stop(by: .after(.zero))
            await consumer.close()
            throw error
        }
        await inHand.stop(by: .after(limits.drainTimeout))
        await consumer.close()  // gives the partitions up, and commits what is answered
    }

    /// Eight of the largest records; ordinary ones are a kilobyte.
    private static let queueBytes = 64 << 20

    private func follow(_ consumer: KafkaConsumer, _ inHand: QueriesInHand, _ shutdown: ShutdownSignal, _ onJoined: @Sendable () -> Void) async throws {
        var paused: Set<KafkaTopicPartition> = []
        var committed: [KafkaTopicPartition: Int64] = [:]
        var committedAt = ContinuousClock.now
        while !shutdown.isTriggered {
            let records = try await consumer.poll(
                maxRecords: Self.pollRecords, maxBytes: Self.pollBytes,
                timeoutMilliseconds: paused.isEmpty ? Self.pollMilliseconds : Self.pausedPollMilliseconds)
            if await consumer.hasJoined { onJoined() }
            let now = ContinuousClock.now
            var queries: [HeldQuery] = []
            for record in records.map({ InboundRecord($0) }) {
                guard let topic = InputTopicName(record.topic) else { continue }
                let decoded = await authenticator.decode(record, on: topic, by: decoder)
                queries.append(HeldQuery(record: record, decoded: decoded, receivedAt: now))
            }
            try await inHand.admit(queries)
            let wanted = await inHand.isFull ? await consumer.assignment : []
            if wanted != paused {
                let assignment = await consumer.assignment
                try await consumer.pause(Array(wanted.subtracting(paused)))
                try await consumer.resume(Array(paused.subtracting(wanted).intersection(assignment)))
                paused = wanted
            }
            guard now - committedAt >= Self.commitInterval else { continue }
            committedAt = now
            let positions = await inHand.positions
            await commit(positions.filter { committed[$0.key] != $0.value }, consumer)
            committed = positions
        }
    }

    private func commit(_ positions: [KafkaTopicPartition: Int64], _ consumer: KafkaConsumer) async {
        do {
            try await consumer.commit(positions)
        } catch {
            // They are answered again, under the same ids.
            log.warning("the broker did not take the offsets", [.consumerGroup: .string(Self.group), .reason: .string("\(error)")])
        }
    }
}
