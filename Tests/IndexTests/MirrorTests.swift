import Administration
import Contract
import Index
import Postgres
import Testing
import Words

@Suite(.needsDatabase) struct MirrorTests {
    @Test func `what a mirror suggests ends as what all rows say`() async throws {
        try await World.with { world async throws in
            let cases = [nil, 1, 3, 5000].flatMap { perDocument in [1, 10, 100, 1000].map { (depth: $0, perDocument: perDocument) } }
            let connection = try await world.database.connect()
            let expected = try await connection.withSession { session throws in
                try session.executeScript(ManyPassages.script)
                return try cases.map { try session.strings(ManyPassages.nearest(depth: $0, perDocument: $1)) }
            }
            await connection.close()
            let mirrored = try await Mirrored(world)
            for ((depth, perDocument), expected) in zip(cases, expected) {
                let found = try await mirrored.search(ManyPassages.query, depth: depth, perDocument: perDocument)
                #expect(found.path == .mirror)
                #expect(found.passages.map { "\($0.documentID)/\($0.ordinal)" } == expected, "\(depth) with at most \(perDocument ?? 0) of a document")
            }
        }
    }

    @Test func `what changed since is searched beside the mirror, and then is in it`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            try await world.register(permissions: [world.permission("new", 20, allow: ["user:alice"])])
            try await world.upsert("new", world.version(21), "new words")
            for _ in 0..<2 {
                let found = try await mirrored.search()
                #expect(found.path == .mirror)
                #expect(try await world.subjects(found.passages) == ["a", "b", "c", "new"])
                try await mirrored.mirrors.ready(World.tenantID)
            }
        }
    }

    @Test func `a document that is deleted, revoked or moved is gone at once, mirror or not`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            try await world.register(facts: [world.deleted("a", world.version(30))])
            #expect(try await world.subjects(mirrored.search().passages) == ["b", "c"])
            try await world.register(permissions: [world.permission("b", 31, allow: ["user:bob"])])
            #expect(try await world.subjects(mirrored.search().passages) == ["c"])
            try await world.register(permissions: [world.permission("c", 32, allow: [])])
            let found = try await mirrored.search()
            #expect(found.passages.isEmpty)
            // Bob's mirror is the same one.
            #expect(try await world.subjects(mirrored.search(as: "user:bob").passages) == ["b", "hidden"])
        }
    }

    @Test func `a mirror that was never told leaks nothing and leaves nothing out`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            try await world.database.withSession { session throws in
                // The lists of alice's and bob's documents change places, and nobody says so.
                try session.executeScript(
                    """
                    alter table document disable trigger user;
                    update document d set access_list_id = (select max(access_list_id) + min(access_list_id) from document where access_list_id is not null) - access_list_id
                    where access_list_id is not null
                    """)
            }
            let found = try await mirrored.search()
            #expect(try await world.subjects(found.passages).isSubset(of: ["hidden"]))
            let bobs = try await mirrored.search(as: "user:bob")
            #expect(try await world.subjects(bobs.passages).isSubset(of: ["a", "b", "c"]))
        }
    }

    @Test func `an answer is full though most of what the mirror suggests is hidden`() async throws {
        try await World.with { world async throws in
            try await world.database.withSession { session throws in
                try session.executeScript(LargeTenant.script(documents: 2000))
            }
            let mirrored = try await Mirrored(world)
            // Expired, of which a mirror knows nothing: all but one in a hundred.
            try await world.database.withSession { session throws in
                try session.executeScript(
                    "alter table rendition disable trigger user; update rendition set expires_at = now() where document_id % 100 <> 40 and generation_id = 1")
            }
            let visible = try await mirrored.search(Array(repeating: 0.1, count: 384), depth: 10, as: "user:u40")
            #expect(visible.passages.count == 0)
            let everything = ["user:alice"] + (1...200).map { "user:u\($0)" }
            let found = try await mirrored.search(Array(repeating: 0.1, count: 384), depth: 10, as: everything)
            #expect(found.passages.count == 10)
            #expect(found.passages.allSatisfy { $0.documentID % 100 == 40 })
        }
    }

    @Test func `a tenant that does not fit is searched by rows, and one that was asked about longer ago gives way`() async throws {
        try await Self.withDocuments { world, _ async throws in
            let none = try await Mirrored(world, byteLimit: 16)
            #expect(none.mirrors.byteCount == 0)
            let found = try await none.search()
            #expect(found.path == .rows)
            #expect(try await world.subjects(found.passages) == ["a", "b", "c"])
        }
    }

    @Test func `words are found in the mirror and beside it, and only where they are shown`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            func found(_ text: String) async throws -> Set<String> {
                let answer = try await mirrored.words(text)
                #expect(answer.path == .mirror)
                return try await world.subjects(answer.passages)
            }
            #expect(try await found("words") == ["a", "b", "c"])
            #expect(try await found("hidden") == [])
            try await world.register(permissions: [world.permission("b", 31, allow: ["user:bob"])])
            try await world.upsert("c", world.version(40), "something else")
            for _ in 0..<2 {
                #expect(try await found("words") == ["a"])
                #expect(try await found("words something") == ["a", "c"])
                try await mirrored.mirrors.ready(World.tenantID)
            }
        }
    }

    @Test func `only documents within a filter's are searched, mirror or not`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            let ids = try await world.database.withSession { session throws in
                let rows = try session.query("select document_id from document where subject in ('b', 'hidden') order by 1")
                return try (0..<rows.count).map { try rows.int64($0, 0) }
            }
            let unmirrored = try await Mirrored(world, byteLimit: 16)
            for side in [mirrored, unmirrored] {
                #expect(try await world.subjects(side.search(within: ids).passages) == ["b"])
                #expect(try await side.search(within: []).passages.isEmpty)
            }
            // A change is no way around the filter.
            try await world.upsert("a", world.version(40), "other words")
            #expect(try await world.subjects(mirrored.search(within: ids).passages) == ["b"])
        }
    }

    @Test func `old entries of the log go, and a mirror older than the log is read anew`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            try await world.database.withSession { try $0.executeScript("update index_change set changed_at = now() - interval '2 hours'") }
            #expect(try await world.store.sweepChanges() > 0)
            #expect(try await world.store.sweepChanges() == 0)
            let found = try await mirrored.search()
            #expect(try await world.subjects(found.passages) == ["a", "b", "c"])
        }
    }

    @Test func `where another generation has become live, rows are searched until its mirror takes the place of the old one`() async throws {
        try await Self.withDocuments { world, ample async throws in
            // Room for one of them, not for both: the old one is freed.
            let mirrored = try await Mirrored(world, byteLimit: ample.mirrors.byteCount * 3 / 2)
            try await world.makeSecondGeneration()
            try await world.show("g2")
            for path in [SearchPath.rows, .mirror, .mirror] {
                let found = try await mirrored.search([1, 0, 0, 0, 0])
                #expect(found.path == path)
                #expect(try await world.subjects(found.passages) == ["a", "c"])
                // Begun by the search itself.
                try await mirrored.mirrors.ready(World.tenantID)
            }
            let words = try await mirrored.words("words")
            #expect(words.path == .mirror)
            #expect(try await world.subjects(words.passages) == ["a", "c"])
            #expect(mirrored.mirrors.byteCount < ample.mirrors.byteCount * 3 / 2)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a generation that is expected is mirrored ahead, and the one that was live stays`() async throws {
        try await Self.withDocuments { world, mirrored async throws in
            let before = mirrored.mirrors.byteCount
            try await world.makeSecondGeneration()
            _ = try await mirrored.search()
            try await mirrored.mirrors.ready(World.tenantID)
            #expect(mirrored.mirrors.byteCount == before, "nobody has said that it is to go live")
            let next = try #require(try await world.store.generations().first { $0.name == "g2" })
            try await world.administration.expect(next.number, seconds: 60)
            while mirrored.mirrors.byteCount < before * 3 / 2 {
                try Task.checkCancellation()
                let found = try await mirrored.search()
                #expect(found.path == .mirror)
                #expect(try await world.subjects(found.passages) == ["a", "b", "c"])
            }
            // What comes after it was read is looked at beside it.
            try await world.register(permissions: [world.permission("a", 31, allow: ["user:bob"])])
            try await world.show("g2")
            let found = try await mirrored.search([1, 0, 0, 0, 0])
            #expect(found.path == .mirror)
            #expect(try await world.subjects(found.passages) == ["c"])
            let words = try await mirrored.words("words")
            #expect(words.path == .mirror)
            #expect(try await world.subjects(words.passages) == ["c"])
            try await world.show("g1")
            let again = try await mirrored.search()
            #expect(again.path == .mirror)
            #expect(try await world.subjects(again.passages) == ["b", "c"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a promotion waits as long as mirrors of it are read, and not for ever`() async throws {
        try await World.with { world async throws in
            try await world.database.withSession { session throws in
                try session.executeScript(LargeTenant.script(documents: 200) + "; update rendition set chunks = 50")
            }
            let next = try await world.generation(named: "g2")
            let warmUp = WarmUp(store: world.administration)
            #expect(try await warmUp.isWanted(for: world.generation))
            #expect(try await !warmUp.isWanted(for: next))
            let reader = try await world.database.connect()
            try await reader.withSession { session throws in
                try session.executeScript("select pg_advisory_lock_shared(hashtext('sluice.mirror'), \(next.number.value))")
            }
            // Another generation's is not waited for.
            #expect(try await warmUp.run(world.generation, within: .seconds(30)))
            #expect(try await !warmUp.run(next, within: .seconds(2)))
            await reader.close()
            #expect(try await warmUp.run(next, within: .seconds(30)))
            let expected = try await world.database.withSession { try $0.strings("select name from generation where expected_until > now()") }
            #expect(expected == ["g2"])
        }
    }

    /// Documents a, b and c that alice may see, and one that bob may.
    private static func withDocuments(_ body: (World, Mirrored) async throws -> Void) async throws {
        try await World.with { world async throws in
            try await world.register(
                permissions: ["a", "b", "c"].enumerated().map { world.permission($1, Int64($0 + 1), allow: ["user:alice"]) }
                    + [world.permission("hidden", 5, allow: ["user:bob"])])
            for (offset, subject) in ["a", "b", "c", "hidden"].enumerated() {
                try await world.upsert(subject, world.version(Int64(10 + offset)), "words of \(subject)")
            }
            try await body(world, try await Mirrored(world))
        }
    }
}

/// A store with mirrors, of which the tenant's is read.
private struct Mirrored {
    let mirrors: Mirrors
    let store: RetrievalStore

    init(_ world: World, byteLimit: Int = 1 << 26) async throws {
        let url = world.database.url
        mirrors = Mirrors(pool: IndexRole.retrieval.pool(url: url, connections: 1, applicationName: "sluice tests"), byteLimit: byteLimit) {
            _ = $0  // a refresh that a test has begun may outlive its database
        }
        store = RetrievalStore(pool: IndexRole.retrieval.pool(url: url, connections: 1, applicationName: "sluice tests"), mirrors: mirrors)
        try await mirrors.ready(World.tenantID)
    }

    func words(_ text: String) async throws -> (passages: [Passage], path: SearchPath) {
        let request = SearchRequest(vector: nil, terms: TermAnalyzer().query(text), depth: 10, perDocument: nil)
        let asked = try await store.ask(as: Index.Claims(tenant: World.tenantID, principals: ["user:alice"])) { try $0.search(request) }
        guard case .answered(let found) = asked else { throw IndexError.inconsistent }
        return (found.byTerms, found.path)
    }

    func search(
        _ vector: [Float] = [1, 0, 0, 0], depth: Int = 10, perDocument: Int? = nil, within: [Int64]? = nil, as principal: String = "user:alice"
    ) async throws -> (passages: [Passage], path: SearchPath) {
        try await search(vector, depth: depth, perDocument: perDocument, within: within, as: [principal])
    }

    func search(
        _ vector: [Float], depth: Int, perDocument: Int? = nil, within: [Int64]? = nil, as principals: [String]
    ) async throws -> (passages: [Passage], path: SearchPath) {
        let request = SearchRequest(vector: vector, terms: nil, depth: depth, perDocument: perDocument, within: within)
        let asked = try await store.ask(as: Index.Claims(tenant: World.tenantID, principals: principals)) { try $0.search(request) }
        guard case .answered(let found) = asked else { throw IndexError.inconsistent }
        return (found.byVector, found.path)
    }
}

extension World {
    /// Named g2, of one dimension more, and without document b; what is there so far is copied.
    fileprivate func makeSecondGeneration() async throws {
        let generation = "jsonb_build_object('generation_id', (select generation_id from generation where name = 'g2')"
        let kept = "document_id <> (select document_id from document where subject = 'b')"
        let copies = ["rendition", "rendition_content", "chunk", "passage_terms"].map {
            "insert into \($0) select (jsonb_populate_record(r, \(generation)))).* from \($0) r where \(kept);\n"
        }
        try await database.withSession { session throws in
            try session.executeScript(
                """
                insert into generation (name, embedding_space, dimension, chunker, parser) values ('g2', 'other', 5, 'chunker', 'parser');
                \(copies.joined())
                insert into vector_pack select (jsonb_populate_record(r, \(generation), 'v0', '[1,0,0,0,0]'))).* from vector_pack r where \(kept)
                """)
        }
    }

    /// Makes a generation the live one.
    fileprivate func show(_ generation: String) async throws {
        try await database.withSession { session throws in
            try session.executeScript(
                "update generation set is_live = false where is_live; update generation set is_live = true where name = '\(generation)'")
        }
    }

    fileprivate func subjects(_ passages: [Passage]) async throws -> Set<String> {
        let ids = passages.map { Optional($0.documentID) }
        return try await database.withSession { session throws in
            let rows = try session.query("select subject from document where document_id = any ($1)", [.int8Array(ids)])
            return Set(try (0..<rows.count).map { try rows.string($0, 0) })
        }
    }
}
