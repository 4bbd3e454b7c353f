import Contract
import Index
import Postgres
import Testing
import Words

@Suite(.needsDatabase) struct SearchTests {
    @Test func `either way finds exactly the best visible passages, at most so many of a document`() async throws {
        try await World.with { world async throws in
            let cases = [nil, 1, 2, 3, 12, 5000].flatMap { perDocument in [1, 10, 100, 1000].map { (depth: $0, perDocument: perDocument) } }
            let connection = try await world.database.connect()
            let expected = try await connection.withSession { session throws in
                try session.executeScript(ManyPassages.script)
                try ManyPassages.analyse(session)
                return try cases.map { depth, perDocument in
                    (
                        vector: try session.strings(ManyPassages.nearest(depth: depth, perDocument: perDocument)),
                        terms: try ManyPassages.best(session, depth: depth, perDocument: perDocument)
                    )
                }
            }
            await connection.close()
            for ((depth, perDocument), expected) in zip(cases, expected) {
                let found = try await Self.search(world, depth: depth, perDocument: perDocument)
                #expect(found.byVector.map(Self.name) == expected.vector, "by vector, \(depth) with at most \(perDocument ?? 0) of a document")
                #expect(found.byTerms.map(Self.name) == expected.terms, "by words, \(depth) with at most \(perDocument ?? 0) of a document")
            }
        }
    }

    @Test func `one passage of each of a hundred documents, though one document has the two thousand best`() async throws {
        try await World.with { world async throws in
            try await world.database.withSession { session throws in
                try session.executeScript(ManyPassages.script)
                try ManyPassages.analyse(session)
            }
            let unbounded = try await Self.search(world, depth: 100, perDocument: nil)
            #expect(Set((unbounded.byVector + unbounded.byTerms).map(\.documentID)) == [1])
            let bounded = try await Self.search(world, depth: ManyPassages.visibleDocuments, perDocument: 1)
            #expect(Set(bounded.byVector.map(\.documentID)).count == ManyPassages.visibleDocuments)
            #expect(Set(bounded.byTerms.map(\.documentID)).count == ManyPassages.visibleDocuments)
        }
    }

    private static func name(_ passage: Passage) -> String { "\(passage.documentID)/\(passage.ordinal)" }

    /// What alice's search found, before it is fused.
    private static func search(_ world: World, depth: Int, perDocument: Int?) async throws -> SearchCandidates {
        let request = SearchRequest(vector: ManyPassages.query, terms: TermAnalyzer().query(ManyPassages.words), depth: depth, perDocument: perDocument)
        return try await world.asking("user:alice") { try $0.search(request) }
    }
}
