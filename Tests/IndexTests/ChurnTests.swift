import Contract
import Postgres
import Testing
import Words

@testable import Index

/// An index that changes all the while it is asked: edits, deletions, moves, lists, memberships. What a mirror leads to is what all rows say, in the same
/// snapshot; and whenever nothing is under way, what an owner finds without policies and without a mirror.
///
/// `CHURN` is the number of changes in all, `CHURN_SEED` repeats a run.
@Suite(.needsDatabase) struct ChurnTests {
    private static let changes = Churn.environment["CHURN"].flatMap(Int.init) ?? 3000
    private static let seed = Churn.environment["CHURN_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
    private static let rounds = 6
    /// Whoever asks while changes are made.
    private static let askers = 2

    @Test func `under churn nothing is missed and nothing comes short`() async throws {
        print("churn: CHURN_SEED=\(Self.seed)")
        try await World.with { world async throws in
            var churn = Churn(world, seed: Self.seed)
            try await churn.begin()
            let url = world.database.url
            let mirrors = Mirrors(pool: IndexRole.retrieval.pool(url: url, connections: 1, applicationName: "sluice tests"), byteLimit: 1 << 28) { _ = $0 }
            try await mirrors.ready(World.tenantID)
            let pool = IndexRole.retrieval.pool(url: url, connections: Self.askers, applicationName: "sluice tests")
            let asking = Asking(store: RetrievalStore(pool: pool, mirrors: mirrors))
            var asked: [SearchPath: Int] = [:]
            for round in 0..<Self.rounds {
                let before = churn
                let (after, paths) = try await withThrowingTaskGroup(of: Either.self) { group in
                    let isOver = Flag()
                    group.addTask {
                        var churn = before
                        defer { isOver.raise() }
                        try await churn.run(Self.changes / Self.rounds)
                        return .changed(churn)
                    }
                    for asker in 0..<Self.askers {
                        group.addTask { .asked(try await asking.untilOver(isOver, seed: Self.seed &+ UInt64(round * Self.askers + asker))) }
                    }
                    var (after, paths) = (before, [SearchPath]())
                    for try await one in group {
                        switch one {
                        case .changed(let churn): after = churn
                        case .asked(let some): paths += some
                        }
                    }
                    return (after, paths)
                }
                churn = after
                for path in paths { asked[path, default: 0] += 1 }
                try await asking.compare(&churn, "round \(round), before the mirror is renewed")
                try await mirrors.ready(World.tenantID)
                #expect(try await asking.compare(&churn, "round \(round)") == [.mirror])
            }
            print("churn: asked meanwhile \(asked)")
            #expect(asked[.mirror, default: 0] > 0)
        }
    }

    private enum Either: Sendable {
        case changed(Churn)
        case asked([SearchPath])
    }
}

/// Asks a store with mirrors.
private struct Asking: Sendable {
    let store: RetrievalStore

    private static let analyzer = TermAnalyzer()
    /// How deep, and at most how many of a document.
    private static let shapes: [(depth: Int, perDocument: Int?)] = [(10, nil), (10, 1), (100, nil), (100, 2)]
    /// Of each asker, each time.
    private static let questions = 5
    private static let everything = 100_000

    /// What the mirror leads to is what all rows say, in one snapshot.
    func untilOver(_ isOver: Flag, seed: UInt64) async throws -> [SearchPath] {
        var random = SplitMix64(state: seed)
        var paths: [SearchPath] = []
        while !isOver.isRaised {
            let (shape, asker) = (Self.shapes.randomElement(using: &random) ?? Self.shapes[0], Churn.askers.randomElement(using: &random) ?? Churn.askers[0])
            let (vector, word) = (random.vector(World.dimension), Churn.words.randomElement(using: &random) ?? "")
            let nearest = SearchRequest(vector: vector, terms: nil, depth: shape.depth, perDocument: shape.perDocument)
            let worded = SearchRequest(vector: nil, terms: Self.analyzer.query(word), depth: Self.everything, perDocument: nil)
            let answer = try await ask(asker) { snapshot in
                let rows = RetrievalSnapshot(scope: snapshot.scope, session: snapshot.session, mirroring: nil, renew: { _ in }, prepare: { _ in })
                return (try snapshot.search(nearest), try rows.search(nearest), try snapshot.search(worded), try rows.search(worded))
            }
            #expect(answer.0.byVector == answer.1.byVector, "while it changes, \(shape) as \(asker.user.text)")
            #expect(Set(answer.2.byTerms) == Set(answer.3.byTerms), "while it changes, \(word) as \(asker.user.text)")
            paths.append(answer.0.path)
        }
        return paths
    }

    /// What is found is what the verdict and an owner say.
    /// - Returns: how it was found.
    @discardableResult
    func compare(_ churn: inout Churn, _ when: String) async throws -> Set<SearchPath> {
        var paths: Set<SearchPath> = []
        for asker in Churn.askers {
            let visible = churn.visible(to: asker)
            for _ in 0..<Self.questions {
                let vector = churn.vector()
                for (depth, perDocument) in Self.shapes {
                    let request = SearchRequest(vector: vector, terms: nil, depth: depth, perDocument: perDocument)
                    let found = try await ask(asker) { try $0.search(request) }
                    let expected = try await churn.nearest(to: vector, of: visible, depth: depth, perDocument: perDocument)
                    #expect(try await churn.named(found.byVector) == expected, "\(when): \(depth), \(perDocument ?? 0) a document, as \(asker.user.text)")
                    paths.insert(found.path)
                }
            }
            for word in Churn.words {
                let request = SearchRequest(vector: nil, terms: Self.analyzer.query(word), depth: Self.everything, perDocument: nil)
                let found = try await ask(asker) { try $0.search(request) }
                #expect(try await Set(churn.named(found.byTerms)) == churn.passages(of: visible, with: word), "\(when): \(word), as \(asker.user.text)")
            }
        }
        return paths
    }

    private func ask<Answer: Sendable>(_ asker: Churn.Asker, _ body: @escaping @Sendable (RetrievalSnapshot) throws -> Answer) async throws -> Answer {
        let asked = try await store.ask(as: Index.Claims(tenant: World.tenantID, principals: asker.principals), body)
        guard case .answered(let answer) = asked else { throw IndexError.inconsistent }
        return answer
    }
}
