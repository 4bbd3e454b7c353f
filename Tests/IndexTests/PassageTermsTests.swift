import Contract
import Index
import Postgres
import Testing
import Words

@Suite(.needsDatabase) struct PassageTermsTests {
    @Test func `candidates narrow what is read, and never widen it`() async throws {
        try await Self.withDocuments { world async throws in
            let ids = try await world.database.withSession { session throws in
                try session.strings("select subject || '=' || document_id from document where subject in ('open', 'mine', 'closed')")
            }
            let id = Dictionary(uniqueKeysWithValues: ids.map { ($0.prefix { $0 != "=" }, $0.drop { $0 != "=" }.dropFirst()) })
            let (open, mine, closed) = (id["open"] ?? "", id["mine"] ?? "", id["closed"] ?? "")
            let cases: [(claim: String, seen: [Substring])] = [
                ("", [open, mine]), ("{\(open)}", [open]), ("{\(mine),\(closed)}", [mine]), ("{\(closed)}", []), ("{}", []),
                ("{\(open),\(open),999999}", [open]),
            ]
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            for (claim, seen) in cases {
                let found = try await connection.withTransaction { session throws in
                    try session.claim(World.tenantID, ["user:alice", "everyone"])
                    _ = try session.query("select set_config('sluice.candidates', $1, true)", [.text(claim)])
                    return try session.strings("select document_id::text from passage_terms")
                }
                #expect(Set(found) == Set(seen.map(String.init)), "\(claim)")
            }
            await connection.close()
        }
    }

    @Test func `the mirror's role reads the words of the tenant and generation it claims, and nothing without`() async throws {
        try await Self.withDocuments { world async throws in
            let connection = try await world.database.connect(as: "sluice_mirror")
            try await connection.withTransaction { session throws in
                #expect(try session.strings("select document_id::text from passage_terms") == [])
                _ = try session.query("select set_config('sluice.tenant', $1, true)", [.text("\(world.tenant.value)")])
                #expect(try session.strings("select document_id::text from passage_terms") == [])
                _ = try session.query("select set_config('sluice.generation', '1', true)")
                #expect(try session.strings("select document_id::text from passage_terms").count == 3)
                _ = try session.query("select set_config('sluice.tenant', $1, true)", [.text("\(world.tenant.value + 1)")])
                #expect(try session.strings("select document_id::text from passage_terms") == [])
            }
            await connection.close()
        }
    }

    @Test func `words that are hidden neither show nor count`() async throws {
        try await Self.withDocuments { world async throws in
            let analyzer = TermAnalyzer()
            func found(_ text: String, by principals: [String]) async throws -> Int {
                let request = SearchRequest(vector: nil, terms: analyzer.query(text), depth: 10, perDocument: nil)
                let asked = try await world.retrieval.ask(as: Index.Claims(tenant: World.tenantID, principals: principals)) { try $0.search(request) }
                guard case .answered(let answer) = asked else { throw IndexError.inconsistent }
                return answer.byTerms.count
            }
            #expect(try await found("words", by: ["user:alice", "everyone"]) == 2)
            #expect(try await found("words", by: ["user:bob", "everyone"]) == 1)
            #expect(try await found("secret", by: ["user:alice", "everyone"]) == 0)
            #expect(try await found("\"some words\" oth*", by: ["user:alice", "everyone"]) == 2)
        }
    }

    private static func withDocuments(_ body: (World) async throws -> Void) async throws {
        try await World.with { world async throws in
            try await world.register(permissions: [world.permission("open", 2, allow: ["everyone"]), world.permission("mine", 3, allow: ["user:alice"])])
            try await world.upsert("open", world.version(4), "some words")
            try await world.upsert("mine", world.version(5), "other words")
            try await world.upsert("closed", world.version(6), "secret words")
            try await body(world)
        }
    }
}
