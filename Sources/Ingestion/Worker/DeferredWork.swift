import Contract
import Delivery
import Index
import Telemetry
import Threads
import Transport

/// Tries documents again that wait. They belong to no partition in hand: the lease of their row is what a write is judged by.
struct DeferredWork: Sendable {
    let processor: GenerationProcessor
    let kit: IngestionService.Kit
    let outcomes: OutcomePublisher

    /// Some fetches at a time; the lease is longer than a fetch and a write may take, and passes to the next worker where this one dies.
    private static let (batch, lease) = (16, Duration.seconds(120))
    private static let interval = Duration.seconds(1)

    /// Runs until shutdown.
    func run(_ shutdown: ShutdownSignal) async throws {
        var backoff = Backoff()
        while !shutdown.isTriggered {
            do {
                let due = try await kit.store.leaseDeferred(processor.generation.number, limit: Self.batch, for: Self.lease)
                await withTaskGroup(of: Void.self) { group in
                    for waiting in due { group.addTask { await tryAgain(waiting) } }
                }
                backoff = Backoff()
                if due.count < Self.batch { await shutdown.wait(for: Self.interval) }
            } catch {
                guard Failure(error).passes else { throw error }
                await backoff.pause(unless: shutdown)
            }
        }
    }

    /// What fails here keeps its lease for a while, and is tried again by whoever leases it next.
    private func tryAgain(_ waiting: DeferredRecord) async {
        var buried: Set<RecordPosition> = []
        let refusal = processor.deferrals.isOver(waiting) ? waiting.cause == .budget ? Rejection.givenUp : .waitedTooLong : nil
        do {
            let told = try await processor.process([HeldRecord(waiting)], refusal: refusal, buried: &buried)
            try await outcomes.publish(told)
            try await kit.store.settle(told, [], group: processor.group)
        } catch {
            kit.log.warning("a deferred document could not be tried again", [.consumerGroup: .string(processor.group), .reason: .string("\(error)")])
        }
    }
}

extension Rejection {
    fileprivate static let givenUp = Rejection(.quotaExceeded, .embed, "it was given up while it waited for the tenant's budget of tokens")
    fileprivate static let waitedTooLong = Rejection(.referenceFailed, .fetch, "what the document refers to could not be fetched in time")
}
