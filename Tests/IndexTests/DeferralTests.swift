import Contract
import Testing

@testable import Index

/// Documents that wait for what they refer to.
@Suite(.needsDatabase) struct DeferralTests {
    private func deferral(_ world: World, _ version: EventVersion, sequence: Int64? = nil) -> RenditionChange {
        var headers = [("ce_id", "id"), ("ce_type", EventType.documentUpserted.rawValue), ("ce_specversion", "1.0"), ("ce_dataref", "https://away/")]
        if let sequence { headers.append(("ce_sequence", "\(sequence)")) }
        let record = InboundRecord(
            position: version.position.record, timestampMilliseconds: version.position.timestampMilliseconds, key: Array("acme/wiki/a".utf8),
            value: Array("{}".utf8), headers: headers.map { RecordHeader($0, $1) })
        return RenditionChange(
            name: world.name("a"), version: version,
            statement: .deferred(
                Deferral(record: record, incarnation: version.position.incarnation, host: "away", reason: "it is away", delay: .zero)))
    }

    private func waiting(_ world: World) async throws -> [Int64] {
        try await world.database.withSession { session in
            let rows = try session.query("select record_offset from deferred order by 1")
            return try (0..<rows.count).map { try rows.int64($0, 0) }
        }
    }

    @Test func `a newer event of the document replaces the waiting one, an older one does not`() async throws {
        try await World.with { world async throws in
            #expect(try await world.indexing([deferral(world, world.version(5))])?.verdicts == [.deferred])
            let older = try await world.indexing([world.content("a", world.version(3), "older words")])
            #expect(older?.verdicts == [.indexed(chunks: 1)] && older?.superseded == [])
            #expect(try await waiting(world) == [5])
            let newer = try await world.indexing([world.content("a", world.version(7), "newer words")])
            #expect(newer?.verdicts == [.indexed(chunks: 1)] && newer?.superseded == [5])
            #expect(try await waiting(world) == [])
        }
    }

    @Test func `of two that wait the newer version stays, in whatever order they come`() async throws {
        try await World.with { world async throws in
            _ = try await world.indexing([deferral(world, world.version(1, sequence: 4), sequence: 4)])
            let late = try await world.indexing([deferral(world, world.version(2, sequence: 3), sequence: 3)])
            #expect(late?.verdicts == [.superseded] && late?.superseded == [])
            let next = try await world.indexing([deferral(world, world.version(3, sequence: 5), sequence: 5)])
            #expect(next?.verdicts == [.deferred] && next?.superseded == [1])
            #expect(try await waiting(world) == [3])
        }
    }

    @Test func `a deletion ends the wait`() async throws {
        try await World.with { world async throws in
            _ = try await world.indexing([deferral(world, world.version(1))])
            let deletion = RenditionChange(name: world.name("a"), version: world.version(2, isDeletion: true), statement: .deleted)
            #expect(try await world.indexing([deletion])?.superseded == [1])
            #expect(try await waiting(world) == [])
        }
    }

    @Test func `what is older than the version in force does not wait`() async throws {
        try await World.with { world async throws in
            try await world.upsert("a", world.version(5), "words")
            #expect(try await world.indexing([deferral(world, world.version(3))])?.verdicts == [.superseded])
            #expect(try await waiting(world) == [])
        }
    }

    @Test func `only who holds the lease ends the wait`() async throws {
        try await World.with { world async throws in
            _ = try await world.indexing([deferral(world, world.version(1))])
            let leased = try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60))
            let lease = try #require(leased.first?.lease)
            #expect(leased.map(\.record.offset) == [1] && leased.map(\.attempts) == [1])
            #expect(try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60)).isEmpty)
            let content = [world.content("a", world.version(1), "words")]
            #expect(try await world.indexing(content, leases: [world.name("a"): lease &+ 1]) == nil)
            #expect(try await world.indexing([deferral(world, world.version(1))], leases: [world.name("a"): lease])?.verdicts == [.deferred])
            let again = try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60))
            #expect(again.map(\.attempts) == [2])
            let ended = try await world.indexing(content, leases: [world.name("a"): try #require(again.first?.lease)])
            #expect(ended?.verdicts == [.indexed(chunks: 1)] && ended?.superseded == [])
            #expect(try await waiting(world) == [])
        }
    }
}
