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
        let kafka: KafkaConfiguration
        let sessionTimeoutMilliseconds: Int
        let limits: ConsumerLoop.Limits
        let store: IngestionStore
        let producer: KafkaProducer
        let admin: KafkaAdmin
        let log: Log

        package init(
            kafka: KafkaConfiguration, sessionTimeoutMilliseconds: Int, limits: ConsumerLoop.Limits, store: IngestionStore, producer: KafkaProducer,
            admin: KafkaAdmin, log: Log
        ) {
            self.kafka = kafka
            self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
            self.limits = limits
            self.store = store
            self.producer = producer
            self.admin = admin
            self.log = log
        }
    }

    private let loop: ConsumerLoop

    /// Facts, permissions and memberships.
    package static func registrar(_ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        return IngestionService(
            kit, group: RegistrarProcessor.group, topics: [.documents, .permissions, .memberships], tenants, outcomes,
            RegistrarProcessor(store: kit.store, tenants: tenants, outcomes: outcomes))
    }

    /// The renditions of one generation.
    package static func generation(_ generation: Generation, preparation: DocumentPreparation, model: any EmbeddingModel, _ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = GenerationProcessor(
            generation: generation, store: kit.store, tenants: tenants, outcomes: outcomes, preparation: preparation, model: model)
        return IngestionService(kit, group: processor.group, topics: [.documents], tenants, outcomes, processor)
    }

    private init(
        _ kit: Kit, group: String, topics: [InputTopic], _ tenants: TenantDirectory, _ outcomes: OutcomePublisher, _ processor: any BatchProcessor
    ) {
        loop = ConsumerLoop(
            group: group, topics: topics.map(\.pattern), kafka: kit.kafka, sessionTimeoutMilliseconds: kit.sessionTimeoutMilliseconds,
            limits: kit.limits, store: kit.store, tenants: tenants, admin: kit.admin, outcomes: outcomes, processor: processor, log: kit.log)
    }

    /// Runs until shutdown.
    /// - Parameter onJoined: called once partitions are assigned.
    package func run(_ shutdown: ShutdownSignal, onJoined: @escaping @Sendable () -> Void) async throws {
        try await loop.run(shutdown, onJoined: onJoined)
    }
}
