import Contract
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct FreshnessTests {
    private static let alice = Index.Claims(tenant: World.tenantID, principals: ["user:alice"])

    private static let silence = "update applied_position set applied_at = now() - interval '61 seconds' where consumer_group = 'sluice-registrar'"

    private func position(_ offset: Int64, _ topic: String = "sluice.documents", partition: Int32 = 0) -> RecordPosition {
        RecordPosition(topic: topic, partition: partition, offset: offset)
    }

    private func settle(_ world: World, _ claim: Claim, _ group: String, to offset: Int64) async throws {
        try await world.store.settle([], [PositionAdvance(claim: claim, from: claim.nextOffset, to: offset)], group: group)
    }

    private func write(_ outcome: String, at offset: Int64, group: String, _ world: World) async throws {
        try await world.database.withSession { session throws in
            _ = try session.query(
                """
                insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome) values ($1, $2, 0, $3, $4, $5)
                on conflict (consumer_group, incarnation_id, partition, record_offset) do update set outcome = excluded.outcome
                """, [.text(group), .int4(world.registrarClaim.key.incarnation), .int8(offset), .int4(world.tenant.value), .text(outcome)])
        }
    }

    @Test func `of permissions a position is reached when the registrar is past it`() async throws {
        try await World.with { world async throws in
            let asked = position(7, "sluice.permissions")
            #expect(try await !world.retrieval.hasReached([asked], of: World.tenantID))
            let incarnation = try await world.store.incarnation(topic: "sluice.permissions", brokerID: "one")
            let claims = try await world.store.claim([PartitionKey(incarnation: incarnation, partition: 0)], group: World.registrarGroup)
            let claim = try #require(claims.first)
            #expect(try await !world.retrieval.hasReached([asked], of: World.tenantID))
            try await settle(world, claim, World.registrarGroup, to: 8)
            #expect(try await world.retrieval.hasReached([asked], of: World.tenantID))
            #expect(try await !world.retrieval.hasReached([asked, position(8, "sluice.permissions")], of: World.tenantID))
            #expect(try await !world.retrieval.hasReached([position(0, "sluice.permissions", partition: 1)], of: World.tenantID))
            // The topic was made again: what was reached of the old one says nothing.
            _ = try await world.store.incarnation(topic: "sluice.permissions", brokerID: "two")
            #expect(try await !world.retrieval.hasReached([asked], of: World.tenantID))
        }
    }

    @Test func `of documents a position is reached when that record has its final outcome`() async throws {
        try await World.with { world async throws in
            func isReached(_ offset: Int64) async throws -> Bool { try await world.retrieval.hasReached([position(offset)], of: World.tenantID) }
            #expect(try await !isReached(3))
            try await write("deferred", at: 3, group: World.generationGroup, world)
            #expect(try await !isReached(3))
            // Both groups are past it, and it still waits for what it refers to.
            try await settle(world, world.registrarClaim, World.registrarGroup, to: 10)
            #expect(try await !isReached(5))
            try await settle(world, world.generationClaim, World.generationGroup, to: 10)
            #expect(try await !isReached(3))
            #expect(try await isReached(5))
            try await write("indexed", at: 3, group: World.generationGroup, world)
            #expect(try await isReached(3))
            // Ahead of the position, by the record's own outcome; a group that does not speak does not count.
            try await write("indexed", at: 20, group: "sluice-ingest-g2", world)
            #expect(try await !isReached(20))
            try await write("deleted", at: 20, group: World.registrarGroup, world)
            #expect(try await isReached(20))
        }
    }

    @Test func `positions on a tenant's own topics count for that tenant`() async throws {
        try await World.with { world async throws in
            let incarnation = try await world.store.incarnation(topic: "sluice.permissions.acme", brokerID: "one")
            let claims = try await world.store.claim([PartitionKey(incarnation: incarnation, partition: 0)], group: World.registrarGroup)
            try await settle(world, try #require(claims.first), World.registrarGroup, to: 5)
            let asked = position(4, "sluice.permissions.acme")
            #expect(try await world.retrieval.hasReached([asked], of: World.tenantID))
            #expect(try await !world.retrieval.hasReached([asked], of: World.otherID))
        }
    }

    @Test func `an answer is refused where its positions are not reached, in its own snapshot`() async throws {
        try await World.with { world async throws in
            let asked = try await world.retrieval.ask(as: Self.alice, freshness: Freshness(positions: [position(3)])) { _ in true }
            guard case .notYet = asked else { return #expect(Bool(false), "\(asked)") }
        }
    }

    @Test func `past its staleness a silent registrar's index answers nobody, and again once it goes on`() async throws {
        try await World.with { world async throws in
            func isStale(after limit: Duration) async throws -> Bool {
                let asked = try await world.retrieval.ask(as: Self.alice, freshness: Freshness(maximumStaleness: limit)) { _ in true }
                if case .stale = asked { return true } else { return false }
            }
            #expect(try await !isStale(after: .seconds(60)))
            try await world.database.withSession { try $0.executeScript(Self.silence) }
            #expect(try await isStale(after: .seconds(60)))
            #expect(try await !isStale(after: .seconds(100)))
            // Work is stuck: it is still there, and says so, but not that it goes on.
            try await world.store.confirm([world.registrarClaim], group: World.registrarGroup)
            #expect(try await isStale(after: .seconds(60)))
            try await world.store.confirm([world.registrarClaim], idle: [world.registrarClaim], group: World.registrarGroup)
            #expect(try await !isStale(after: .seconds(60)))
            // A topic that has gone says nothing; a partition of another that nobody looks after says it all.
            _ = try await world.store.incarnation(topic: "sluice.documents", brokerID: "two")
            try await world.database.withSession { try $0.executeScript(Self.silence) }
            #expect(try await !isStale(after: .seconds(60)))
            let incarnation = try await world.store.incarnation(topic: "sluice.memberships", brokerID: "one")
            _ = try await world.store.claim([PartitionKey(incarnation: incarnation, partition: 3)], group: World.registrarGroup)
            try await world.database.withSession { try $0.executeScript(Self.silence) }
            #expect(try await isStale(after: .seconds(60)))
        }
    }
}
