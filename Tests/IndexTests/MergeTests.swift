import Contract
import Index
import Postgres
import Synchronization
import Testing

@Suite(.needsDatabase) struct MergeTests {
    @Test func `whoever claims a partition again fences the one before, who then writes nothing`() async throws {
        try await World.with { world async throws in
            let again = try await world.store.claim([world.registrarClaim.key], group: World.registrarGroup)
            #expect(again.map(\.key) == [world.registrarClaim.key])
            let error = await #expect(throws: IndexError.self) {
                try await world.register(facts: [world.exists("a", world.version(0))], permissions: [world.permission("a", 0, allow: ["everyone"])])
            }
            #expect(error == .fenced)
            let rows = try await world.database.withSession { try $0.query("select count(*) from document").int64(0, 0) }
            #expect(rows == 0)
            // The other group's claim of the same partition stands.
            #expect(try await world.upsert("a", world.version(0), "words") == .indexed(chunks: 1))
        }
    }

    @Test func `a partition goes on where it was left`() async throws {
        try await World.with { world async throws in
            try await world.store.settle([], [PositionAdvance(claim: world.registrarClaim, from: 0, to: 7)], group: World.registrarGroup)
            let again = try await world.store.claim([world.registrarClaim.key], group: World.registrarGroup)
            #expect(again.map(\.nextOffset) == [7])
        }
    }

    @Test func `two workers that name a topic at once find one incarnation`() async throws {
        try await World.with { world async throws in
            // The second finds the row under way, waits for it, and must see it then.
            let blocker = try await world.database.connect()
            let made = Mutex<Task<Int32, any Error>?>(nil)
            let number = try await blocker.withTransaction { session throws in
                _ = try session.execute(.topicIncarnationEnsure, [.text("sluice.permissions"), .text("two")])
                made.withLock { task in
                    task = Task { [store = world.store] in try await store.incarnation(topic: "sluice.permissions", brokerID: "two") }
                }
                let waiting = "select exists (select from pg_locks where not granted and pid <> pg_backend_pid())"
                while try !session.query(waiting).bool(0, 0) {}
                return try session.execute(.topicIncarnationFind, [.text("sluice.permissions"), .text("two")]).int32(0, 0)
            }
            #expect(try await made.withLock { $0 }?.value == number)
            await blocker.close()
        }
    }

    @Test func `two workers that state a new list at once share one set`() async throws {
        try await World.with { world async throws in
            let partitions = (1...2).map { PartitionKey(incarnation: world.registrarClaim.key.incarnation, partition: $0) }
            let claims = try await world.store.claim(partitions, group: World.registrarGroup)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for claim in claims {
                    group.addTask {
                        for round in 0..<50 {
                            let source = try #require(SourceName("source-\(claim.key.partition)"))
                            let name = Name(tenant: world.tenant, source: source, subject: try #require(Subject("page")))
                            let list = AccessList(allow: World.principals((0...round).map { "user:u\($0)" }))
                            var batch = RegistrarBatch()
                            batch.permissions = [
                                PermissionChange(
                                    name: name, version: world.version(Int64(round)), statement: .stated(PermissionsChanged(list: list, parent: nil)))
                            ]
                            batch.claims = [claim]
                            _ = try await world.store.apply(batch, group: World.registrarGroup) { _ in [] }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let entries = try await world.database.withSession { try $0.query("select count(*) from access_entry").int64(0, 0) }
            #expect(entries == (1...50).reduce(0, +))
        }
    }

    @Test func `a deletion by the registrar hides what a generation still shows`() async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [world.permission("a", 0, allow: ["everyone"])])
            try await world.upsert("a", world.version(1), "words")
            #expect(try await world.visible(["a"], to: ["everyone"]) == [true])
            let verdicts = try await world.register(facts: [world.exists("a", world.version(1)), world.deleted("a", world.version(2, isDeletion: true))])
            #expect(verdicts.facts == [.duplicate, .wins] && verdicts.wasDeleted == [false, false])
            #expect(try await world.visible(["a"], to: ["everyone"]) == [false])
            // The generation comes to it later, and to the upsert before it once more: nothing of that is shown.
            #expect(try await world.upsert("a", world.version(1), "words") == .unchanged(chunks: 1))
            #expect(try await world.visible(["a"], to: ["everyone"]) == [false])
            let deletion = RenditionChange(name: world.name("a"), version: world.version(2, isDeletion: true), statement: .deleted)
            #expect(try await world.index([deletion]) == [.deleted])
            #expect(try await world.visible(["a"], to: ["everyone"]) == [false])
            let chunks = try await world.database.withSession { try $0.query("select count(*) from chunk").int64(0, 0) }
            #expect(chunks == 0)
        }
    }

    @Test func `while a newer version is known but not ready, both containers must allow`() async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [
                world.permission("open", 0, allow: ["everyone"]), world.permission("closed", 1, allow: []), world.permission("hers", 2, allow: ["user:alice"]),
            ])
            for subject in ["into-closed", "out-of-closed", "into-hers"] {
                try await world.upsert(subject, world.version(3), "one", in: subject == "out-of-closed" ? "closed" : "open")
            }
            let subjects = ["into-closed", "out-of-closed", "into-hers"]
            #expect(try await world.visible(subjects, to: ["user:alice", "everyone"]) == [true, false, true])
            try await world.register(facts: [
                world.exists("into-closed", world.version(4), in: "closed"), world.exists("out-of-closed", world.version(4), in: "open"),
                world.exists("into-hers", world.version(4), in: "hers"),
            ])
            #expect(try await world.visible(subjects, to: ["user:alice", "everyone"]) == [false, false, true])
            #expect(try await world.visible(subjects, to: ["everyone"]) == [false, false, false])
            // Ready: its own container alone decides.
            for (subject, container) in zip(subjects, ["closed", "open", "hers"]) {
                try await world.upsert(subject, world.version(4), "two", in: container)
            }
            #expect(try await world.visible(subjects, to: ["everyone"]) == [false, true, false])
        }
    }

    @Test func `a list of its own makes containers meaningless while a version is pending`() async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [world.permission("a", 0, allow: ["everyone"]), world.permission("closed", 1, allow: [])])
            try await world.upsert("a", world.version(2), "one", in: "closed")
            try await world.register(facts: [world.exists("a", world.version(3), in: "closed")])
            #expect(try await world.visible(["a"], to: ["everyone"]) == [true])
        }
    }

    @Test func `unchanged content writes no chunk`() async throws {
        try await World.with { world async throws in
            func chunkRows() async throws -> [String] {
                try await world.database.withSession {
                    try $0.strings("select xmin::text || ctid::text from chunk union all select xmin::text || ctid::text from vector_pack order by 1")
                }
            }
            try await world.upsert("a", world.version(1), "words", in: "one")
            let before = try await chunkRows()
            #expect(before.count == 2)
            // A worker that finds the content there already prepares nothing.
            func repeated(_ version: EventVersion, in container: String) async throws -> RenditionVerdict? {
                let facts = DocumentFacts(container: Subject(container), expiresAt: nil)
                let digest = World.rendition(of: "words").contentDigest
                let change = RenditionChange(name: world.name("a"), version: version, statement: .content(digest: digest, facts: facts, nil))
                return try await world.index(facts: [world.exists("a", version, in: container)], [change])?.first
            }
            #expect(try await repeated(world.version(2), in: "one") == .unchanged(chunks: 1))
            #expect(try await repeated(world.version(3), in: "two") == .indexed(chunks: 1))  // it has moved
            #expect(try await chunkRows() == before)
            #expect(try await world.upsert("a", world.version(4), "other words", in: "two") == .indexed(chunks: 1))
            #expect(try await chunkRows() != before)
        }
    }

    @Test func `a batch prepared for content that is no longer there is refused whole`() async throws {
        try await World.with { world async throws in
            try await world.upsert("a", world.version(1), "one")
            let unprepared = RenditionChange(
                name: world.name("a"), version: world.version(3),
                statement: .content(digest: World.rendition(of: "two").contentDigest, facts: DocumentFacts(container: nil, expiresAt: nil), nil))
            #expect(try await world.index(facts: [world.exists("a", world.version(3)), world.exists("b", world.version(3))], [unprepared]) == nil)
            let names = try await world.database.withSession { try $0.strings("select subject from document order by 1") }
            #expect(names == ["a"])
        }
    }

    @Test func `embeddings are cached for one tenant alone`() async throws {
        try await World.with { world async throws in
            let digest = World.rendition(of: "words").contentDigest
            var batch = GenerationBatch()
            batch.newEmbeddings = [EmbeddingKey(tenant: world.tenant, digest: digest)]
            batch.newVectors = [1, 0, 0, 0]
            _ = try await world.store.apply(batch, generation: world.generation, group: World.generationGroup) { _, _ in [] }
            let keys = [EmbeddingKey(tenant: world.tenant, digest: digest), EmbeddingKey(tenant: world.other, digest: digest)]
            #expect(try await world.store.cachedEmbeddings(keys, space: "space") == [keys[0]: [1, 0, 0, 0]])
            #expect(try await world.store.cachedEmbeddings(keys, space: "other space") == [:])
        }
    }

    @Test func `a rejected version keeps the readable one, but its container counts`() async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [world.permission("open", 0, allow: ["everyone"]), world.permission("closed", 1, allow: [])])
            try await world.upsert("a", world.version(2), "words", in: "open")
            let rejection = RenditionChange(name: world.name("a"), version: world.version(3), statement: .rejected)
            #expect(try await world.index(facts: [world.exists("a", world.version(3), in: "closed")], [rejection]) == [.rejected])
            #expect(try await world.visible(["a"], to: ["everyone"]) == [false])
            #expect(
                try await world.index(
                    facts: [world.exists("a", world.version(4), in: "open")],
                    [
                        RenditionChange(name: world.name("a"), version: world.version(4), statement: .rejected)
                    ]) == [.rejected])
            #expect(try await world.visible(["a"], to: ["everyone"]) == [true])
        }
    }
}
