import Contract
import Digest
import Index
import Postgres
import Testing

/// Generations that are made of another one's texts, and what waits meanwhile.
@Suite(.needsDatabase) struct StoredReindexTests {
    private static func strings(_ world: World, _ sql: String) async throws -> [String] {
        try await world.database.withSession { try $0.strings(sql) }
    }

    private static func change(_ world: World, _ sql: String) async throws {
        try await world.database.withSession { try $0.executeScript(sql) }
    }

    private static func start(_ world: World, into generation: Generation, source: Generation?) async throws -> Reindex {
        let extents = [PartitionExtent(key: world.registrarClaim.key, offsets: 0..<100)]
        let order = ReindexOrder(extents: extents, start: source.map { _ in [:] }, rate: nil, documents: 0, source: source, reason: nil)
        let number = try #require(try await world.administration.startReindex(into: generation, tenant: nil, order))
        return try #require(try await reindex(world, number))
    }

    private static func reindex(_ world: World, _ number: Int32) async throws -> Reindex? {
        try await world.administration.reindexes().first { $0.number == number }
    }

    /// Documents of a tenant that wait in g1, each its own record, of which it was told.
    private static func wait(_ world: World, _ documents: [(subject: String, offset: Int64, cause: DeferralCause)], tenant: TenantNumber? = nil) async throws {
        let (tenant, incarnation) = ((tenant ?? world.tenant).value, world.registrarClaim.key.incarnation)
        for (subject, offset, cause) in documents {
            try await change(
                world,
                """
                insert into document (tenant_id, source, subject) values (\(tenant), 'wiki', '\(subject)') on conflict do nothing;
                insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_value,
                    header_names, header_values, reason, due_at, cause)
                select \(tenant), \(world.generation.number.value), document_id, \(incarnation), 0, \(offset), \(offset), 'secret', '{}', '{}', 'it waits',
                    now() + interval '1 hour', '\(cause.rawValue)' from document where tenant_id = \(tenant) and subject = '\(subject)';
                """)
            try await end(world, "g1", offset, "deferred", speaks: true, tenant: tenant)
        }
    }

    private static func end(_ world: World, _ generation: String, _ offset: Int64, _ outcome: String, speaks: Bool, tenant: Int32? = nil) async throws {
        try await change(
            world,
            """
            insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome, speaks, published_at)
            values ('sluice-ingest-\(generation)', \(world.registrarClaim.key.incarnation), 0, \(offset), \(tenant ?? world.tenant.value), '\(outcome)', \(speaks),
                case when \(speaks) then now() end)
            """)
    }

    private static let waiting = """
        select concat_ws(' ', g.name, n.subject, d.record_offset, case when d.due_at <= now() then 'due' end) from deferred d
        join document n using (tenant_id, document_id) join generation g using (generation_id) where g.name <> 'g1' order by 1
        """

    @Test func `a generation is being filled until a reindex has come to its watermarks and to the end of its slices`() async throws {
        try await World.with { world async throws in
            try await world.upsert("a", world.version(10), "words")
            let next = try await world.generation(named: "g2")
            #expect(try await !world.store.isBeingFilled(next))
            _ = try await Self.start(world, into: next, source: world.generation)
            #expect(try await world.store.isBeingFilled(next))
            try await Self.change(
                world,
                """
                insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
                values ('\(next.group)', \(world.registrarClaim.key.incarnation), \(world.registrarClaim.key.partition), 100, 0)
                on conflict (consumer_group, incarnation_id, partition) do update set next_offset = excluded.next_offset
                """)
            #expect(try await world.store.isBeingFilled(next), "a slice is left")
            try await Self.change(world, "update reindex_slice set finished_at = now()")
            #expect(try await !world.store.isBeingFilled(next))
        }
    }

    @Test func `a generation that is dropped while it is filled lets its source go`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            let (next, other) = (try await world.generation(named: "g2"), try await world.generation(named: "g3"))
            // What is not live, so that nothing else keeps it.
            _ = try await Self.start(world, into: other, source: next)
            #expect(try await admin.isRead(next))
            #expect(try await !admin.drop(next, detail: [:]))
            #expect(try await admin.drop(other, detail: [:]))
            #expect(try await Self.strings(world, "select reindex_id::text from reindex") == [])
            #expect(try await !admin.isRead(next))
            #expect(try await admin.drop(next, detail: [:]))
        }
    }

    @Test func `one that was dropped before, and is unfinished for ever, keeps nothing`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            let (next, other) = (try await world.generation(named: "g2"), try await world.generation(named: "g3"))
            _ = try await Self.start(world, into: other, source: next)
            try await Self.change(world, "update generation set name = 'g3~', dropped_at = now() where name = 'g3'")
            #expect(try await !admin.isRead(next))
            #expect(try await admin.drop(next, detail: [:]))
        }
    }

    @Test func `a cancelled one leaves no positions that its generation has not come to`() async throws {
        try await World.with { world async throws in
            let admin = world.administration
            try await Self.change(world, "update applied_position set next_offset = 7")
            let next = try await world.generation(named: "g2")
            let stored = try await Self.start(world, into: next, source: world.generation)
            #expect(try await admin.appliedOffsets(group: next.group, incarnation: world.registrarClaim.key.incarnation) == [0: 7])
            #expect(try await admin.cancelReindex(stored))
            #expect(try await admin.beginning(of: next) == .nowhere)
            // What was read from the topics was read.
            try await Self.change(
                world, "insert into applied_position select '\(next.group)', incarnation_id, partition, 5, 0 from applied_position limit 1")
            let plain = try await Self.start(world, into: next, source: nil)
            #expect(try await admin.cancelReindex(plain))
            #expect(try await admin.appliedOffsets(group: next.group, incarnation: world.registrarClaim.key.incarnation) == [0: 5])
        }
    }

    @Test func `what waits for its source or for a budget is looked at at once in the new one, and of a deleted tenant nothing waits there`() async throws {
        try await World.with { world async throws in
            try await Self.wait(world, [("a", 1, .reference), ("b", 2, .source), ("c", 3, .budget), ("d", 4, .reference)])
            try await Self.wait(world, [("x", 5, .source)], tenant: world.other)
            try await Self.change(world, "update tenant set deleted_at = now() where name = 'rival'")
            let next = try await world.generation(named: "g2")
            // A record that it has dealt with waits for nothing.
            try await Self.end(world, "g2", 4, "indexed", speaks: false)
            _ = try await Self.start(world, into: next, source: world.generation)
            #expect(try await Self.strings(world, Self.waiting) == ["g2 a 1", "g2 b 2 due", "g2 c 3 due"])
        }
    }

    @Test func `what waits in the generation that steps back waits in the one that takes its place, and is told of once`() async throws {
        try await World.with { world async throws in
            try await Self.wait(world, [("a", 1, .reference), ("b", 2, .reference), ("c", 3, .reference), ("d", 4, .reference)])
            let next = try await world.generation(named: "g2")
            // It has made b, waits for c by itself, and has something newer of d.
            let keys = [PartitionKey(incarnation: world.registrarClaim.key.incarnation, partition: 0)]
            let claim = try #require(try await world.store.claim(keys, group: next.group, generation: next.number).first)
            var batch = GenerationBatch()
            batch.facts = [world.exists("d", world.version(9))]
            batch.renditions = [world.content("d", world.version(9), "newer words")]
            batch.claims = [claim]
            _ = try await world.store.apply(batch, generation: next, group: next.group) { _, _ in [] }
            try await Self.end(world, "g2", 2, "indexed", speaks: false)
            try await Self.end(world, "g2", 3, "deferred", speaks: false)
            try await Self.change(
                world,
                """
                insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, header_names, header_values,
                    reason, due_at)
                select tenant_id, \(next.number.value), document_id, incarnation_id, partition, record_offset, record_time, '{}', '{}', 'by itself', now()
                from deferred where record_offset = 3;
                update applied_position set next_offset = 10;
                """)
            guard case .done = try await world.administration.promote(next.number, inPlaceOf: world.generation.number, detail: [:]) else {
                Issue.record("not promoted")
                return
            }
            #expect(try await Self.strings(world, Self.waiting) == ["g2 a 1", "g2 c 3 due", "g2 d 4"])
            #expect(try await Self.strings(world, "select reason from deferred where record_offset = 3 order by 1") == ["by itself", "it waits"])
            let outcomes = """
                select concat_ws(' ', record_offset, outcome, case when published_at is null then 'to be told' end) from outcome
                where consumer_group = '\(next.group)' and speaks order by 1
                """
            #expect(try await Self.strings(world, outcomes) == ["2 indexed to be told"])
            // Each of the two ends it; the live one tells.
            try await Self.change(world, "update deferred set due_at = now()")
            for (generation, told) in [(world.generation, []), (next, [Int64(1)])] {
                #expect(try await Self.finish(world, "a", 1, in: generation) == told)
            }
            // What is older by now ends by itself, and is told of.
            #expect(try await Self.finish(world, "d", 4, in: next) == [4])
            #expect(try await Self.strings(world, Self.waiting) == ["g2 c 3 due"])
            #expect(try await Self.strings(world, outcomes) == ["1 indexed to be told", "2 indexed to be told", "4 superseded to be told"])
            // What the kept one has made meanwhile is told once it is live again, and nothing else is.
            try await Self.change(world, "update outcome set published_at = now() where consumer_group = '\(next.group)'")
            #expect(try await Self.finish(world, "c", 3, in: world.generation) == [])
            guard case .done = try await world.administration.promote(world.generation.number, inPlaceOf: next.number, detail: [:]) else {
                Issue.record("not rolled back")
                return
            }
            #expect(
                try await Self.strings(
                    world, "select record_offset || ' ' || outcome from outcome where consumer_group = 'sluice-ingest-g1' and speaks and published_at is null")
                    == ["3 indexed"])
        }
    }

    /// Tries a document that waits again, as a worker does.
    /// - Returns: the records that are told of.
    private static func finish(_ world: World, _ subject: String, _ offset: Int64, in generation: Generation) async throws -> [Int64] {
        let waiting = try #require(
            try await world.store.leaseDeferred(generation.number, limit: 9, for: .zero).first { $0.record.position.offset == offset })
        var batch = GenerationBatch()
        batch.facts = [world.exists(subject, world.version(offset))]
        batch.renditions = [world.content(subject, world.version(offset), "words")]
        batch.leases = [world.name(subject): try #require(waiting.lease)]
        let told = try await world.store.apply(batch, generation: generation, group: generation.group) { verdicts, _ in
            verdicts.map { verdict in
                let kind = if case .indexed = verdict { Outcome.Kind.indexed } else { Outcome.Kind.superseded }
                let outcome = Outcome(
                    kind, generation: generation.name, position: waiting.record.position, incarnation: waiting.incarnation, tenant: World.tenantID,
                    recordKey: nil, correlationID: nil, trace: TraceContext())
                return OutboxEntry(outcome: outcome, tenant: world.tenant, speaks: nil)
            }
        }
        return try #require(told).map(\.position.offset)
    }

    @Test func `what a tenant has no room for is refused alone`() async throws {
        try await World.with { world async throws in
            for (offset, subject) in ["a", "b", "c"].enumerated() { try await world.upsert(subject, world.version(Int64(offset)), "words") }
            try await Self.change(
                world, "insert into tenant_quota (tenant_id, documents, bytes, tokens) values (\(world.tenant.value), null, 20, null)")
            let numbers = try await Self.strings(world, "select document_id::text from document where source = 'wiki' and subject < 'd' order by subject")
            let stored = try await world.store.stored(
                numbers.compactMap { Int64($0) }.map { DocumentNumber(tenant: world.tenant, document: $0) }, in: world.generation.number)
            var batch = StoredBatch(of: world.generation.number)
            for (one, text) in zip(stored, ["other", "of more bytes than the tenant may have", "again"]) {
                batch.renditions.append(one.change(World.rendition(of: text), redone: .init(digest: one.content?.digest)))
            }
            #expect(try await world.store.apply(batch, generation: world.generation) == [.indexed(chunks: 1), .overQuota, .indexed(chunks: 1)])
            #expect(
                try await Self.strings(world, "select convert_from(body, 'UTF8') from rendition_content where tenant_id > 0 order by document_id") == [
                    "other", "words", "again",
                ])
        }
    }
}
