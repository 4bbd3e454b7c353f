import Contract
import Digest
import Index
import Postgres
import Testing

/// Content that came by reference and is asked for again: the version stays, the content becomes another.
@Suite(.needsDatabase) struct ReferenceRefreshTests {
    private static func record(_ world: World, _ offset: Int64) -> InboundRecord {
        InboundRecord(
            position: world.version(offset).position.record, timestampMilliseconds: offset, key: Array("acme/wiki/a".utf8), value: Array("{}".utf8),
            headers: [RecordHeader("ce_dataref", "https://host/a"), RecordHeader(name: [0xFF], value: nil)])
    }

    private static func note(_ world: World, _ offset: Int64, tag: String?, delay: Duration = .zero) -> ReferenceNote {
        ReferenceNote(record: record(world, offset), incarnation: world.registrarClaim.key.incarnation, tag: tag, delay: delay)
    }

    /// - Returns: nothing where the batch was stale.
    private static func apply(
        _ world: World, _ change: RenditionChange, facts: [FactChange] = [], note: ReferenceNote?, refreshed: [DueReference] = []
    ) async throws -> RenditionVerdict? {
        var batch = GenerationBatch()
        batch.facts = facts
        batch.renditions = [change]
        batch.references = note.map { [change.name: $0] } ?? [:]
        batch.refreshed = refreshed
        if refreshed.isEmpty { batch.claims = [world.generationClaim] }
        let told = Told<[RenditionVerdict]>()
        let entries = try await world.store.apply(batch, generation: world.generation, group: World.generationGroup) { verdicts, _ in
            told.tell(verdicts)
            return []
        }
        return entries == nil ? nil : try told.heard.first
    }

    private static func index(_ world: World, _ offset: Int64, _ text: String, tag: String?, delay: Duration = .zero) async throws {
        let version = world.version(offset)
        let verdict = try await apply(
            world, world.content("a", version, text), facts: [world.exists("a", version)], note: note(world, offset, tag: tag, delay: delay))
        #expect(verdict == .indexed(chunks: 1))
    }

    private static func refresh(_ world: World, _ due: DueReference, _ offset: Int64, _ text: String, tag: String?) async throws -> RenditionVerdict? {
        let change = RenditionChange(name: world.name("a"), version: world.version(offset), statement: .refreshed(World.rendition(of: text)))
        return try await apply(world, change, note: note(world, offset, tag: tag), refreshed: [due])
    }

    private static func lease(_ world: World) async throws -> [DueReference] {
        try await world.store.leaseReferences(world.generation.number, limit: 9, for: .seconds(60))
    }

    private static func strings(_ world: World, _ sql: String) async throws -> [String] {
        try await world.database.withSession { try $0.strings(sql) }
    }

    private static let content = """
        select concat_ws(' ', convert_from(c.body, 'UTF8'), r.record_offset, r.chunks, k.embedding_text_digest = sha256(c.body)) from rendition_content c
        join rendition r using (tenant_id, generation_id, document_id) join chunk k using (tenant_id, generation_id, document_id) where tenant_id > 0
        """

    @Test func `content that is another takes the place of what was there, in the same version`() async throws {
        try await World.with { world async throws in
            try await Self.index(world, 5, "one", tag: "\"1\"")
            let due = try await Self.lease(world)
            #expect(due.map(\.tag) == ["\"1\""])
            let (kept, published) = (due[0].record, Self.record(world, 5))
            #expect(kept.position == published.position && kept.key == published.key && kept.value == published.value)
            #expect(kept.headers.map(\.name) == published.headers.map(\.name) && kept.headers.map(\.value) == published.headers.map(\.value))
            #expect(try await Self.lease(world).isEmpty)
            #expect(try await Self.refresh(world, due[0], 5, "two", tag: "\"2\"") == .indexed(chunks: 1))
            #expect(try await Self.strings(world, Self.content) == ["two 5 1 t"])
            // A redelivered record changes nothing of it.
            #expect(try await world.upsert("a", world.version(5), "one") == .unchanged(chunks: 1))
            #expect(try await Self.strings(world, Self.content) == ["two 5 1 t"])
            // It is asked for again, by its new tag, and what is the same stays.
            let again = try await Self.lease(world)
            #expect(again.map(\.tag) == ["\"2\""])
            #expect(try await Self.refresh(world, again[0], 5, "two", tag: nil) == .unchanged(chunks: 1))
            #expect(try await Self.lease(world).map(\.tag) == [nil])
        }
    }

    @Test func `whoever has lost the lease writes nothing, and something newer is not overwritten`() async throws {
        try await World.with { world async throws in
            try await Self.index(world, 5, "one", tag: nil)
            let lost = try #require(try await Self.lease(world).first)
            _ = try await Self.strings(world, "update reference_refresh set leased_until = now() - interval '1 second' returning ''")
            let held = try #require(try await Self.lease(world).first)
            #expect(try await Self.refresh(world, lost, 5, "lost", tag: nil) == nil)
            try await world.store.postpone(lost, world.generation.number, by: .seconds(60))
            try await world.store.end(lost, world.generation.number)
            #expect(try await Self.strings(world, Self.content) == ["one 5 1 t"])
            // Published in place: its own note takes the place of the one that is held.
            try await Self.index(world, 6, "newer", tag: nil)
            #expect(try await Self.refresh(world, held, 5, "older", tag: nil) == nil)
            let due = try #require(try await Self.lease(world).first)
            #expect(due.record.offset == 6)
            // A record that is not in force: whatever it refers to is nobody's content.
            #expect(try await Self.refresh(world, due, 5, "older", tag: nil) == .superseded)
            #expect(try await Self.strings(world, Self.content) == ["newer 6 1 t"])
            let peek = try #require(try await world.store.peek([world.name("a")], generation: world.generation.number).values.first)
            #expect(peek.holds(world.version(6)) && !peek.holds(world.version(5)))
        }
    }

    @Test func `what stays is asked for again later, and what is gone is not`() async throws {
        try await World.with { world async throws in
            try await Self.index(world, 5, "one", tag: nil, delay: .seconds(3600))
            #expect(try await Self.lease(world).isEmpty)
            _ = try await Self.strings(world, "update reference_refresh set due_at = now() returning ''")
            let due = try #require(try await Self.lease(world).first)
            try await world.store.postpone(due, world.generation.number, by: .seconds(3600))
            #expect(try await Self.strings(world, "select (due_at > now() + interval '59 minutes' and lease is null)::text from reference_refresh") == ["true"])
            // A deletion takes the note with the content, and so does content that came in the event itself.
            let deletion = RenditionChange(name: world.name("a"), version: world.version(7, isDeletion: true), statement: .deleted)
            try await world.index(facts: [world.deleted("a", world.version(7, isDeletion: true))], [deletion])
            #expect(try await Self.strings(world, "select '' from reference_refresh") == [])
            try await Self.index(world, 8, "two", tag: nil)
            try await world.upsert("a", world.version(9), "inline")
            #expect(try await Self.strings(world, "select '' from reference_refresh") == [])
        }
    }

    // MARK: made of stored texts

    private static func stored(_ world: World) async throws -> StoredRendition {
        let documents = try await strings(world, "select document_id::text from document where subject = 'a'").compactMap { Int64($0) }
        return try #require(
            try await world.store.stored(documents.map { DocumentNumber(tenant: world.tenant, document: $0) }, in: world.generation.number).first)
    }

    /// The stored text, in its own generation or in another one.
    private static func remake(
        _ world: World, _ stored: StoredRendition, in generation: Generation, from digest: [UInt8]? = nil
    ) async throws -> RenditionVerdict? {
        let content = try #require(stored.content)
        var batch = StoredBatch(of: world.generation.number)
        let made = World.rendition(of: String(decoding: content.body, as: UTF8.self))
        batch.renditions = [stored.change(made, redone: digest.map { .init(digest: $0) })]
        return try await world.store.apply(batch, generation: generation)?.first
    }

    private static let notes = """
        select concat_ws(' ', name, record_offset, etag, case when due_at <= now() then 'due' end) from reference_refresh
        join generation using (generation_id) order by 1
        """

    @Test func `what is made of stored texts is asked for again as it would have been`() async throws {
        try await World.with { world async throws in
            try await Self.index(world, 5, "one", tag: "\"1\"", delay: .seconds(3600))
            let next = try await world.generation(named: "g2")
            let read = try await Self.stored(world)
            #expect(try await Self.remake(world, read, in: next) == .indexed(chunks: 1))
            #expect(try await Self.strings(world, Self.notes) == ["g1 5 \"1\"", "g2 5 \"1\""])
            // In place, where what was there goes with its note.
            #expect(try await Self.remake(world, read, in: world.generation, from: read.content?.digest) == .indexed(chunks: 1))
            #expect(try await Self.strings(world, Self.notes) == ["g1 5 \"1\"", "g2 5 \"1\""])
            // The source's content is another by now: what the host calls that is not what was taken.
            _ = try await Self.strings(world, "update reference_refresh set due_at = now() returning ''")
            let due = try #require(try await Self.lease(world).first)
            #expect(try await Self.refresh(world, due, 5, "two", tag: "\"2\"") == .indexed(chunks: 1))
            #expect(try await Self.remake(world, read, in: try await world.generation(named: "g3")) == .indexed(chunks: 1))
            #expect(try await Self.strings(world, Self.notes) == ["g1 5 \"2\" due", "g2 5 \"1\" due", "g3 5 due"])
        }
    }

    @Test func `content that was asked for again meanwhile is not made anew of what it was before`() async throws {
        try await World.with { world async throws in
            try await Self.index(world, 5, "one", tag: nil)
            let read = try await Self.stored(world)
            let due = try #require(try await Self.lease(world).first)
            #expect(try await Self.refresh(world, due, 5, "two", tag: nil) == .indexed(chunks: 1))
            #expect(try await Self.remake(world, read, in: world.generation, from: read.content?.digest) == nil)
            #expect(try await Self.strings(world, Self.content) == ["two 5 1 t"])
            let again = try await Self.stored(world)
            #expect(try await Self.remake(world, again, in: world.generation, from: again.content?.digest) == .indexed(chunks: 1))
            // So does a record that is worked on once more.
            let change = world.content("a", world.version(5), "three")
            let redone = { RenditionChange(name: change.name, version: change.version, statement: change.statement, redone: .init(digest: $0)) }
            #expect(try await world.index([redone(SHA256.hash(Array("one".utf8)))]) == nil)
            #expect(try await world.index([redone(SHA256.hash(Array("two".utf8)))]) == [.indexed(chunks: 1)])
            #expect(try await Self.strings(world, Self.content) == ["three 5 1 t"])
        }
    }
}
