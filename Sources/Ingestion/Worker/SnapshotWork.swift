import Contract
import Delivery
import Index
import Kafka
import Telemetry
import Threads
import Transport

/// Applies full snapshots of sources. Each piece is a transaction under the snapshot's own lock, whoever does it: no partition need be held.
struct SnapshotWork: Sendable {
    let policy: SnapshotPolicy
    let group: String
    let kit: IngestionService.Kit
    let outcomes: OutcomePublisher

    /// Of one look; what is left comes with the next.
    private static let batch = 16
    private static let interval = Duration.milliseconds(500)

    /// Runs until shutdown.
    func run(_ shutdown: ShutdownSignal) async throws {
        var backoff = Backoff()
        var waiting: [SnapshotName: [PartitionKey: PartitionLag]] = [:]
        while !shutdown.isTriggered {
            do {
                let pending = try await kit.store.pendingSnapshots(limit: Self.batch)
                waiting = waiting.filter { name, _ in pending.contains { $0.name == name } }
                for snapshot in pending {
                    do {
                        try await advance(snapshot, &waiting[snapshot.name], shutdown)
                    } catch IndexError.tenantGone {
                        // Its snapshots go with it.
                    }
                }
                backoff = Backoff()
                await shutdown.wait(for: Self.interval)
            } catch {
                guard Failure(error).passes else { throw error }
                kit.log.warning("trying again", [.consumerGroup: .string(group), .reason: .string("\(error)")])
                await backoff.pause(unless: shutdown)
            }
        }
    }

    /// - Parameter waiting: for which partitions it waited when it was last looked at.
    private func advance(_ snapshot: PendingSnapshot, _ waiting: inout [PartitionKey: PartitionLag]?, _ shutdown: ShutdownSignal) async throws {
        var subject = ""
        while !shutdown.isTriggered {
            let (step, told) = try await kit.store.advance(snapshot.name, after: subject, policy: policy, group: group)
            try await outcomes.publish(told)
            try await kit.store.settle(told, [], group: group)
            for tally in told.compactMap(\.snapshot) { tell(tally, snapshot) }
            switch step {
            case .rests: return
            case .goesOn(let after): subject = after
            case .wantsEnds(let progress):
                let ends = try await PartitionEnds.with(kit) { try await $0.ends(of: snapshot.tenant) }
                try await kit.store.setBarrier(ends, of: snapshot.name, seen: progress)
            case .isBehind(let lags, let progress):
                defer { waiting = lags }
                // One that has not moved may hold nothing more, whatever its end is said to be.
                let still = lags.filter { waiting?[$0.key] == $0.value }
                guard !still.isEmpty else { return }
                guard let ends = try await PartitionEnds.with(kit, { try await $0.withoutEmpty(lags, still, of: snapshot.tenant) }) else { return }
                try await kit.store.setBarrier(ends, of: snapshot.name, seen: progress)
            }
        }
    }

    private func tell(_ tally: SnapshotTally, _ snapshot: PendingSnapshot) {
        kit.log.info(
            "snapshot",
            [
                .tenant: .string(snapshot.tenant.text), .source: .string(snapshot.name.source.text), .state: .string(tally.state.rawValue),
                .count: .int(tally.deleted),
            ])
    }
}
