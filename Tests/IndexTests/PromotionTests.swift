import Contract
import Index
import Postgres
import Testing

/// What a promotion takes over from the generation that steps back, and what it waits for; and what a dropped one leaves.
@Suite(.needsDatabase) struct PromotionTests {
    private static func strings(_ world: World, _ sql: String) async throws -> [String] {
        try await world.database.withSession { try $0.strings(sql) }
    }

    private static func change(_ world: World, _ sql: String) async throws {
        try await world.database.withSession { try $0.executeScript(sql) }
    }

    /// How far a generation has come in a partition.
    private static func stand(_ world: World, _ group: String, at next: Int64, partition: Int32 = 0, incarnation: Int32? = nil) async throws {
        try await change(
            world,
            """
            insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
            values ('\(group)', \(incarnation ?? world.registrarClaim.key.incarnation), \(partition), \(next), 0)
            on conflict (consumer_group, incarnation_id, partition) do update set next_offset = excluded.next_offset
            """)
    }

    private static func end(
        _ world: World, _ group: String, _ offset: Int64, _ outcome: String, speaks: Bool, isTold: Bool = false, partition: Int32 = 0
    ) async throws {
        try await change(
            world,
            """
            insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome, speaks, published_at)
            values ('\(group)', \(world.registrarClaim.key.incarnation), \(partition), \(offset), \(world.tenant.value), '\(outcome)', \(speaks),
                case when \(isTold) then now() end)
            """)
    }

    private static func promote(_ world: World, _ next: Generation, empty: [PartitionBehind] = []) async throws -> Promotion {
        try await world.administration.promote(next.number, inPlaceOf: world.generation.number, empty: empty, detail: [:])
    }

    private static func outcomes(_ world: World, _ group: String) async throws -> [String] {
        try await strings(
            world,
            """
            select concat_ws(' ', partition, record_offset, outcome, case when speaks then 'speaks' end) from outcome where consumer_group = '\(group)'
            order by partition, record_offset
            """)
    }

    @Test func `it is behind what can be read, and not what was in a topic that was made anew, nor what is empty`() async throws {
        try await World.with { world async throws in
            let next = try await world.generation(named: "g2")
            let old = world.registrarClaim.key.incarnation
            try await Self.stand(world, world.generation.group, at: 7)
            #expect(try await world.administration.behind(next, live: world.generation).map(\.offsets) == [0..<7])
            guard case .behind(let behind) = try await Self.promote(world, next) else {
                Issue.record("it has come to nothing")
                return
            }
            #expect(behind.map(\.key.incarnation) == [old] && behind.map(\.topic) == ["sluice.documents"])
            let newer = try await world.store.incarnation(topic: "sluice.documents", brokerID: "two")
            #expect(try await world.administration.behind(next, live: world.generation) == [])
            try await Self.stand(world, world.generation.group, at: 3, incarnation: newer)
            let left = try await world.administration.behind(next, live: world.generation)
            #expect(left.map(\.key.incarnation) == [newer])
            // What is looked at is what nothing is left of; what comes behind it is waited for.
            try await Self.stand(world, world.generation.group, at: 4, incarnation: newer)
            guard case .behind(let more) = try await Self.promote(world, next, empty: left) else {
                Issue.record("a record was passed over")
                return
            }
            #expect(more.map(\.offsets) == [3..<4])
            guard case .done = try await Self.promote(world, next, empty: more) else {
                Issue.record("nothing is left, and it is not promoted")
                return
            }
        }
    }

    @Test func `it takes the place of the one it was compared with, and of no other`() async throws {
        try await World.with { world async throws in
            let (next, other) = (try await world.generation(named: "g2"), try await world.generation(named: "g3"))
            guard case .done = try await Self.promote(world, other) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await Self.promote(world, next) == .changed(live: "g3"))
            #expect(try await Self.promote(world, other) == .unchanged)
            #expect(try await Self.strings(world, "select name from generation where is_live") == ["g3"])
        }
    }

    @Test func `what waits in the one that steps back, and was refused in silence, is tried again by one that speaks`() async throws {
        try await World.with { world async throws in
            let next = try await world.generation(named: "g2")
            try await Self.change(
                world,
                """
                insert into document (tenant_id, source, subject) values (\(world.tenant.value), 'wiki', 'd');
                insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, header_names, header_values,
                    reason, due_at)
                select tenant_id, \(world.generation.number.value), document_id, \(world.registrarClaim.key.incarnation), 0, 5, 5, '{}', '{}', 'it waits', now()
                from document where subject = 'd';
                """)
            for group in [world.generation.group, next.group] { try await Self.stand(world, group, at: 9) }
            try await Self.end(world, world.generation.group, 5, "deferred", speaks: true, isTold: true)
            try await Self.end(world, next.group, 5, "rejected", speaks: false)
            guard case .done = try await Self.promote(world, next) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await Self.outcomes(world, next.group) == ["0 5 deferred"])
            let waiting = "select record_offset::text from deferred where generation_id = \(next.number.value)"
            #expect(try await Self.strings(world, waiting) == ["5"])
        }
    }

    @Test func `of a partition that the one before never had, all is told from now on, and what was refused comes again`() async throws {
        try await World.with { world async throws in
            let next = try await world.generation(named: "g2")
            try await Self.change(world, "delete from applied_position")
            let old = world.registrarClaim.key.incarnation
            try await Self.stand(world, next.group, at: 9, partition: 1)
            try await Self.end(world, next.group, 2, "indexed", speaks: false, partition: 1)
            try await Self.end(world, next.group, 4, "rejected", speaks: false, partition: 1)
            guard case .done = try await Self.promote(world, next) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await Self.outcomes(world, next.group) == ["1 2 indexed speaks"])
            #expect(try await Self.strings(world, "select next_offset::text from applied_position where consumer_group = '\(next.group)'") == ["4"])
            // Not so where the topic was made anew since: what is told of it was told long ago.
            let third = try await world.generation(named: "g3")
            try await Self.stand(world, third.group, at: 9, partition: 2)
            try await Self.end(world, third.group, 2, "indexed", speaks: false, partition: 2)
            #expect(try await world.store.incarnation(topic: "sluice.documents", brokerID: "two") != old)
            guard case .done = try await world.administration.promote(third.number, inPlaceOf: next.number, detail: [:]) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await Self.outcomes(world, third.group) == ["2 2 indexed"])
        }
    }

    @Test func `a dropped one leaves what it had to tell to the live one, and its name to nobody before its outcomes are gone`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            let next = try await world.generation(named: "g2")
            try await Self.end(world, next.group, 1, "indexed", speaks: true)
            try await Self.end(world, next.group, 2, "indexed", speaks: true)
            try await Self.end(world, next.group, 3, "indexed", speaks: true, isTold: true)
            try await Self.end(world, world.generation.group, 2, "superseded", speaks: false)
            #expect(try await admin.drop(next, detail: [:]))
            #expect(try await Self.outcomes(world, world.generation.group) == ["0 1 indexed speaks", "0 2 superseded speaks"])
            let again = { try await admin.createGeneration(name: "g2", embeddingSpace: "test", dimension: World.dimension, chunker: "c", parser: "p") }
            #expect(try await !again())
            #expect(try await admin.wasDropped("g2"))
            #expect(try await !admin.wasDropped("g1"))
            #expect(try await admin.generations().map(\.state) == [.live, .dropped])
            var steps = 0
            while try await admin.sweepDropped(next.number) != nil { steps += 1 }
            #expect(steps > 0)
            #expect(try await Self.outcomes(world, next.group) == [])
            #expect(try await admin.generations().map(\.state) == [.live])
            #expect(try await again())
            // Those of the new one are its own.
            try await Self.end(world, next.group, 4, "indexed", speaks: false)
            #expect(try await admin.sweepDropped(next.number) == nil)
            #expect(try await Self.outcomes(world, next.group) == ["0 4 indexed"])
        }
    }

    @Test func `an older version than the live one's is counted, where it is not on its way`() async throws {
        try await World.with { world async throws in
            let next = try await world.generation(named: "g2")
            try await world.index(facts: [world.exists("a", world.version(1))], [world.content("a", world.version(1), "one")])
            try await Self.change(
                world,
                """
                insert into rendition select tenant_id, \(next.number.value), document_id, state, sequence, highest_sequence, digest, incarnation_id, partition,
                    record_offset, record_time, settled_token, container_id, container_list_id, expires_at, chunks from rendition;
                """)
            try await world.index(facts: [world.exists("a", world.version(5, value: "two"))], [world.content("a", world.version(5, value: "two"), "two")])
            func older() async throws -> [Int64] {
                let one = try #require(try await world.administration.compare(world.generation, next).first { $0.tenant == World.tenantID })
                return [one.missing, one.otherVersion, one.older, one.olderWaiting]
            }
            try await Self.stand(world, next.group, at: 5)
            #expect(try await older() == [0, 1, 0, 0])
            try await Self.stand(world, next.group, at: 6)
            #expect(try await older() == [0, 1, 1, 0])
            #expect(try await world.administration.differences(world.generation.number, next.number, limit: 5).map(\.kind) == [.older])
            // The other way round it is newer.
            #expect(try await world.administration.compare(next, world.generation).first?.older == 0)
            try await Self.change(
                world,
                """
                insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, header_names, header_values,
                    reason, due_at)
                select tenant_id, \(next.number.value), document_id, incarnation_id, 0, 5, 5, '{}', '{}', 'it waits', now() from document where subject = 'a'
                """)
            #expect(try await older() == [0, 1, 1, 1])
        }
    }

    @Test func `what began late stays so when it is given up, or was one tenant's, until it has all stored texts`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            let next = try await world.generation(named: "g2")
            let key = world.registrarClaim.key
            func start(_ from: Int64?, source: Generation? = nil) async throws -> Reindex {
                let order = ReindexOrder(
                    extents: [PartitionExtent(key: key, offsets: 0..<100)], start: from.map { [key: $0] }, begins: from.map { "0=\($0)" }, rate: nil,
                    documents: 0,
                    source: source, reason: nil)
                let number = try #require(try await admin.startReindex(into: next, tenant: nil, order))
                return try #require(try await admin.reindexes().first { $0.number == number })
            }
            let late = try await start(50)
            #expect(late.begins == "0=50" && late.total == 50)
            #expect(try await admin.beginning(of: next) == .late)
            #expect(try await admin.cancelReindex(late))
            #expect(try await admin.beginning(of: next) == .late)
            let stored = try await start(nil, source: world.generation)
            #expect(try await admin.beginning(of: next) == .regular)
            #expect(try await admin.cancelReindex(stored))

            let limited = try await world.generation(named: "g3")
            try await Self.change(world, "update generation set only_tenant = \(world.tenant.value) where name = 'g3'")
            try await Self.stand(world, limited.group, at: 0)
            guard case .done = try await Self.promote(world, limited) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await admin.beginning(of: limited) == .late)
        }
    }

    @Test func `a reindex waits for no offset that nothing is left at`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            let next = try await world.generation(named: "g2")
            let incarnation = world.registrarClaim.key.incarnation
            // All of one was deleted before; of the other the last offsets are no records.
            let extents = [
                PartitionExtent(key: PartitionKey(incarnation: incarnation, partition: 0), offsets: 100..<100),
                PartitionExtent(key: PartitionKey(incarnation: incarnation, partition: 1), offsets: 0..<10),
            ]
            let order = ReindexOrder(extents: extents, start: nil, rate: nil, documents: 0, source: nil, reason: nil)
            _ = try await admin.startReindex(into: next, tenant: nil, order)
            try await Self.stand(world, next.group, at: 9, partition: 1)
            let open = try await admin.openWatermarks()
            #expect(open.map(\.left.key.partition) == [1] && open.map(\.left.offsets) == [9..<10])
            #expect(try await admin.reindexes().first?.finishedAt == nil)
            try await admin.close(open)
            let reindex = try #require(try await admin.reindexes().first)
            #expect(reindex.finishedAt != nil && reindex.done == 9 && reindex.total == 9)
        }
    }
}
