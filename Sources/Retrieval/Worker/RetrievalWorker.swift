import Contract
import Digest
import Embedding
import Index
import Kafka
import Telemetry
import Threads
import Transport
import Words

/// Query events in, result events out: exactly one result per query.
///
/// Queries keep no state, so Kafka's committed offset is their position: it follows the results, and a query delivered again is answered again under
/// the same id.
package struct RetrievalWorker: Sendable {
    package static let group = "sluice-retrieval"
    private static let topics = [InputTopic.queries.pattern]
    /// How long one poll may wait: the delay a shutdown can see.
    private static let pollMilliseconds = 200
    private static let maximumBatchBytes = 16 << 20
    /// How often a query that the database did not answer is asked again before its asker is told.
    private static let attempts = 4

    private let kafka: KafkaConfiguration
    private let sessionTimeoutMilliseconds: Int
    private let concurrency: Int
    private let producer: KafkaProducer
    private let store: RetrievalStore
    private let answerer: QueryAnswerer
    private let decoder = QueryDecoder(trust: .named, supported: .perDocument)
    private let log: Log

    package init(
        kafka: KafkaConfiguration, sessionTimeoutMilliseconds: Int, concurrency: Int, producer: KafkaProducer, store: RetrievalStore,
        model: any EmbeddingModel, diagnostics: Set<TenantID>, log: Log
    ) {
        self.kafka = kafka
        self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
        self.concurrency = concurrency
        self.producer = producer
        self.store = store
        answerer = QueryAnswerer(store: store, model: model, diagnostics: diagnostics, analyzer: TermAnalyzer())
        self.log = log
    }

    /// Runs until shutdown.
    /// - Parameter onJoined: called once partitions are assigned.
    package func run(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        try await ConsumerSessions(group: Self.group, log: log).run(until: shutdown) { try await session(shutdown, onJoined: onJoined) }
    }

    private func session(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        let consumer = try KafkaConsumer(
            configuration: kafka, groupID: Self.group, topics: Self.topics, sessionTimeoutMilliseconds: sessionTimeoutMilliseconds,
            delegate: FromCommitted(log: log), log: log.kafka)
        do {
            while !shutdown.isTriggered {
                let records = try await consumer.poll(
                    maxRecords: concurrency * 8, maxBytes: Self.maximumBatchBytes, timeoutMilliseconds: Self.pollMilliseconds)
                if await !consumer.assignment.isEmpty { onJoined() }
                guard !records.isEmpty else { continue }
                try await answer(records.map { InboundRecord($0) })
                await commit(records, consumer)
            }
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
    }

    // MARK: one batch

    private func answer(_ records: [InboundRecord]) async throws {
        let started = ContinuousClock.now
        let decoded = records.compactMap { record in
            // Whether its tenant is registered is asked below, for all records in one transaction.
            InputTopicName(record.topic).map { (query: decoder.decode(record, on: $0) { _ in true }, record: record) }
        }
        let registered = try await store.registered(Set(decoded.compactMap { $0.query.envelope?.key.tenant }))
        var replies: [OutboundRecord] = []
        var questions: [DecodedQuery] = []
        for (query, record) in decoded {
            if let tenant = query.envelope?.key.tenant, !registered.contains(tenant) {
                replies.append(deadLetter(record, Rejection(.unknownTenant, .envelope, "the query's tenant is not registered")))
            } else if let reply = immediateReply(query, record) {
                replies.append(reply)
            } else {
                questions.append(query)
            }
        }
        replies += try await answers(to: questions, startedAt: started)
        guard !replies.isEmpty else { return }
        _ = try await producer.send(replies.map { KafkaMessage($0) })
    }

    /// What can be said without the index.
    private func immediateReply(_ decoded: DecodedQuery, _ record: InboundRecord) -> OutboundRecord? {
        switch decoded {
        case .deadLetter(let rejection, _, _): deadLetter(record, rejection)
        case .problem(let envelope, let error): reply(error, to: envelope)
        case .query(let query): refusal(query.envelope).map { reply($0, to: query.envelope) }
        case .accessCheck(let check): refusal(check.envelope).map { reply($0, to: check.envelope) }
        }
    }

    private func deadLetter(_ record: InboundRecord, _ rejection: Rejection) -> OutboundRecord {
        WorkerMetrics.rejections.add(1, .init(rejection.code.rawValue))
        return DeadLetter(record: record, group: Self.group, deliveryCount: 1, rejection: rejection).outbound
    }

    private func refusal(_ envelope: QueryEnvelope) -> QueryError? {
        if let topic = envelope.replyTopic, topic != Topics.results(of: envelope.key.tenant) { return .replyTopicRefused }
        if let expires = envelope.expires, expires <= .now { return .expired }
        return nil
    }

    /// All texts are embedded in one call, then every question is asked on a connection of its own.
    private func answers(to questions: [DecodedQuery], startedAt: ContinuousClock.Instant) async throws -> [OutboundRecord] {
        guard !questions.isEmpty else { return [] }
        let texts = questions.map { question -> [UInt8]? in
            if case .query(let query) = question, query.mode != .lexical { Array(query.text.utf8) } else { nil }
        }
        let vectors = try await answerer.model.embed(texts.compactMap(\.self))
        var next = 0
        var pending: [PendingQuery] = []
        for (question, text) in zip(questions, texts) {
            switch question {
            case .query(let query):
                let vector = text.map { _ in Array(vectors[next]) }
                if vector != nil { next += 1 }
                pending.append(PendingQuery(envelope: query.envelope, question: .search(query, vector: vector)))
            case .accessCheck(let check): pending.append(PendingQuery(envelope: check.envelope, question: .check(check)))
            case .problem, .deadLetter: continue
            }
        }
        return await withTaskGroup(of: OutboundRecord.self) { tasks in
            for query in pending { tasks.addTask { await reply(to: query, startedAt: startedAt) } }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    private func reply(to query: PendingQuery, startedAt: ContinuousClock.Instant) async -> OutboundRecord {
        for attempt in 1...Self.attempts {
            do {
                let answer = try await answerer.answer(query, startedAt: startedAt)
                WorkerMetrics.querySeconds.observe(ContinuousClock.now - startedAt)
                return record(answer, for: query.envelope)
            } catch {
                log.warning("a query was not answered", [.consumerGroup: .string(Self.group), .reason: .string("\(error)"), .attempt: .int(attempt)])
                if attempt < Self.attempts { try? await Task.sleep(for: .milliseconds(100 << attempt)) }
            }
        }
        return reply(.unavailable, to: query.envelope)
    }

    private func record(_ answer: QueryAnswerer.Answer, for envelope: QueryEnvelope) -> OutboundRecord {
        let (id, topic) = (Self.resultID(envelope), Topics.results(of: envelope.key.tenant))
        switch answer {
        case .result(let result):
            WorkerMetrics.queries.add(1, .init(result.status.rawValue))
            return result.record(for: envelope, id: id, topic: topic, at: .now)
        case .check(let result):
            return result.record(for: envelope, id: id, topic: topic, at: .now)
        }
    }

    private func reply(_ error: QueryError, to envelope: QueryEnvelope) -> OutboundRecord {
        WorkerMetrics.queries.add(1, .init(error.status.rawValue))
        return envelope.record(of: error, id: Self.resultID(envelope), topic: Topics.results(of: envelope.key.tenant), at: .now)
    }

    /// A function of (tenant, source, id), so that a result delivered twice can be told.
    private static func resultID(_ envelope: QueryEnvelope) -> String { hexEncoded(SHA256.hash(envelope.key.bytes)) }

    private func commit(_ records: [KafkaRecord], _ consumer: KafkaConsumer) async {
        var next: [KafkaTopicPartition: Int64] = [:]
        for record in records { next[record.topicPartition] = max(next[record.topicPartition] ?? 0, record.offset + 1) }
        do {
            try await consumer.commit(next)
        } catch {
            log.warning("the broker did not take the offsets", [.consumerGroup: .string(Self.group), .reason: .string("\(error)")])
        }
    }
}

extension DecodedQuery {
    /// Nothing where it names no query that could be answered.
    fileprivate var envelope: QueryEnvelope? {
        switch self {
        case .query(let query): query.envelope
        case .accessCheck(let check): check.envelope
        case .problem(let envelope, _): envelope
        case .deadLetter: nil
        }
    }
}

/// Starts every partition where the group has committed; there is nothing to claim.
private struct FromCommitted: RebalanceDelegate {
    let log: Log

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart] {
        log.info("partitions assigned", [.consumerGroup: .string(RetrievalWorker.group), .count: .int(partitions.count)])
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .stored) })
    }

    func revoked(_ partitions: [KafkaTopicPartition]) {}
    func lost(_ partitions: [KafkaTopicPartition]) {}
}
