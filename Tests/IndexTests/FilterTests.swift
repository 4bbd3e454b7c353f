import Contract
import Digest
import Index
import Postgres
import Testing
import Words

@Suite(.needsDatabase) struct FilterTests {
    /// Conditions and the documents they match, of those that alice is shown.
    private static let cases: [(filter: QueryFilter, matches: String)] = [
        (QueryFilter.of { $0.source = ["wiki"] }, "ab"), (QueryFilter.of { $0.source = ["wiki", "crm"] }, "abc"), (QueryFilter.of { $0.source = ["Wiki"] }, ""),
        (QueryFilter.of { $0.container = ["x"] }, "a"), (QueryFilter.of { $0.container = ["x", "y"] }, "ab"),
        (QueryFilter.of { $0.container = ["parent"] }, ""),
        (QueryFilter.of { $0.mediaType = ["text/html"] }, "b"), (QueryFilter.of { $0.mediaType = ["Text/HTML"] }, "b"),
        (QueryFilter.of { $0.language = ["DE-ch"] }, "b"), (QueryFilter.of { $0.language = ["de"] }, ""),
        (QueryFilter.of { $0.tags = ["one"] }, "a"), (QueryFilter.of { $0.tags = ["one", "two"] }, "ab"), (QueryFilter.of { $0.tags = ["ONE"] }, ""),
        (QueryFilter.of { $0.modifiedAfter = Timestamp(microsecondsSinceEpoch: 999) }, "a"),
        (QueryFilter.of { $0.modifiedAfter = Timestamp(microsecondsSinceEpoch: 1000) }, ""),
        (QueryFilter.of { $0.metadata = [.init(name: "department", values: [.string("hr"), .string("it")])] }, "a"),
        (QueryFilter.of { $0.metadata = [.init(name: "level", values: [.number("3")])] }, "ab"),
        (QueryFilter.of { $0.metadata = [.init(name: "level", values: [.number("3.00")])] }, "ab"),
        (QueryFilter.of { $0.metadata = [.init(name: "level", values: [.number("30e-1")])] }, "ab"),
        (QueryFilter.of { $0.metadata = [.init(name: "level", values: [.string("3")])] }, ""),
        (QueryFilter.of { $0.metadata = [.init(name: "draft", values: [.bool(true)])] }, "b"),
        (QueryFilter.of { $0.metadata = [.init(name: "draft", values: [.bool(false)])] }, "a"),
        (QueryFilter.of { $0.metadata = [.init(name: "tags", values: [.string("two")])] }, "b"),
        (QueryFilter.of { $0.metadata = [.init(name: "nested", values: [.string("deep")])] }, ""),
        (QueryFilter.of { $0.metadata = [.init(name: "quo'te\\", values: [.string("\" | ' & !")])] }, "a"),
        (QueryFilter.of { ($0.source, $0.tags) = (["wiki"], ["two"]) }, "b"), (QueryFilter.of { ($0.source, $0.tags) = (["crm"], ["two"]) }, ""),
        (QueryFilter.of { $0.tags = [] }, ""), (QueryFilter.of { ($0.source, $0.metadata) = (["wiki"], [.init(name: "level", values: [])]) }, ""),
        (QueryFilter.of { $0.source = (0..<QueryFilter.maximumValues).map { "s\($0)" } + ["crm"] }, "c"),
    ]

    @Test func `a filter is a conjunction of one of, over the visible documents`() async throws {
        try await Self.withDocuments { world async throws in
            for (filter, matches) in Self.cases {
                let found = try await world.asking("user:alice") { try Set($0.documents(matching: filter)) }
                #expect(try await world.subjects(of: found) == matches, "\(filter)")
                #expect(try await world.asking("user:eve") { try $0.documents(matching: filter) } == [], "\(filter), a stranger")
            }
        }
    }

    @Test func `what a filter knows follows the document`() async throws {
        try await Self.withDocuments { world async throws in
            func inContainer(_ name: String) async throws -> String {
                try await world.subjects(of: world.asking("user:alice") { try Set($0.documents(matching: QueryFilter.of { $0.container = [name] })) })
            }
            // Moved, with the same content; then deleted.
            let moved = world.version(20)
            try await world.index(
                facts: [world.exists("a", moved, in: "z")],
                [world.content("a", moved, "a", in: "z")])
            #expect(try await inContainer("x") == "")
            #expect(try await inContainer("z") == "a")
            try await world.register(facts: [world.deleted("a", world.version(21, isDeletion: true))])
            #expect(try await inContainer("z") == "")
        }
    }

    @Test func `a search looks at candidates alone, and at none that is hidden`() async throws {
        try await World.with { world async throws in
            try await world.database.withSession { session throws in
                try session.executeScript(ManyPassages.script)
                try ManyPassages.analyse(session)
            }
            let all = SearchRequest(vector: ManyPassages.query, terms: TermAnalyzer().query(ManyPassages.words), depth: 5000, perDocument: nil)
            let everything = try await world.asking("user:alice") { try $0.search(all) }
            // A few, which are looked up one by one; and so many that what is shown is hashed. Every third is bob's.
            for candidates: [Int64] in [[2, 3, 4, 5, 6, 99999], Array(2...6000), []] {
                let within = SearchRequest(
                    vector: ManyPassages.query, terms: TermAnalyzer().query(ManyPassages.words), depth: 5000, perDocument: nil, within: candidates)
                let found = try await world.asking("user:alice") { try $0.search(within) }
                #expect(found.byVector == everything.byVector.filter { candidates.contains($0.documentID) })
                #expect(found.byTerms == everything.byTerms.filter { candidates.contains($0.documentID) })
            }
        }
    }

    @Test func `a document with more metadata than a filter can know is indexed all the same`() async throws {
        try await Self.withDocuments { world async throws in
            let members = (0..<12_000).map { "\"m\($0)\": \"v\"" }.joined(separator: ", ")
            try await world.index(
                facts: [world.exists("c", world.version(30))], [world.described("c", world.version(30), metadata: "{\(members)}")])
            let found = try await world.asking("user:alice") { try $0.documents(matching: QueryFilter.of { $0.source = ["wiki"] }) }
            #expect(try await world.subjects(of: Set(found)) == "abc")
        }
    }

    /// Alice is shown a, b and c, of which c is of another source, and not d.
    private static func withDocuments(_ body: (World) async throws -> Void) async throws {
        try await World.with { world async throws in
            try await world.register(
                permissions: ["a", "b", "c"].enumerated().map { world.permission($1, Int64(10 + $0), allow: ["user:alice"]) }
                    + [world.permission("d", 14, allow: ["user:bob"]), world.permission("x", 15, parent: "parent")])
            let first = """
                {"tags": ["one"], "department": "hr", "level": [1, 3], "draft": false, "nested": {"a": "deep"}, "quo'te\\\\": "\\" | ' & !"}
                """
            let changes = [
                world.described("a", world.version(1), in: "x", modifiedAt: 1000, metadata: first),
                world.described(
                    "b", world.version(2), in: "y", mediaType: "text/html", language: "de-CH", metadata: "{\"tags\": \"two\", \"level\": 3.0, \"draft\": true}"),
                world.described("d", world.version(4), in: "x", metadata: first),
            ]
            try await world.index(
                facts: [
                    world.exists("a", world.version(1), in: "x"), world.exists("b", world.version(2), in: "y"), world.exists("d", world.version(4), in: "x"),
                ], changes)
            let c = Name(tenant: world.tenant, source: SourceName("crm")!, subject: Subject("c")!)
            try await world.register(
                permissions: [
                    PermissionChange(
                        name: c, version: world.version(16),
                        statement: .stated(PermissionsChanged(list: AccessList(allow: World.principals(["user:alice"]), deny: []), parent: nil)))
                ])
            try await world.index(
                facts: [FactChange(name: c, version: world.version(3), statement: .exists(DocumentFacts(container: nil, expiresAt: nil)))],
                [
                    RenditionChange(
                        name: c, version: world.version(3),
                        statement: .content(
                            digest: SHA256.hash([3]), facts: DocumentFacts(container: nil, expiresAt: nil), World.rendition(of: "c")))
                ])
            try await body(world)
        }
    }
}

extension World {
    /// As `content`, of which more is said.
    fileprivate func described(
        _ subject: String, _ version: EventVersion, in container: String? = nil, mediaType: String = "text/plain", language: String? = nil,
        modifiedAt: Int64? = nil, metadata: String
    ) -> RenditionChange {
        let plain = Self.rendition(of: subject)
        return RenditionChange(
            name: name(subject), version: version,
            statement: .content(
                digest: SHA256.hash(Array(subject.utf8)), facts: DocumentFacts(container: container.flatMap(Subject.init), expiresAt: nil),
                RenditionContent(
                    contentDigest: plain.contentDigest, title: nil, uri: nil, mediaType: mediaType, language: language,
                    modifiedAt: modifiedAt.map(Timestamp.init(microsecondsSinceEpoch:)), metadata: Array(metadata.utf8), body: plain.body,
                    chunks: plain.chunks, terms: plain.terms, vectors: plain.vectors, dimension: plain.dimension)))
    }

    /// In order, in one text.
    fileprivate func subjects(of documents: Set<Int64>) async throws -> String {
        try await database.withSession { session throws in
            try session.query(
                "select coalesce(string_agg(subject, '' order by subject), '') from document where document_id = any ($1)",
                [.int8Array(documents.map { $0 })]
            ).string(0, 0)
        }
    }
}

extension QueryFilter {
    fileprivate static func of(_ set: (inout QueryFilter) -> Void) -> QueryFilter {
        var filter = QueryFilter()
        set(&filter)
        return filter
    }
}
