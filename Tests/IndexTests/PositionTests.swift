import Contract
import Postgres
import Testing

@testable import Index

/// Claims, positions and outcomes: what a fleet's correctness rests on.
@Suite(.needsDatabase) struct PositionTests {
    private func nextOffset(_ world: World, group: String = World.generationGroup) async throws -> Int64 {
        try await world.database.withSession { session in
            try session.query("select next_offset from applied_position where consumer_group = '\(group)'").int64(0, 0)
        }
    }

    private func outcome(_ world: World, _ kind: Outcome.Kind, offset: Int64, rejection: Rejection? = nil) -> OutboxEntry {
        let outcome = Outcome(
            kind, rejection: rejection, generation: "g1", position: RecordPosition(topic: "sluice.documents", partition: 0, offset: offset),
            incarnation: world.generationClaim.key.incarnation, tenant: World.tenantID, recordKey: Array("acme/wiki/a".utf8), correlationID: "id-\(offset)",
            trace: TraceContext(traceparent: nil, tracestate: nil))
        return OutboxEntry(outcome: outcome, tenant: world.tenant)
    }

    private func write(_ world: World, _ entries: [OutboxEntry], claim: Claim? = nil) async throws -> [Outcome]? {
        var batch = GenerationBatch()
        batch.claims = [claim ?? world.generationClaim]
        return try await world.store.apply(batch, generation: world.generation, group: World.generationGroup) { _, _ in entries }
    }

    @Test func `who lost a partition writes nothing, and moves no position`() async throws {
        try await World.with { world async throws in
            let successor = try #require(try await world.store.claim([world.generationClaim.key], group: World.generationGroup).first)
            await #expect(throws: IndexError.fenced) { _ = try await write(world, [outcome(world, .indexed, offset: 0)]) }
            await #expect(throws: IndexError.fenced) {
                try await world.store.settle([], [PositionAdvance(claim: world.generationClaim, from: 0, to: 9)], group: World.generationGroup)
            }
            #expect(try await nextOffset(world) == 0)
            try await world.store.settle([], [PositionAdvance(claim: successor, from: 0, to: 5)], group: World.generationGroup)
            #expect(try await nextOffset(world) == 5)
        }
    }

    @Test func `a position is moved only from where this worker has left it: a restored database is not stepped over`() async throws {
        try await World.with { world async throws in
            let claim = world.generationClaim
            try await world.store.settle([], [PositionAdvance(claim: claim, from: 0, to: 5)], group: World.generationGroup)
            // The same epoch, an earlier time.
            try await world.database.withSession { try $0.executeScript("update applied_position set next_offset = 2") }
            await #expect(throws: IndexError.fenced) {
                try await world.store.settle([], [PositionAdvance(claim: claim, from: 5, to: 8)], group: World.generationGroup)
            }
            #expect(try await nextOffset(world) == 2)
        }
    }

    @Test func `a claim waits for the write under the old epoch, and the next one is refused`() async throws {
        try await World.with { world async throws in
            let writer = try await world.database.connect(as: "sluice_ingest")
            let (group, old) = (World.generationGroup, world.generationClaim)
            let claimed = try await writer.withTransaction { session in
                try Positions.hold([old], group: group, session)
                let claim = Task { try await world.store.claim([old.key], group: group) }
                let waiting = "select exists (select from pg_locks where not granted and pid <> pg_backend_pid())"
                while try !session.query(waiting).bool(0, 0) {}
                return claim
            }
            let successor = try #require(try await claimed.value.first)
            #expect(successor.epoch != old.epoch)
            await #expect(throws: IndexError.fenced) { _ = try await write(world, []) }
            await writer.close()
        }
    }

    @Test func `writes under one claim, and its position, run side by side`() async throws {
        try await World.with { world async throws in
            let writer = try await world.database.connect(as: "sluice_ingest")
            let claim = world.generationClaim
            let others = try await writer.withTransaction { session in
                try Positions.hold([claim], group: World.generationGroup, session)
                let others = Task {
                    let told = try await write(world, [outcome(world, .indexed, offset: 1)])
                    try await world.store.settle([], [PositionAdvance(claim: claim, from: 0, to: 2)], group: World.generationGroup)
                    return told?.count
                }
                // Were any of these to wait for this transaction, this test would never end.
                let position = "select next_offset from applied_position where consumer_group = '\(World.generationGroup)'"
                while try session.query(position).int64(0, 0) != 2 {}
                return others
            }
            #expect(try await others.value == 1)
            await writer.close()
        }
    }

    @Test func `a record that ended repeats its outcome; what was deferred, or was rejected and redriven, ends anew`() async throws {
        try await World.with { world async throws in
            let rejection = Rejection(.parseFailed, .parse, "broken")
            _ = try await write(
                world,
                [outcome(world, .indexed, offset: 1), outcome(world, .deferred, offset: 2), outcome(world, .rejected, offset: 3, rejection: rejection)])
            let again = try await write(world, [1, 2, 3].map { outcome(world, .unchanged, offset: $0) })
            let kinds = Dictionary(uniqueKeysWithValues: try #require(again).map { ($0.position.offset, $0.kind) })
            #expect(kinds == [1: .indexed, 2: .unchanged, 3: .rejected])
            let redriven = OutboxEntry(outcome: outcome(world, .indexed, offset: 3).outcome, tenant: world.tenant, isRedriven: true)
            #expect(try await write(world, [redriven])?.map(\.kind) == [.indexed])
        }
    }

    @Test func `what is settled is not left over`() async throws {
        try await World.with { world async throws in
            let told = try #require(try await write(world, [outcome(world, .indexed, offset: 1), outcome(world, .indexed, offset: 2)]))
            try await world.store.settle([told[0]], [], group: World.generationGroup)
            let left = try await world.store.unpublishedOutcomes(world.generationClaim.key, group: World.generationGroup, olderThan: .zero, limit: 9)
            #expect(left.map(\.position.offset) == [2])
            let young = try await world.store.unpublishedOutcomes(
                world.generationClaim.key, group: World.generationGroup, olderThan: .seconds(600), limit: 9)
            #expect(young == [])
        }
    }
}
