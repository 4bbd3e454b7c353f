import Contract
import Embedding
import Index
import Kafka
import Synchronization
import Telemetry
import Threads
import Transport

/// One ingestion process: the registrar, a generation, or both, each a consumer group of its own.
package struct IngestionService: Sendable {
    package struct Kit: Sendable {
        package let kafka: KafkaConfiguration
        package let sessionTimeoutMilliseconds: Int
        package let drainTimeout: Duration
        /// A name for this worker that survives its restarts.
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

    private let loops: [ConsumerLoop]
    private let deferred: DeferredWork?

    /// Facts, permissions and memberships: two members of one group, so that a revocation waits neither for the documents fetched before it nor for
    /// their names, which a generation's transaction may hold.
    package static func registrar(_ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = RegistrarProcessor(store: kit.store, tenants: tenants, outcomes: outcomes)
        // Light work: a transaction is shared by as many records as have come.
        let limits = WorkInHand.Limits(
            intake: .init(records: kit.intake.records, bytes: kit.intake.bytes / 4), waves: 1, waveRecords: 256, waveBytes: 4 << 20, weights: kit.intake.weights)
        let members: [(name: String, topics: [InputTopic])] = [("access", [.permissions, .memberships]), ("documents", [.documents, .redrive])]
        return IngestionService(
            loops: members.map { name, topics in
                ConsumerLoop(
                    group: RegistrarProcessor.group, topics: topics.map(\.pattern), kit: kit, instance: kit.instance.map { "\($0)-\(name)" }, limits: limits,
                    outcomes: outcomes, processor: processor)
            }, deferred: nil)
    }

    /// The renditions of one generation.
    package static func generation(
        _ generation: Generation, preparation: DocumentPreparation, references: ReferenceResolver, deferrals: DeferralPolicy, model: any EmbeddingModel,
        _ kit: Kit
    ) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = GenerationProcessor(
            generation: generation, store: kit.store, tenants: tenants, outcomes: outcomes, preparation: preparation, references: references,
            deferrals: deferrals, model: model)
        // Some hundred chunks a wave: a second of embedding, so that outcomes follow steadily however large the documents queued are, and enough to
        // share one transaction.
        let limits = WorkInHand.Limits(
            intake: .init(records: kit.intake.records, bytes: kit.intake.bytes), waves: kit.intake.waves, waveRecords: 256, waveBytes: 128 << 10,
            weights: kit.intake.weights)
        let loop = ConsumerLoop(
            group: processor.group, topics: [InputTopic.documents, .redrive].map(\.pattern), kit: kit,
            instance: kit.instance.map { "\($0)-\(generation.name)" }, limits: limits, outcomes: outcomes, processor: processor)
        return IngestionService(loops: [loop], deferred: DeferredWork(processor: processor, kit: kit, outcomes: outcomes))
    }

    private init(loops: [ConsumerLoop], deferred: DeferredWork?) {
        self.loops = loops
        self.deferred = deferred
    }

    /// Runs until shutdown; a part that fails ends the others.
    /// - Parameter onJoined: called once every member has been told what it holds.
    package func run(_ shutdown: ShutdownSignal, onJoined: @escaping @Sendable () -> Void) async throws {
        let joining = Joining(members: loops.indices)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, loop) in loops.enumerated() {
                group.addTask {
                    try await loop.run(shutdown) { if joining.isComplete(with: index) { onJoined() } }
                }
            }
            if let deferred { group.addTask { try await deferred.run(shutdown) } }
            do {
                for try await _ in group {}
            } catch {
                shutdown.trigger()
                throw error
            }
        }
    }
}

/// Which members of a group have yet to be told what they hold.
private final class Joining: Sendable {
    private let waiting: Mutex<Set<Int>>

    init(members: Range<Int>) {
        waiting = Mutex(Set(members))
    }

    func isComplete(with member: Int) -> Bool {
        waiting.withLock {
            $0.remove(member)
            return $0.isEmpty
        }
    }
}
