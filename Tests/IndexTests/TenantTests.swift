import Contract
import Digest
import Foundation
import Testing

@testable import Index

/// Tenants that are suspended, held to quotas, or removed.
@Suite(.needsDatabase) struct TenantTests {
    private static func administration(_ world: World) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 4, applicationName: "sluice tests"), actor: "alice@desk")
    }

    /// A store of its own, with room for writers side by side.
    private static func wide(_ world: World) -> IngestionStore {
        IngestionStore(pool: IndexRole.ingest.pool(url: world.database.url, connections: 8, applicationName: "sluice tests"))
    }

    private static func record(_ world: World, _ tenant: TenantID = World.tenantID) async throws -> TenantRecord {
        try #require(try await administration(world).tenantRecord(tenant))
    }

    /// A document everybody may see.
    private static func show(_ subject: String, _ text: String, at offset: Int64, in world: World) async throws {
        try await world.upsert(subject, world.version(offset), text)
        try await world.register(permissions: [world.permission(subject, offset, allow: ["everyone"])])
    }

    private static func batch(_ world: World, _ changes: [RenditionChange]) -> GenerationBatch {
        var batch = GenerationBatch()
        batch.facts = changes.map { change in
            let statement: FactChange.Statement =
                if case .deleted = change.statement { .deleted } else { .exists(DocumentFacts(container: nil, expiresAt: nil)) }
            return FactChange(name: change.name, version: change.version, statement: statement)
        }
        batch.renditions = changes
        batch.claims = [world.generationClaim]
        return batch
    }

    /// - Returns: what was refused for its size or number.
    @discardableResult
    private static func write(_ world: World, _ store: IngestionStore, _ changes: [RenditionChange]) async throws -> Set<Name> {
        do {
            let told = try await store.apply(batch(world, changes), generation: world.generation, group: World.generationGroup) { _, _ in [] }
            #expect(told != nil)
            return []
        } catch let full as QuotaExceeded {
            return full.names
        }
    }

    private static func deletion(_ world: World, _ subject: String, _ offset: Int64) -> RenditionChange {
        RenditionChange(name: world.name(subject), version: world.version(offset, isDeletion: true), statement: .deleted)
    }

    private static func usage(_ world: World) async throws -> [String] {
        try await world.database.withSession { try $0.strings("select concat_ws(' ', documents, bytes, counted) from tenant_usage order by tenant_id") }
    }

    /// What the usage must be, counted anew.
    private static func counted(_ world: World) async throws -> [String] {
        try await world.database.withSession {
            try $0.strings(
                """
                select concat_ws(' ', count(c.body), coalesce(sum(octet_length(c.body)), 0), true) from tenant_usage u
                left join rendition_content c using (tenant_id, generation_id) group by u.tenant_id, u.generation_id order by u.tenant_id
                """)
        }
    }

    // MARK: suspended

    @Test func `nobody of a suspended tenant is answered, and nothing of it is lost`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            try await Self.show("a", "words", at: 1, in: world)
            #expect(try await world.visible(["a"], to: ["everyone"]) == [true])
            #expect(try await store.suspend(World.tenantID, reason: "unpaid"))
            #expect(try await !store.suspend(World.tenantID, reason: "unpaid"))
            let asked = try await world.retrieval.ask(as: Index.Claims(tenant: World.tenantID, principals: ["everyone"])) { _ in true }
            guard case .unknownTenant = asked else { return #expect(Bool(false), "it was answered") }
            #expect(try await world.retrieval.standing(of: World.tenantID) == .suspended)
            #expect(try await world.retrieval.standing(of: World.otherID) == .active)
            #expect(try await world.retrieval.standing(of: TenantID("nobody")!) == .unregistered)
            // A worker of the version before claims by the very statements: it has no number to claim.
            let rows = try await world.database.withSession(as: IndexRole.retrieval.rawValue) { session throws in
                try session.executeScript("begin")
                _ = try session.execute(.claimTenantName, [.text(World.tenantID.text)])
                return try session.execute(.claimTenant).count
            }
            #expect(rows == 0)
            // What comes meanwhile is there when it is resumed.
            try await Self.show("b", "more words", at: 2, in: world)
            #expect(try await store.resume(World.tenantID, reason: "paid"))
            #expect(try await world.visible(["a", "b"], to: ["everyone"]) == [true, true])
            let lines = try await world.database.withSession {
                try $0.strings(
                    "select action || ' ' || (detail->>'reason') from audit_log where action in ('tenant.suspend', 'tenant.resume') order by entry")
            }
            #expect(lines == ["tenant.suspend unpaid", "tenant.resume paid"])
            #expect(try await store.verifyAudit().flaws == [])
        }
    }

    // MARK: paused sources

    @Test func `who puts a document off for a source that is resumed meanwhile is told to look again`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            let record = InboundRecord(
                position: world.version(1).position.record, timestampMilliseconds: 1, key: Array("acme/wiki/a".utf8), value: Array("{}".utf8), headers: [])
            let waiting = RenditionChange(
                name: world.name("a"), version: world.version(1),
                statement: .deferred(
                    Deferral(
                        record: record, incarnation: world.registrarClaim.key.incarnation, cause: .source, host: nil, reason: "paused", delay: .seconds(1 << 30)
                    )))
            #expect(try await world.indexing([waiting]) == nil)
            #expect(try await store.pause(SourceName("wiki")!, of: World.tenantID, reason: "migration"))
            #expect(try await world.indexing([waiting])?.verdicts == [.deferred])
            #expect(try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60)).isEmpty)
            #expect(try await store.retryDeferred(DeferredFilter(tenant: World.tenantID)) == 0)
            #expect(try await store.dropDeferred(DeferredFilter(tenant: World.tenantID)) == 0)
            #expect(try await store.sources(of: World.tenantID).map { "\($0.source) \($0.waiting) \($0.pausedAt != nil)" } == ["wiki 1 true"])
            let (terms, _) = try await world.store.terms(of: [world.tenant, world.other], generation: world.generation)
            #expect(terms[world.tenant]?.isPaused(SourceName("wiki")!) == true && terms[world.other]?.isPaused(SourceName("wiki")!) == false)
            #expect(try await store.resume(SourceName("wiki")!, of: World.tenantID, reason: "done") == 1)
            #expect(try await store.resume(SourceName("wiki")!, of: World.tenantID, reason: "done") == nil)
            let due = try await world.store.leaseDeferred(world.generation.number, limit: 9, for: .seconds(60))
            #expect(due.map(\.cause) == [.source] && due.map(\.record.offset) == [1])
        }
    }

    // MARK: quotas

    @Test func `room is for documents that are new, and for texts that grow`() {
        var room = Allowance(maximumDocuments: 2, maximumBytes: 10, documents: 1, bytes: 8)
        let changes: [(old: Int64?, new: Int64?, fits: Bool)] = [
            (nil, 3, false), (nil, 2, true), (nil, 0, false), (8, 9, false), (8, 8, true), (8, 1, true), (2, nil, true), (nil, 9, true),
        ]
        for change in changes {
            let fits = room.replace(change.old, by: change.new)
            #expect(fits == change.fits, "\(change)")
        }
        var full = Allowance(maximumDocuments: 1, maximumBytes: 1, documents: 5, bytes: 9)
        let fitting = [full.replace(4, by: 3), full.replace(3, by: 4), full.replace(3, by: nil), full.replace(nil, by: 0)]
        #expect(fitting == [true, false, true, false])
        var unlimited = Allowance(maximumDocuments: nil, maximumBytes: nil, documents: 0, bytes: 0)
        let fits = unlimited.replace(nil, by: 1 << 40)
        #expect(fits)
    }

    @Test func `of many writers at once as many succeed as there is room for`() async throws {
        try await World.with { world async throws in
            let store = Self.wide(world)
            _ = try await Self.administration(world).setQuota(TenantQuota(documents: 7), of: Self.record(world), reason: nil)
            let refused = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for writer in 0..<8 {
                    tasks.addTask {
                        var refused = 0
                        for number in 0..<5 {
                            let change = world.content("d\(writer)-\(number)", world.version(Int64(writer * 100 + number)), "words")
                            refused += try await Self.write(world, store, [change]).count
                        }
                        return refused
                    }
                }
                return try await tasks.reduce(0, +)
            }
            #expect(refused == 33)
            #expect(try await Self.usage(world) == ["7 35 t"])
            #expect(try await Self.usage(world) == Self.counted(world))
        }
    }

    @Test func `an update is never one document too many, and a deletion gives room back`() async throws {
        try await World.with { world async throws in
            _ = try await Self.administration(world).setQuota(TenantQuota(documents: 2, bytes: 20), of: Self.record(world), reason: nil)
            let a = [world.content("a", world.version(1), "12345"), world.content("b", world.version(2), "12345")]
            #expect(try await Self.write(world, world.store, a) == [])
            #expect(try await Self.write(world, world.store, [world.content("c", world.version(3), "1")]) == [world.name("c")])
            #expect(try await Self.write(world, world.store, [world.content("a", world.version(4), "123456789012345")]) == [])
            #expect(try await Self.write(world, world.store, [world.content("a", world.version(5), "1234567890123456")]) == [world.name("a")])
            // In one wave: the room of what goes is there for what comes.
            let swap = [Self.deletion(world, "b", 6), world.content("c", world.version(7), "12345")]
            #expect(try await Self.write(world, world.store, swap) == [])
            #expect(try await Self.usage(world) == ["2 20 t"])
            // Another tenant's documents are none of its business, and a generation that is built only counts.
            #expect(try await Self.write(world, world.store, [world.content("z", world.version(8), "words", tenant: world.other)]) == [])
            try await world.database.withSession { try $0.executeScript("update generation set is_live = false where generation_id > 0") }
            let built = try #require(try await world.store.generations().first)
            let batch = Self.batch(world, [world.content("d", world.version(9), "words")])
            #expect(try await world.store.apply(batch, generation: built, group: World.generationGroup) { _, _ in [] } != nil)
            #expect(try await Self.usage(world) == ["3 25 t"])
            // Whoever removes rows, and from wherever: what is sent after them by references counts as well.
            try await world.database.withSession(as: IndexRole.admin.rawValue) {
                try $0.executeScript("delete from rendition where tenant_id = \(world.tenant.value)")
            }
            #expect(try await Self.usage(world) == ["0 0 t"])
        }
    }

    @Test func `what was there before a quota counts, whoever writes meanwhile`() async throws {
        try await World.with { world async throws in
            let store = Self.wide(world)
            for number in 0..<20 { try await world.upsert("old\(number)", world.version(Int64(number)), "words") }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for writer in 0..<3 {
                    tasks.addTask {
                        for number in 0..<30 {
                            let offset = Int64(1000 + writer * 1000 + number)
                            let change =
                                number % 3 == 2
                                ? Self.deletion(world, "old\(writer * 5 + number / 6)", offset)
                                : world.content("new\(writer)-\(number)", world.version(offset), String(repeating: "x", count: number + 1))
                            try await Self.write(world, store, [change])
                        }
                    }
                }
                tasks.addTask {
                    // Set, and counted anew each time as if it were the first.
                    for _ in 0..<5 {
                        try await world.database.withSession { try $0.executeScript("delete from tenant_quota") }
                        _ = try await Self.administration(world).setQuota(TenantQuota(documents: 1000), of: Self.record(world), reason: nil)
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(try await Self.usage(world) == Self.counted(world))
            let record = try await Self.record(world)
            #expect(record.isCounted && record.quota == TenantQuota(documents: 1000) && record.usage?.documents ?? 0 > 20)
        }
    }

    @Test func `a budget is spent once, whoever spends it`() async throws {
        try await World.with { world async throws in
            let store = Self.wide(world)
            func order(_ name: String, _ tokens: Int64) -> EmbeddingOrder {
                EmbeddingOrder(tokens: [EmbeddingKey(tenant: world.tenant, digest: SHA256.hash(Array(name.utf8))): tokens])
            }
            let granted = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for spender in 0..<8 {
                    tasks.addTask {
                        let orders = (0..<4).map { order("\(spender)-\($0)", 10) }
                        return try await store.spend(orders, of: world.tenant, budget: 155).verdicts.filter { $0 == .granted }.count
                    }
                }
                return try await tasks.reduce(0, +)
            }
            #expect(granted == 15)
            #expect(try await Self.record(world).tokensToday == 150)
            let rest = try await store.spend([order("a", 156), order("b", 6), order("c", 5), order("c", 5), order("d", 1)], of: world.tenant, budget: 155)
            #expect(rest.verdicts == [.never, .tomorrow, .granted, .granted, .tomorrow])
            #expect(rest.untilTomorrow > .zero && rest.untilTomorrow <= .seconds(86_400))
            // Another day, and another tenant.
            #expect(try await store.spend([order("x", 100)], of: world.other, budget: 155).verdicts == [.granted])
            try await world.database.withSession { try $0.executeScript("update tenant_spending set day = day - 1") }
            #expect(try await Self.record(world).tokensToday == 0)
            #expect(try await store.spend([order("e", 155)], of: world.tenant, budget: 155).verdicts == [.granted])
        }
    }

    // MARK: removal

    @Test func `no table of tenants' rows is forgotten`() async throws {
        try await World.with { world async throws in
            let (tables, named, undeletable) = try await world.database.withSession { session throws in
                let named = try session.strings(
                    "select table_name::text from information_schema.columns where table_schema = 'sluice' and column_name = 'tenant_id'")
                let undeletable = named.filter { name in
                    (try? session.query("select has_table_privilege('sluice_admin', 'sluice.' || $1, 'delete')", [.text(name)]).bool(0, 0)) != true
                }
                return (try TenantTable.all(session).map(\.name), Set(named), Set(undeletable))
            }
            let views: Set<String> = ["shown"]
            #expect(Set(tables) == named.subtracting(views).subtracting(["tenant", "audit_log"]))
            #expect(undeletable == views.union(["tenant", "audit_log"]))
            // What refers to others goes before them.
            let places = Dictionary(uniqueKeysWithValues: tables.enumerated().map { ($1, $0) })
            for (child, parent) in [("chunk", "rendition"), ("rendition", "document"), ("access_entry", "principal_set"), ("access_list", "principal_set")] {
                #expect(try #require(places[child]) < #require(places[parent]))
            }
            #expect(tables.last == "index_change")
        }
    }

    /// Rows in every table there is.
    private static func fill(_ world: World) async throws {
        try await show("a", "words", at: 1, in: world)
        try await world.upsert("a", world.version(2), "words", in: "box")
        try await world.register(
            permissions: [world.permission("box", 3, allow: ["user:alice"], parent: "root")],
            memberships: [MembershipChange(name: world.name("staff"), version: world.version(4), statement: .members(World.principals(["user:bob"])))],
            namings: [SnapshotNaming(name: world.name("a"), snapshot: SnapshotID("s1")!, position: world.version(5).position)])
        _ = try await administration(world).setQuota(TenantQuota(documents: 100, tokens: 100), of: record(world), reason: nil)
        _ = try await administration(world).pause(SourceName("wiki")!, of: World.tenantID, reason: "why")
        try await administration(world).setRetention(RetentionRule(ageDays: 365), of: World.tenantID, source: nil, reason: "why")
        let order = EmbeddingOrder(tokens: [EmbeddingKey(tenant: world.tenant, digest: [1]): 1])
        _ = try await world.store.spend([order], of: world.tenant, budget: 100)
        try await world.database.withSession { session throws in
            try session.executeScript(
                """
                insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome)
                select 'g', incarnation_id, 0, o, t.tenant_id, 'indexed' from topic_incarnation i, tenant t, generate_series(1, 9) o
                where i.topic = 'sluice.documents' and t.name = 'acme';
                insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, header_names, header_values,
                    reason, due_at)
                select d.tenant_id, g.generation_id, d.document_id, i.incarnation_id, 0, 1, 1, '{}', '{}', 'away', now()
                from document d, generation g, topic_incarnation i
                where d.subject = 'a' and d.tenant_id > 0 and g.generation_id > 0 and i.topic = 'sluice.documents';
                insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding) select tenant_id, 's', 'x', '[1]' from tenant where name = 'acme';
                insert into chunk_terms (tenant_id, generation_id, document_id, ordinal, terms)
                select tenant_id, generation_id, document_id, 0, 'x' from rendition where tenant_id > 0;
                insert into reference_refresh (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, header_names,
                    header_values, due_at)
                select c.tenant_id, c.generation_id, c.document_id, i.incarnation_id, 0, 1, 1, '{}', '{}', now()
                from rendition_content c, topic_incarnation i where c.tenant_id > 0 and i.topic = 'sluice.documents';
                with r as (
                    insert into reindex (generation_id, only_tenant, actor) select g.generation_id, t.tenant_id, 'a' from generation g, tenant t
                    where g.generation_id > 0 and t.name = 'acme' returning reindex_id, only_tenant)
                insert into reindex_slice (reindex_id, slice, tenant_id, first_document, last_document, documents)
                select reindex_id, 1, only_tenant, 1, 1, 1 from r;
                insert into retention_deletion (tenant_id, document_id, incarnation_id, partition, from_offset, judged_incarnation_id, judged_offset)
                select d.tenant_id, d.document_id, i.incarnation_id, 0, 1, i.incarnation_id, 0
                from document d, topic_incarnation i where d.tenant_id > 0 and i.topic = 'sluice.documents';
                insert into erasure_key (tenant_id, key) select tenant_id, sha256('key') from tenant where name = 'acme';
                insert into answer_log (chain, entry, at, tenant, documents, detail, previous_hash, hash) values ('c', 1, now(), 'acme', '{}', '{}', '', '');
                insert into answer_text (chain, entry, salt, query_text, erase_after) values ('c', 1, '', 'a question', now() + interval '1 day');
                """)
        }
    }

    private static func rows(_ world: World, of tenant: TenantNumber) async throws -> [String: Int64] {
        try await world.database.withSession { session throws in
            var rows: [String: Int64] = [:]
            for table in try TenantTable.all(session) {
                rows[table.name] = try session.query("select count(*) from \(table.name) where tenant_id = \(tenant.value)").int64(0, 0)
            }
            return rows
        }
    }

    @Test func `a tenant that is removed leaves no row, and others keep theirs`() async throws {
        try await World.with { world async throws in
            let store = Self.administration(world)
            try await Self.fill(world)
            let other = [world.content("z", world.version(50), "words", tenant: world.other)]
            try await Self.write(world, world.store, other)
            let before = try await Self.rows(world, of: world.tenant)
            #expect(before.filter { $0.value == 0 }.keys.sorted() == [])
            let others = try await Self.rows(world, of: world.other)
            #expect(try await store.beginDeletion(of: World.tenantID, reason: "contract ended"))
            #expect(try await !store.beginDeletion(of: World.tenantID, reason: "again"))
            // From the first moment.
            #expect(try await world.retrieval.standing(of: World.tenantID) == .unregistered)
            #expect(try await world.store.tenants() == [World.otherID: world.other])
            await #expect(throws: IndexError.tenantGone) { try await world.upsert("late", world.version(60), "words") }
            await #expect(throws: IndexError.tenantGone) { try await world.register(facts: [world.deleted("a", world.version(61))]) }

            // Somebody stopped it half-way; it goes on.
            try await world.database.withSession { try $0.executeScript("delete from chunk where tenant_id = \(world.tenant.value)") }
            let marked = try await Self.record(world)
            #expect(marked.state == .deleting)
            let removed = try await store.removeRows(of: marked) { _ in }
            #expect(removed["outcome"] == 9 && removed["answer_text"] == 1 && removed["chunk"] == nil)
            #expect(try await Self.rows(world, of: world.tenant).values.allSatisfy { $0 == 0 })
            #expect(try await Self.rows(world, of: world.other) == others)
            #expect(try await world.database.withSession { try $0.strings("select tenant from answer_log") } == ["acme"])
            #expect(try await store.removeRows(of: marked) { _ in } == [:])
            try await store.endDeletion(of: marked, removed: removed, topics: ["sluice.results.acme"])

            // Known to have been, and its name is free.
            #expect(try await store.tenantRecords().map { "\($0.tenant) \($0.state.rawValue)" } == ["acme deleted", "rival active"])
            #expect(try await store.tenantRecord(World.tenantID) == nil)
            #expect(try await store.createTenant(World.tenantID))
            #expect(try await world.store.tenants()[World.tenantID] != world.tenant)
            #expect(try await store.verifyAudit().flaws == [])
            let lines = try await world.database.withSession {
                try $0.strings("select concat_ws(' ', action, tenant_id, detail->>'reason') from audit_log where action like 'tenant.delete%' order by entry")
            }
            #expect(lines == ["tenant.delete \(world.tenant.value) contract ended", "tenant.deleted \(world.tenant.value)"])
        }
    }
}
