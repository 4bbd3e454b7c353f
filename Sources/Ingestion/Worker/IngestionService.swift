import Contract
import Embedding
import Index
import Kafka
import Telemetry
import Threads
import Transport

/// One ingestion process: the registrar, a generation, or both, each a consumer group of its own.
package struct IngestionService: Sendable {
    package struct Kit: Sendable {
        package let kafka: KafkaConfiguration
        package let sessionTimeoutMilliseconds: Int
        package let drainTimeout: Duration
        /// A name of this worker that survives its restarts, for static membership.
        package let instance: String?
        package let intake: Intake
        package let store: IngestionStore
        package let producer: KafkaProducer
        package let admin: KafkaAdmin
        package let log: Log

        package init(
            kafka: KafkaConfiguration, sessionTimeoutMilliseconds: Int, drainTimeout: Duration, instance: String?, intake: Intake, store: IngestionStore,
            producer: KafkaProducer, admin: KafkaAdmin, log: Log
        ) {
            self.kafka = kafka
            self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
            self.drainTimeout = drainTimeout
            self.instance = instance
            self.intake = intake
            self.store = store
            self.producer = producer
            self.admin = admin
            self.log = log
        }
    }

    /// How much a member takes in, and in which turns it is worked on.
    package struct Intake: Sendable {
        package let records: Int
        package let bytes: Int
        /// Waves of documents at once.
        package let waves: Int
        /// Of tenants, by name, in turns; one without has 1.
        package let weights: [String: Double]

        package init(records: Int, bytes: Int, waves: Int, weights: [String: Double]) {
            self.records = records
            self.bytes = bytes
            self.waves = waves
            self.weights = weights
        }
    }

    private let loop: ConsumerLoop
    /// What goes on beside it.
    private let aside: [@Sendable (ShutdownSignal) async throws -> Void]
    /// Nothing for the registrar.
    private let processor: GenerationProcessor?

    /// Facts, permissions and memberships, and what snapshots of a source delete.
    package static func registrar(snapshots: SnapshotPolicy, _ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = RegistrarProcessor(store: kit.store, tenants: tenants, outcomes: outcomes)
        // Light work: a transaction is shared by as many records as have come.
        let limits = WorkInHand.Limits(
            intake: .init(records: kit.intake.records, bytes: kit.intake.bytes / 2), waves: 1, waveRecords: 256, waveBytes: 4 << 20,
            weights: kit.intake.weights)
        // One subscription for all members: assignors are at their best where every member wants the same.
        let topics: [InputTopic] = [.permissions, .memberships, .documents, .redrive]
        let loop = ConsumerLoop(
            group: RegistrarProcessor.group, topics: topics.map(\.pattern), kit: kit, limits: limits, outcomes: outcomes, processor: processor)
        let work = SnapshotWork(policy: snapshots, group: RegistrarProcessor.group, kit: kit, outcomes: outcomes)
        return IngestionService(loop: loop, aside: [{ try await work.run($0) }], processor: nil)
    }

    /// The renditions of one generation.
    ///
    /// - Parameters:
    ///   - refreshing: when content that came by reference is asked for again; nothing: never.
    ///   - rate: documents a second that are taken up; nothing: as many as come.
    ///   - rests: whether what is made beside the live generation leaves room to those who ask of it.
    package static func generation(
        _ generation: Generation, preparation: DocumentPreparation, references: ReferenceResolver, deferrals: DeferralPolicy, model: any EmbeddingModel,
        refreshing: RefreshPolicy? = nil, rate: Int? = nil, rests: Bool = true, _ kit: Kit
    ) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = GenerationProcessor(
            generation: generation, store: kit.store, tenants: tenants, outcomes: outcomes, preparation: preparation, references: references,
            deferrals: deferrals, model: model, pace: Pace(perSecond: rate, hasTurns: rests), refreshing: refreshing, log: kit.log)
        // Some hundred chunks a wave: a second of embedding, so that outcomes follow steadily however large the documents queued are, and enough to
        // share one transaction.
        let limits = WorkInHand.Limits(
            intake: .init(records: kit.intake.records, bytes: kit.intake.bytes), waves: kit.intake.waves, waveRecords: 256, waveBytes: 128 << 10,
            weights: kit.intake.weights)
        let loop = ConsumerLoop(
            group: processor.group, generation: generation.number, topics: [InputTopic.documents, .redrive].map(\.pattern), kit: kit, limits: limits,
            outcomes: outcomes,
            processor: processor)
        let (deferred, stored) = (DeferredWork(processor: processor, kit: kit, outcomes: outcomes), StoredWork(processor: processor, kit: kit))
        var aside: [@Sendable (ShutdownSignal) async throws -> Void] = [{ try await deferred.run($0) }, { try await stored.run($0) }]
        if rests { aside.append { await Rests(generation: generation, store: kit.store, pace: processor.pace).run($0) } }
        if let refresh = refreshing.map({ RefreshWork(processor: processor, policy: $0, kit: kit) }) { aside.append { try await refresh.run($0) } }
        return IngestionService(loop: loop, aside: aside, processor: processor)
    }

    /// Runs until shutdown; a part that fails ends the others.
    /// - Parameter onJoined: called once the group has said what this member holds; again has no effect.
    package func run(_ shutdown: ShutdownSignal, onJoined: @escaping @Sendable () -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await loop.run(shutdown, onJoined: onJoined) }
            for work in aside { group.addTask { try await work(shutdown) } }
            do {
                for try await _ in group {}
            } catch {
                shutdown.trigger()
                throw error
            }
        }
    }

    /// Makes one document anew of the text that a generation has of it, or its own: divided and embedded, not parsed again.
    package func redo(_ document: DocumentNumber, of source: GenerationNumber) async throws -> StoredWorkCounts {
        try await processor?.remake([document], of: source, isRedone: true) ?? StoredWorkCounts()
    }
}
