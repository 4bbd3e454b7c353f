import Administration
import Contract
import Foundation
import Index
import Postgres
import Synchronization
import Testing

/// What upkeep takes away, what it leaves, and what it finds.
@Suite(.needsDatabase, .timeLimit(.minutes(2))) struct MaintenanceTests {
    private static func store(_ world: World) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 1, applicationName: "sluice tests"), actor: "alice@desk")
    }

    /// As of a moment some days from now.
    private static func maintenance(
        _ world: World, days: Int = 0, countsOnly: Bool = false, isStopped: @escaping @Sendable () -> Bool = { false }
    ) -> Maintenance {
        let now = Timestamp(microsecondsSinceEpoch: Int64((Date().timeIntervalSince1970 + Double(days) * 86_400) * 1_000_000))
        return Maintenance(store(world), MaintenanceBudget(.seconds(600), isStopped: isStopped), countsOnly: countsOnly, now: now)
    }

    private static let month = Maintenance.Ages(cache: .seconds(30 * 86_400), outcomes: .seconds(30 * 86_400))

    private static func counts(_ finding: MaintenanceFinding) -> [Int] { finding.counts.map(\.number) }

    private static func strings(_ world: World, _ sql: String) async throws -> [String] {
        try await world.database.withSession { try $0.strings(sql) }
    }

    // MARK: cached vectors

    @Test func `vectors of no passage go once they are old, and no others`() async throws {
        try await World.with { world async throws in
            try await SchemaAdministration.plantCanary(databaseURL: world.database.url)
            for (offset, text) in ["used", "elsewhere", "dropped"].enumerated() { try await world.upsert(text, world.version(Int64(offset + 1)), text) }
            try await world.database.withSession {
                // Texts of a generation of another space, and of one that was dropped, are none of this space's.
                try $0.executeScript(
                    """
                    insert into generation (name, embedding_space, dimension, chunker, parser, dropped_at)
                    values ('g2', 'space 2', 4, 'c', 'p', null), ('g3~3', 'space', 4, 'c', 'p', now());
                    alter table chunk disable trigger all;
                    update chunk c set generation_id = g.generation_id from generation g, document d
                    where d.document_id = c.document_id and (d.subject, g.name) in (('elsewhere', 'g2'), ('dropped', 'g3~3'));
                    alter table chunk enable trigger all;
                    insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding, made_at)
                    select t.tenant_id, s.space, sha256(x.text::bytea), '[1,0,0,0]', now() - x.age * interval '1 day'
                    from tenant t, (values ('space'), ('space 2')) s (space),
                        (values ('used', 100), ('elsewhere', 100), ('dropped', 100), ('old', 31), ('young', 29)) x (text, age)
                    where t.name = 'acme';
                    insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding, made_at)
                    select tenant_id, 'space', sha256('used'), '[1,0,0,0]', now() - interval '100 days' from tenant where name = 'rival';
                    insert into embedding_cache (tenant_id, embedding_space, text_digest, embedding, made_at)
                    values (0, 'space', 'canary', '[1]', now() - interval '100 days');
                    """)
            }
            let left = """
                select concat_ws(' ', t.name, e.embedding_space, coalesce(x.text, 'canary')) from embedding_cache e join tenant t using (tenant_id)
                left join unnest(array['used', 'elsewhere', 'dropped', 'old', 'young']) x (text) on sha256(x.text::bytea) = e.text_digest order by 1
                """
            let before = try await Self.strings(world, left)
            let dry = try await Self.maintenance(world, countsOnly: true).pruneCache(Self.month) { _ in }
            #expect(Self.counts(dry) == [7])
            #expect(try await Self.strings(world, left) == before)
            let finding = try await Self.maintenance(world).pruneCache(Self.month) { _ in }
            #expect(Self.counts(finding) == [7] && finding.state == .done)
            #expect(
                try await Self.strings(world, left) == [
                    "$canary space canary", "acme space 2 elsewhere", "acme space 2 young", "acme space used", "acme space young",
                ])
            let again = try await Self.maintenance(world).pruneCache(Self.month) { _ in }
            #expect(Self.counts(again) == [0])
        }
    }

    // MARK: outcomes

    /// Rows of outcomes, all recorded 31 days ago unless said: group, topic, offset, outcome, whether it speaks, whether it was published.
    private static func tell(
        _ world: World, _ rows: [(group: String, topic: String, offset: Int, outcome: String, speaks: Bool, published: Bool, days: Int)]
    ) async throws {
        let values = rows.map { "('\($0.group)', '\($0.topic)', \($0.offset), '\($0.outcome)', \($0.speaks), \($0.published), \($0.days))" }
        try await world.database.withSession {
            try $0.executeScript(
                """
                insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome, speaks, published_at, recorded_at)
                select o.consumer_group, i.incarnation_id, 0, o.record_offset, t.tenant_id, o.outcome, o.speaks,
                    case when o.published then now() end, now() - o.days * interval '1 day'
                from (values \(values.joined(separator: ", "))) o (consumer_group, topic, record_offset, outcome, speaks, published, days)
                join topic_incarnation i on i.topic || '/' || i.broker_topic_id = o.topic cross join tenant t where t.name = 'acme'
                """)
        }
    }

    private static func positions(_ world: World, _ positions: [(group: String, topic: String, next: Int)]) async throws {
        let values = positions.map { "('\($0.group)', '\($0.topic)', \($0.next))" }
        try await world.database.withSession {
            try $0.executeScript(
                """
                insert into applied_position (consumer_group, incarnation_id, partition, next_offset, epoch)
                select p.consumer_group, i.incarnation_id, 0, p.next_offset, 1
                from (values \(values.joined(separator: ", "))) p (consumer_group, topic, next_offset)
                join topic_incarnation i on i.topic || '/' || i.broker_topic_id = p.topic
                on conflict (consumer_group, incarnation_id, partition) do update set next_offset = excluded.next_offset
                """)
        }
    }

    private static let told = """
        select concat_ws(' ', replace(o.consumer_group, 'sluice-', ''), i.topic, o.record_offset) from outcome o join topic_incarnation i using (incarnation_id) order by 1
        """

    @Test func `outcomes go once they are old and told, and nothing can ask for them again`() async throws {
        try await World.with { world async throws in
            for topic in ["sluice.documents.acme", "sluice.permissions"] { _ = try await world.store.incarnation(topic: topic, brokerID: "one") }
            _ = try await Self.store(world).createGeneration(name: "g2", embeddingSpace: "s", dimension: 4, chunker: "c", parser: "p")
            let (registrar, live, next) = (World.registrarGroup, World.generationGroup, "sluice-ingest-g2")
            let documents = "sluice.documents/one"
            try await Self.positions(
                world,
                [
                    (registrar, documents, 100), (live, documents, 50), (next, documents, 200), (registrar, "sluice.permissions/one", 10),
                    (registrar, "sluice.documents.acme/one", 10),
                ])
            try await Self.tell(
                world,
                [
                    (live, documents, 10, "indexed", true, true, 31),  // goes
                    (live, documents, 11, "indexed", true, true, 29),
                    (live, documents, 12, "indexed", true, false, 31),
                    (live, documents, 13, "deferred", true, true, 31), (next, documents, 13, "indexed", false, false, 31),
                    (live, documents, 14, "indexed", false, false, 31),  // goes
                    (live, documents, 50, "indexed", true, true, 31),  // its own position has not passed it
                    (registrar, documents, 20, "deleted", true, true, 31),  // goes
                    (registrar, documents, 60, "deleted", true, true, 31),  // the live generation has not come to it
                    (next, documents, 21, "indexed", false, false, 31),  // goes
                    (next, documents, 22, "deferred", false, false, 31), (live, documents, 22, "indexed", true, true, 31),
                    (next, documents, 70, "indexed", false, false, 31),  // told of if it is promoted
                    (registrar, "sluice.permissions/one", 9, "applied", true, true, 31),  // goes: no generation reads it
                    (registrar, "sluice.permissions/one", 10, "applied", true, true, 31),
                    (registrar, "sluice.documents.acme/one", 1, "deleted", true, true, 31),  // the live generation has no position there yet
                ])
            let kept = [
                "ingest-g1 sluice.documents 11", "ingest-g1 sluice.documents 12", "ingest-g1 sluice.documents 13", "ingest-g1 sluice.documents 22",
                "ingest-g1 sluice.documents 50", "ingest-g2 sluice.documents 13", "ingest-g2 sluice.documents 22", "ingest-g2 sluice.documents 70",
                "registrar sluice.documents 60", "registrar sluice.documents.acme 1", "registrar sluice.permissions 10",
            ]
            let dry = try await Self.maintenance(world, countsOnly: true).pruneOutcomes(Self.month) { _ in }
            #expect(Self.counts(dry) == [5])
            #expect(try await Self.strings(world, Self.told).count == kept.count + 5)
            let finding = try await Self.maintenance(world).pruneOutcomes(Self.month) { _ in }
            #expect(Self.counts(finding) == [5])
            #expect(try await Self.strings(world, Self.told) == kept)
        }
    }

    @Test func `of a topic that was made anew, and of a group that nobody works for, what is told goes wherever it stands`() async throws {
        try await World.with { world async throws in
            _ = try await world.store.incarnation(topic: "sluice.documents", brokerID: "two")
            let (old, new) = ("sluice.documents/one", "sluice.documents/two")
            try await Self.positions(world, [(World.generationGroup, old, 5), (World.generationGroup, new, 5), (World.registrarGroup, new, 5)])
            try await Self.tell(
                world,
                [
                    (World.generationGroup, old, 90, "indexed", true, true, 31), (World.generationGroup, old, 91, "indexed", true, false, 31),
                    (World.generationGroup, new, 90, "indexed", true, true, 31), ("sluice-ingest-gone", new, 91, "indexed", false, false, 31),
                ])
            let finding = try await Self.maintenance(world).pruneOutcomes(Self.month) { _ in }
            #expect(Self.counts(finding) == [2])
            let left = try await Self.strings(
                world, "select concat_ws(' ', i.broker_topic_id, o.record_offset) from outcome o join topic_incarnation i using (incarnation_id) order by 1")
            #expect(left == ["one 91", "two 90"])
        }
    }

    /// Runs something while a transaction with a look of its own is open, which a rebuild has to wait for.
    ///
    /// - Parameter body: is given what ends the look.
    private static func besideALook<Result: Sendable>(_ world: World, _ body: (() async -> Void) async throws -> Result) async throws -> Result {
        let (holder, reader) = (try await world.database.connect(), try await world.database.connect())
        try await holder.withSession { try $0.executeScript("select pg_advisory_lock(4711)") }
        async let look: Void = reader.withSession {
            try $0.executeScript("begin isolation level repeatable read; select count(*) from tenant; select pg_advisory_xact_lock(4711); commit")
        }
        let result: Swift.Result<Result, any Error>
        do {
            let waiting = """
                select count(*)::text from pg_locks l join pg_database d on d.oid = l.database
                where d.datname = current_database() and locktype = 'advisory' and objid = 4711 and not granted
                """
            try await until(world, waiting, is: "1")
            result = .success(try await body { await holder.close() })
        } catch {
            result = .failure(error)
        }
        await holder.close()
        try await look
        await reader.close()
        return try result.get()
    }

    private static func until(_ world: World, _ sql: String, is expected: String) async throws {
        while try await strings(world, sql) != [expected] { try Task.checkCancellation() }
    }

    @Test func `a record that comes again after its outcome went changes nothing`() async throws {
        try await World.with { world async throws in
            try await world.upsert("a", world.version(1, sequence: 3), "text")
            try await Self.positions(world, [(World.registrarGroup, "sluice.documents/one", 5), (World.generationGroup, "sluice.documents/one", 5)])
            try await Self.tell(world, [(World.generationGroup, "sluice.documents/one", 1, "indexed", true, true, 31)])
            #expect(Self.counts(try await Self.maintenance(world).pruneOutcomes(Self.month) { _ in }) == [1])
            // What is in force is the clock's to say, not the outcome's.
            #expect(try await world.upsert("a", world.version(1, sequence: 3), "text") == .unchanged(chunks: 1))
            #expect(try await world.upsert("a", world.version(0, sequence: 2), "earlier") == .superseded)
        }
    }

    // MARK: generations

    @Test func `rows of dropped generations go in steps, and a run that is stopped is gone on with`() async throws {
        try await World.with { world async throws in
            for offset in 1...5 as ClosedRange<Int64> { try await world.upsert("d\(offset)", world.version(offset), "text \(offset)") }
            let store = Self.store(world)
            _ = try await store.createGeneration(name: "g2", embeddingSpace: "space", dimension: 4, chunker: "c", parser: "p")
            try await world.database.withSession {
                try $0.executeScript(
                    """
                    insert into rendition (tenant_id, generation_id, document_id, state) select tenant_id, 2, document_id, 1 from rendition where tenant_id > 0;
                    insert into vector_pack (tenant_id, generation_id, document_id, pack, v0) select tenant_id, 2, document_id, pack, v0 from vector_pack where tenant_id > 0
                    """)
            }
            let dropped = try #require(try await store.generations().first { $0.generation.name == "g2" }).generation
            #expect(try await store.drop(dropped, detail: [:]))
            let stopped = try await Self.maintenance(world) { true }.sweepGenerations { _ in }
            #expect(stopped.state == .cutShort && Self.counts(stopped) == [0])
            let finding = try await Self.maintenance(world).sweepGenerations { _ in }
            #expect(Self.counts(finding) == [5] && finding.state == .done)
            #expect(try await Self.strings(world, "select distinct generation_id::text from vector_pack where tenant_id > 0") == ["1"])
            #expect(try await Self.strings(world, "select count(*)::text from rendition where tenant_id > 0") == ["5"])
        }
    }

    // MARK: orphans

    private static func orphans(_ world: World) async throws -> [String: Int] {
        let finding = try await maintenance(world).findOrphans(try await store(world).tenantRecords()) { _ in }
        #expect(finding.isAlarming == !finding.counts.isEmpty)
        return Dictionary(uniqueKeysWithValues: finding.counts.map { ($0.name, $0.number) })
    }

    @Test(arguments: [
        (
            "delete from document where subject = 'a'",
            ["rendition without a document": 1]
        ),
        (
            "delete from document where subject = 'box'",
            ["document in a container that is not there": 1, "rendition in a container that is not there": 1]
        ),
        (
            "delete from access_list where access_list_id = (select access_list_id from document where subject = 'a')",
            ["document with a list that is not there": 1]
        ),
        (
            "delete from rendition where document_id = (select document_id from document where subject = 'z')",
            [
                "content without a readable rendition": 1, "document's words without a readable rendition": 1,
                "document whose chunks are not those of its rendition": 1, "document whose vectors are not those of its rendition": 1,
            ]
        ),
        (
            "update rendition set state = 2, chunks = 0 where document_id = (select document_id from document where subject = 'a')",
            [
                "content without a readable rendition": 1, "document's words without a readable rendition": 1,
                "document whose chunks are not those of its rendition": 1, "document whose vectors are not those of its rendition": 1,
            ]
        ),
        (
            "delete from rendition_content where convert_from(body, 'UTF8') = 'a'",
            ["readable rendition without content": 1, "document's facets without content": 1]
        ),
        (
            "delete from chunk where embedding_text_digest = sha256('a')",
            ["document whose chunks are not those of its rendition": 1]
        ),
        (
            "delete from vector_pack where document_id = (select document_id from document where subject = 'a')",
            ["document whose vectors are not those of its rendition": 1]
        ),
        (
            "delete from document where subject = 'z'",
            ["rendition without a document": 1]
        ),
        (
            "delete from rendition_content where tenant_id = 0",
            [:]
        ),
    ])
    func `what hangs on nothing is found`(harm: String, expected: [String: Int]) async throws {
        try await World.with { world async throws in
            try await SchemaAdministration.plantCanary(databaseURL: world.database.url)
            try await world.upsert("a", world.version(1), "a", in: "box")
            try await world.register(permissions: [world.permission("a", 1, allow: ["user:alice"])])
            try await world.upsert("deleted", world.version(2), "deleted")
            try await world.index(
                facts: [world.deleted("deleted", world.version(3, isDeletion: true))],
                [RenditionChange(name: world.name("deleted"), version: world.version(3, isDeletion: true), statement: .deleted)])
            try await world.upsert("z", world.version(4), "z")
            #expect(try await Self.orphans(world) == [:])
            try await world.database.withSession { try $0.executeScript("set session_replication_role = replica; \(harm)") }
            #expect(try await Self.orphans(world) == expected)
        }
    }

    // MARK: statistics and indexes

    private static func owner(_ world: World) async throws -> MaintenanceOwner {
        try #require(try await MaintenanceOwner.of(url: world.database.url, MaintenanceBudget(.seconds(600)) { false }))
    }

    /// Room that nothing is in any more.
    private static let bloat = """
        insert into outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome)
        select 'g', incarnation_id, 0, o, t.tenant_id, 'indexed' from topic_incarnation i, tenant t, generate_series(1, 60000) o
        where i.topic = 'sluice.documents' and t.name = 'acme';
        delete from outcome where record_offset % 20 > 0; vacuum analyze outcome
        """

    @Test func `statistics are taken where many rows changed`() async throws {
        try await World.with { world async throws in
            let owner = try await Self.owner(world)
            for statement in Self.bloat.replacing("; vacuum analyze outcome", with: "; select pg_stat_force_next_flush()").split(separator: ";") {
                try await world.database.withSession { try $0.executeScript(String(statement)) }
            }
            let dry = try await Self.maintenance(world, countsOnly: true).refreshStatistics(owner) { _ in }
            #expect(Self.counts(dry) == [1])
            let analysed = "select count(*)::text from pg_stat_user_tables where relname = 'outcome' and last_analyze is not null"
            #expect(try await Self.strings(world, analysed) == ["0"])
            #expect(Self.counts(try await Self.maintenance(world).refreshStatistics(owner) { _ in }) == [1])
            #expect(try await Self.strings(world, analysed) == ["1"])
            #expect(try await Self.maintenance(world).refreshStatistics(owner) { _ in }.counts.first?.number == 0)
        }
    }

    @Test func `an index that has grown too large is made anew, once, while documents are written and found`() async throws {
        try await World.with { world async throws in
            try await world.upsert("a", world.version(1), "text")
            try await world.register(permissions: [world.permission("a", 1, allow: ["everyone"])])
            for statement in Self.bloat.split(separator: ";") { try await world.database.withSession { try $0.executeScript(String(statement)) } }
            let pages = "select (pg_relation_size('sluice.outcome_pkey') / 8192)::text"
            let before = try #require(Int(try await Self.strings(world, pages)[0]))
            #expect(before > 200)
            let owner = try await Self.owner(world)
            let dry = try await Self.maintenance(world, countsOnly: true).rebuildIndexes(owner, minimumPages: 100) { _ in }
            #expect(try await Int(Self.strings(world, pages)[0]) == before && (dry.counts.first?.number ?? 0) >= 1)

            let finding = try await Self.besideALook(world) { letGo in
                async let finding = Self.maintenance(world).rebuildIndexes(owner, minimumPages: 100) { _ in }
                try await Self.until(world, "select count(*)::text from pg_class where relname = 'outcome_pkey_ccnew'", is: "1")
                for offset in 10...19 as ClosedRange<Int64> {
                    #expect(try await world.upsert("b", world.version(offset), "text \(offset)") == .indexed(chunks: 1))
                    #expect(try await world.visible(["a"], to: ["everyone"]) == [true])
                }
                // Another rebuild's leftover would look alike: what somebody is at is left alone.
                #expect(try await Self.strings(world, "select count(*)::text from pg_class where relname = 'outcome_pkey_ccnew'") == ["1"])
                #expect(try await Self.store(world).leftoverIndexes() == [])
                await letGo()
                return try await finding
            }
            #expect(finding.state == .done && (finding.counts.first?.number ?? 0) >= 1, "\(finding)")
            #expect(try await Int(Self.strings(world, pages)[0])! < before / 4)
            #expect(Self.counts(try await Self.maintenance(world).rebuildIndexes(owner, minimumPages: 1) { _ in }) == [0])
            #expect(try await Self.strings(world, "select indexrelid::regclass::text from pg_index where not indisvalid") == [])
        }
    }

    @Test func `a rebuild that is stopped leaves the index as it was, and nothing lying about`() async throws {
        try await World.with { world async throws in
            for statement in Self.bloat.split(separator: ";") { try await world.database.withSession { try $0.executeScript(String(statement)) } }
            let stop = ShutdownStandIn()
            let budget = MaintenanceBudget(.seconds(600)) { stop.isRaised }
            let owner = try #require(try await MaintenanceOwner.of(url: world.database.url, budget))
            let maintenance = Maintenance(Self.store(world), budget, countsOnly: false, now: Timestamp(microsecondsSinceEpoch: 0))
            let finding = try await Self.besideALook(world) { letGo in
                async let finding = maintenance.rebuildIndexes(owner, minimumPages: 100) { _ in }
                try await Self.until(world, "select count(*)::text from pg_class where relname = 'outcome_pkey_ccnew'", is: "1")
                stop.raise()
                let stopped = try await finding
                await letGo()
                return stopped
            }
            #expect(finding.state == .cutShort, "\(finding)")
            #expect(try await Self.strings(world, "select indexrelid::regclass::text from pg_index where not indisvalid") == [])
            #expect(try await Self.strings(world, "select indisvalid::text from pg_index where indexrelid = 'sluice.outcome_pkey'::regclass") == ["true"])
        }
    }

    @Test func `one is at it at a time, and the next once that one has ended`() async throws {
        try await TestDatabase.with { database async throws in
            let lock = try #require(try await MaintenanceLock.acquire(url: database.url))
            #expect(try await MaintenanceLock.acquire(url: database.url) == nil)
            await lock.release()
            let next = try #require(try await MaintenanceLock.acquire(url: database.url))
            await next.release()
        }
    }
}

/// What a signal raises.
private final class ShutdownStandIn: Sendable {
    private let raised = Mutex(false)

    var isRaised: Bool { raised.withLock { $0 } }

    func raise() { raised.withLock { $0 = true } }
}
