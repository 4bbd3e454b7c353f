import Contract
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct AdministrationStoreTests {
    private static func store(_ database: TestDatabase) -> AdministrationStore {
        AdministrationStore(pool: IndexRole.admin.pool(url: database.url, connections: 1, applicationName: "sluice tests"), actor: "alice@desk")
    }

    private static func letter(_ partition: Int32, _ offset: Int64) -> LetterID { LetterID(partition: partition, offset: offset) }

    @Test func `letters are marked in one incarnation of their topic, and may be marked anew`() async throws {
        try await TestDatabase.with { database async throws in
            let store = Self.store(database)
            let (old, new) = (
                try await store.incarnation(topic: "sluice.dlq", brokerID: "one"), try await store.incarnation(topic: "sluice.dlq", brokerID: "two")
            )
            #expect(try await store.incarnation(topic: "sluice.dlq", brokerID: "one") == old && old < new)
            #expect(try await store.incarnations(of: ["sluice.dlq", "none"]).mapValues { $0.map(\.number) } == ["sluice.dlq": [old, new]])
            let letters = [Self.letter(0, 1), Self.letter(0, 2), Self.letter(1, 1)]
            try await store.mark(letters, as: .redriven, incarnation: old, tenant: nil, detail: [:])
            try await store.mark([Self.letter(0, 2)], as: .purged, incarnation: old, tenant: nil, detail: [:])
            try await store.mark([], as: .purged, incarnation: old, tenant: nil, detail: [:])
            #expect(
                try await store.marks(incarnation: old, from: [0: 0, 1: 0])
                    == [Self.letter(0, 1): .redriven, Self.letter(0, 2): .purged, Self.letter(1, 1): .redriven])
            #expect(try await store.marks(incarnation: old, from: [0: 2, 2: 0]) == [Self.letter(0, 2): .purged])
            #expect(try await store.marks(incarnation: new, from: [0: 0, 1: 0]) == [:])
        }
    }

    @Test func `a group's positions are those of one incarnation`() async throws {
        try await World.with { world async throws in
            let store = Self.store(world.database)
            #expect(try await store.appliedOffsets(group: World.registrarGroup, incarnation: world.registrarClaim.key.incarnation) == [0: 0])
            #expect(try await store.appliedOffsets(group: "none", incarnation: world.registrarClaim.key.incarnation) == [:])
            #expect(try await store.appliedOffsets(group: World.registrarGroup, incarnation: 4711) == [:])
        }
    }

    /// Three documents of two tenants wait for two hosts.
    private static func withDeferred(_ body: (World, AdministrationStore) async throws -> Void) async throws {
        try await World.with { world async throws in
            try await world.database.withSession { session throws in
                try session.executeScript(
                    """
                    insert into document (tenant_id, source, subject)
                    select t.tenant_id, 'wiki', s.subject from tenant t, (values ('one'), ('two')) as s (subject)
                    where t.name = 'acme' or s.subject = 'one';
                    insert into deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_value,
                        header_names, header_values, host, reason, attempts, due_at)
                    select n.tenant_id, g.generation_id, n.document_id, i.incarnation_id, 0, 1, 1, 'secret', '{}', '{}',
                        case n.subject when 'one' then 'a.example' else 'b.example' end, 'the host does not answer', 3, now() + interval '1 hour'
                    from document n, generation g, topic_incarnation i;
                    """)
            }
            try await body(world, store(world.database))
        }
    }

    private static func due(_ world: World) async throws -> [String] {
        try await world.database.withSession {
            try $0.strings(
                """
                select concat_ws(' ', t.name, n.subject, d.attempts, case when d.abandoned then 'abandoned' end, case when d.due_at <= now() then 'due' end)
                from deferred d join tenant t using (tenant_id) join document n using (tenant_id, document_id) order by 1
                """)
        }
    }

    @Test func `waiting documents are listed by tenant and host`() async throws {
        try await Self.withDeferred { world, store async throws in
            let all = try await store.deferred(DeferredFilter(), limit: 10)
            #expect(
                all.map { "\($0.tenant) \($0.source)/\($0.document) \($0.host ?? "") \($0.attempts) \($0.generation)" }.sorted()
                    == ["acme wiki/one a.example 3 g1", "acme wiki/two b.example 3 g1", "rival wiki/one a.example 3 g1"])
            #expect(all.allSatisfy { !$0.isAbandoned && !$0.isLeased && $0.reason == "the host does not answer" && $0.deferredAt < $0.dueAt })
            #expect(try await store.deferred(DeferredFilter(), limit: 2).count == 2)
            #expect(try await store.deferred(DeferredFilter(tenant: World.otherID), limit: 10).map(\.document) == ["one"])
            #expect(try await store.deferred(DeferredFilter(tenant: World.otherID, host: "b.example"), limit: 10).isEmpty)
            #expect(
                try await store.deferredCounts(DeferredFilter(host: "a.example")) == [
                    DeferredCount(tenant: World.tenantID, host: "a.example", documents: 1, abandoned: 0),
                    DeferredCount(tenant: World.otherID, host: "a.example", documents: 1, abandoned: 0),
                ])
        }
    }

    @Test func `a retry makes due what it names, and nothing else`() async throws {
        try await Self.withDeferred { world, store async throws in
            #expect(try await store.retryDeferred(DeferredFilter(tenant: World.tenantID, host: "a.example")) == 1)
            #expect(try await Self.due(world) == ["acme one 3 due", "acme two 3", "rival one 3"])
            #expect(try await store.retryDeferred(DeferredFilter(host: "c.example")) == 0)
            #expect(try await store.retryDeferred(DeferredFilter()) == 3)
            #expect(try await Self.due(world) == ["acme one 3 due", "acme two 3 due", "rival one 3 due"])
            #expect(try await store.verifyAudit().flaws == [])
        }
    }

    @Test func `what is dropped is due and given up, once`() async throws {
        try await Self.withDeferred { world, store async throws in
            #expect(try await store.dropDeferred(DeferredFilter(tenant: World.tenantID)) == 2)
            #expect(try await Self.due(world) == ["acme one 3 abandoned due", "acme two 3 abandoned due", "rival one 3"])
            #expect(try await store.dropDeferred(DeferredFilter(tenant: World.tenantID)) == 0)
            #expect(try await store.retryDeferred(DeferredFilter(tenant: World.tenantID)) == 0)
            #expect(try await store.deferredCounts(DeferredFilter(tenant: World.tenantID)).map(\.abandoned) == [1, 1])
            // Two tenants were made, and one change was a change.
            let actions = try await world.database.withSession {
                try $0.strings("select action || ' ' || (detail->>'documents') from audit_log where entry > 2")
            }
            #expect(actions == ["deferred.drop 2"])
        }
    }
}
