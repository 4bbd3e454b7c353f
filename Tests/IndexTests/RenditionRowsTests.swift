import Digest
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct RenditionRowsTests {
    @Test func `many documents in one transaction each keep their own rows`() async throws {
        try await World.with { world async throws in
            let counts = [0, 1, 9, 10, 11, 23, 1, 0]
            let verdicts = try await world.index(counts.enumerated().map { number, count in Self.change(world, "d\(number)", 0, chunks: count) })
            #expect(verdicts == counts.map { .indexed(chunks: $0) })
            for (number, count) in counts.enumerated() { try await Self.expectWhole(world, "d\(number)", chunks: count, version: 0) }
        }
    }

    @Test func `a document longer than one statement is whole`() async throws {
        try await World.with { world async throws in
            #expect(try await world.index([Self.change(world, "small", 0, chunks: 3), Self.change(world, "long", 0, chunks: 2507)])?.count == 2)
            try await Self.expectWhole(world, "small", chunks: 3, version: 0)
            try await Self.expectWhole(world, "long", chunks: 2507, version: 0)
        }
    }

    @Test func `a shorter version leaves nothing of a longer one`() async throws {
        try await World.with { world async throws in
            for (version, count) in [25, 4, 0, 12].enumerated() {
                #expect(try await world.index([Self.change(world, "a", Int64(version), chunks: count)]) == [.indexed(chunks: count)])
                try await Self.expectWhole(world, "a", chunks: count, version: version)
            }
        }
    }

    @Test func `headings are kept character by character`() async throws {
        let paths = [[], [""], ["NULL", "{}", "a,b"], [#"\"quoted\\""#, "\"", "\\"], [" spaced ", "\t\r\n", "ünïcode\u{1F600}"], ["e\u{301}", "\u{200D}"]]
        try await World.with { world async throws in
            _ = try await world.index([Self.change(world, "a", 0, chunks: paths.count) { paths[$0] }])
            let kept = try await world.database.withSession { session in
                let rows = try session.query("select headings from chunk order by ordinal")
                return try (0..<rows.count).map { try rows.optionalStringArray($0, 0).map { $0?.unicodeScalars.map(\.value) } }
            }
            #expect(kept == paths.map { $0.map { $0.unicodeScalars.map(\.value) } })
        }
    }

    @Test func `what the server refuses half-way leaves the older version whole`() async throws {
        try await World.with { world async throws in
            _ = try await world.index([Self.change(world, "a", 0, chunks: 12), Self.change(world, "b", 0, chunks: 2)])
            // In the last of three statements' worth of chunks, after two have been written; NUL is no text to the server.
            let broken = Self.change(world, "a", 1, chunks: 2300) { [$0 == 2250 ? "\0" : "Heading"] }
            let error = await #expect(throws: PostgresError.self) { try await world.index([Self.change(world, "b", 1, chunks: 5), broken]) }
            #expect(error?.sqlState?.hasPrefix("22") == true)
            try await Self.expectWhole(world, "a", chunks: 12, version: 0)
            try await Self.expectWhole(world, "b", chunks: 2, version: 0)
            // The session goes on.
            #expect(try await world.index([Self.change(world, "a", 2, chunks: 3)]) == [.indexed(chunks: 3)])
        }
    }

    @Test func `a session cut off half-way leaves the older version whole`() async throws {
        try await World.with { world async throws in
            _ = try await world.index([Self.change(world, "a", 0, chunks: 12)])
            try await world.database.withSession {
                try $0.executeScript(
                    """
                    create function sluice.die() returns trigger language plpgsql security definer as
                        $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return null; end $$;
                    create trigger die after insert on sluice.chunk for each row when (new.ordinal = 1500) execute function sluice.die()
                    """)
            }
            let error = await #expect(throws: PostgresError.self) { try await world.index([Self.change(world, "a", 1, chunks: 2000)]) }
            #expect(error?.isRetryable == true)
            try await Self.expectWhole(world, "a", chunks: 12, version: 0)
            #expect(try await world.index([Self.change(world, "a", 2, chunks: 3)]) == [.indexed(chunks: 3)])
        }
    }

    @Test func `embeddings are kept once, however many statements they take`() async throws {
        try await World.with { world async throws in
            var batch = GenerationBatch()
            batch.newEmbeddings = (0..<2100).map {
                EmbeddingKey(tenant: $0 % 2 == 0 ? world.tenant : world.other, digest: SHA256.hash([UInt8($0 & 255), UInt8($0 >> 8)]))
            }
            batch.newVectors = (0..<2100).flatMap { [Float($0), 0, 0, 0] }
            for _ in 0..<2 { _ = try await world.store.apply(batch, generation: world.generation, group: World.generationGroup) { _, _ in [] } }
            let found = try await world.store.cachedEmbeddings(batch.newEmbeddings, space: world.generation.embeddingSpace)
            #expect(found.count == 2100)
            for (number, key) in batch.newEmbeddings.enumerated() { #expect(found[key]?.first == Float(Float16(number))) }
        }
    }

    /// Should this ever pass, COPY can take the place of the inserts.
    @Test func `COPY FROM is refused under row-level security`() async throws {
        try await TestDatabase.with { database async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await database.withSession(as: IndexRole.ingest.rawValue) { try $0.executeScript("copy chunk from stdin") }
            }
            #expect(error?.sqlState == "0A000")
        }
    }

    // MARK: words of these tests

    /// A version whose every row tells which document, version and chunk it is of.
    private static func change(
        _ world: World, _ subject: String, _ version: Int64, chunks count: Int, headings: (Int) -> [String] = { ["Heading \($0)"] }
    ) -> RenditionChange {
        let body = Array("\(subject) \(version)".utf8)
        let chunks = (0..<count).map { ordinal in
            ChunkRow(
                span: ordinal..<ordinal + 1, headings: headings(ordinal), page: ordinal % 2 == 0 ? nil : ordinal,
                embeddingTextDigest: SHA256.hash(Array("\(subject) \(version) \(ordinal)".utf8)))
        }
        let content = RenditionContent(
            contentDigest: SHA256.hash(body), title: version == 0 ? nil : "\(version)", uri: nil, mediaType: "text/plain", language: nil, modifiedAt: nil,
            metadata: Array("{}".utf8), body: body, chunks: chunks, terms: terms(subject, version),
            vectors: (0..<count).flatMap { [Float($0 % 1000), Float(version), 1, 0] },
            dimension: World.dimension)
        return RenditionChange(
            name: world.name(subject), version: world.version(version, value: "\(version)"),
            statement: .content(digest: content.contentDigest, facts: .init(container: nil, expiresAt: nil), content))
    }

    /// Any bytes will do: only searches read them.
    private static func terms(_ subject: String, _ version: Int64) -> [UInt8] { Array("terms of \(subject) \(version)".utf8) }

    private static func expectWhole(_ world: World, _ subject: String, chunks count: Int, version: Int) async throws {
        let found = try await world.database.withSession { session in
            try [
                "select convert_from(body, 'UTF8') from rendition_content",
                "select concat_ws(' ', ordinal, span_start, page, encode(embedding_text_digest, 'hex')) from chunk",
                "select encode(data, 'hex') from passage_terms",
                """
                select pack * 10 + place - 1 || ' ' || vector::text
                from vector_pack, unnest(array[v0, v1, v2, v3, v4, v5, v6, v7, v8, v9]) with ordinality as p (vector, place)
                """,
            ].map { query in
                let ofDocument = "document_id = (select document_id from document where subject = '\(subject)')"
                return Set(try session.strings("\(query) where \(ofDocument)\(query.contains("place") ? " and vector is not null" : "")"))
            }
        }
        let ordinals = 0..<count
        let digest = { (ordinal: Int) in hexEncoded(SHA256.hash(Array("\(subject) \(version) \(ordinal)".utf8))) }
        #expect(found[0] == ["\(subject) \(version)"])
        #expect(found[1] == Set(ordinals.map { "\($0) \($0) \($0 % 2 == 0 ? "" : "\($0) ")\(digest($0))" }))
        #expect(found[2] == [hexEncoded(terms(subject, Int64(version)))])
        #expect(found[3] == Set(ordinals.map { "\($0) [\($0 % 1000),\(version),1,0]" }))
    }
}
