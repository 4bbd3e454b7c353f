import Delivery
import Index
import Telemetry
import Threads
import Transport

/// How long after it was fetched content that came by reference is asked for again.
package struct RefreshPolicy: Sendable {
    private let interval: Duration
    /// A host that is away is asked again sooner.
    private static let afterFailure = Duration.seconds(600)

    package init(interval: Duration) {
        self.interval = interval
    }

    /// Apart from each other, so that a host does not meet all that was published together at once.
    var delay: Duration { interval * Double.random(in: 0.9...1.1) }
    var delayAfterFailure: Duration { min(delay, Self.afterFailure) }

    func note(_ record: ClaimedRecord, _ tag: ReferenceTag) -> ReferenceNote {
        ReferenceNote(record: record.record, incarnation: record.incarnation, tag: tag.text, delay: delay)
    }
}

/// Asks for content again that came by reference. As with what waits, the lease of its row is what a write is judged by.
struct RefreshWork: Sendable {
    let processor: GenerationProcessor
    let policy: RefreshPolicy
    let kit: IngestionService.Kit

    /// Few at a time: nobody waits for them. The lease is longer than a fetch and a write may take.
    private static let (batch, lease) = (4, Duration.seconds(120))
    private static let interval = Duration.seconds(1)

    /// Runs until shutdown.
    func run(_ shutdown: ShutdownSignal) async throws {
        var backoff = Backoff()
        while !shutdown.isTriggered {
            do {
                let due = try await kit.store.leaseReferences(processor.generation.number, limit: Self.batch, for: Self.lease)
                await withTaskGroup(of: Void.self) { group in
                    for one in due { group.addTask { await ask(one) } }
                }
                backoff = Backoff()
                if due.count < Self.batch { await shutdown.wait(for: Self.interval) }
            } catch {
                guard Failure(error).passes else { throw error }
                await backoff.pause(unless: shutdown)
            }
        }
    }

    /// What fails here keeps its lease for a while, and is asked for by whoever leases it next.
    private func ask(_ due: DueReference) async {
        do {
            switch try await processor.refresh(due, policy) {
            case .done: break
            case .unchanged: try await kit.store.postpone(due, processor.generation.number, by: policy.delay)
            case .ended: try await kit.store.end(due, processor.generation.number)
            case .failed(let reason):
                try await kit.store.postpone(due, processor.generation.number, by: policy.delayAfterFailure)
                warn(reason)
            }
        } catch {
            warn("\(error)")
        }
    }

    private func warn(_ reason: String) {
        kit.log.warning(
            "content that a document refers to could not be had again; what is there stays",
            [.consumerGroup: .string(processor.group), .reason: .string(reason)])
    }
}
