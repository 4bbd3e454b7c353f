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

    private let loops: [ConsumerLoop]

    /// Facts, permissions and memberships: two members of one group, so that a revocation waits neither for the documents fetched before it nor for
    /// their names, which a generation's transaction may hold.
    package static func registrar(_ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        return IngestionService(
            kit, group: RegistrarProcessor.group, members: [[.permissions, .memberships], [.documents]], tenants, outcomes,
            RegistrarProcessor(store: kit.store, tenants: tenants, outcomes: outcomes))
    }

    /// The renditions of one generation.
    package static func generation(_ generation: Generation, preparation: DocumentPreparation, model: any EmbeddingModel, _ kit: Kit) -> IngestionService {
        let (tenants, outcomes) = (TenantDirectory(store: kit.store), OutcomePublisher(producer: kit.producer, store: kit.store))
        let processor = GenerationProcessor(
            generation: generation, store: kit.store, tenants: tenants, outcomes: outcomes, preparation: preparation, model: model)
        return IngestionService(kit, group: processor.group, members: [[.documents]], tenants, outcomes, processor)
    }

    /// - Parameter members: the topics that each member of the group reads.
    private init(
        _ kit: Kit, group: String, members: [[InputTopic]], _ tenants: TenantDirectory, _ outcomes: OutcomePublisher, _ processor: any BatchProcessor
    ) {
        loops = members.map { topics in
            ConsumerLoop(
                group: group, topics: topics.map(\.pattern), kafka: kit.kafka, sessionTimeoutMilliseconds: kit.sessionTimeoutMilliseconds,
                limits: kit.limits, store: kit.store, tenants: tenants, admin: kit.admin, outcomes: outcomes, processor: processor, log: kit.log)
        }
    }

    /// Runs until shutdown; a member that fails ends the others.
    /// - Parameter onJoined: called once every member has had partitions assigned.
    package func run(_ shutdown: ShutdownSignal, onJoined: @escaping @Sendable () -> Void) async throws {
        let joining = Joining(members: loops.indices)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, loop) in loops.enumerated() {
                group.addTask {
                    try await loop.run(shutdown) { if joining.isComplete(with: index) { onJoined() } }
                }
            }
            do {
                for try await _ in group {}
            } catch {
                shutdown.trigger()
                throw error
            }
        }
    }
}

/// Which members of a group have yet to be assigned partitions.
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
