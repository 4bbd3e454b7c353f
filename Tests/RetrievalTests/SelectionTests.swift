import Contract
import Embedding
import Synchronization
import Testing
import Text

@testable import Index
@testable import Retrieval

struct SelectionTests {
    // MARK: near-duplicates

    /// Whether each of these says something that none before it said.
    private func areNew(_ texts: String...) -> [Bool] {
        var seen = NearDuplicates()
        return texts.map { seen.admit($0) }
    }

    private static let passage = """
        Every employee is entitled to thirty days of paid leave in each calendar year. Leave that was not taken by the end of March of the following year \
        lapses. Requests go to the direct manager, who answers within five working days; no answer counts as consent. Parents of children under twelve have \
        precedence in the school holidays.
        """

    @Test(arguments: [
        passage, passage.uppercased(), passage.replacing(" ", with: "\n\t "), "  " + passage + "\n", passage.replacing("thirty", with: "twenty"),
        passage.replacing("March", with: "April"),
    ])
    func `the same text but for white space, case or a word is a duplicate`(text: String) {
        #expect(areNew(Self.passage, text) == [true, false])
    }

    @Test(arguments: [
        "Every employee is entitled to thirty days of paid leave in each calendar year.", "", "文字", passage + passage.replacing("e", with: "i"),
        "Sick leave is reported on the first day by telephone. A certificate is due on the third day.",
    ])
    func `another text is none, nor a part`(text: String) {
        #expect(areNew(Self.passage, text) == [true, true])
    }

    @Test func `scripts without spaces are told alike`() {
        #expect(
            areNew("東京都の有給休暇に関する規定は毎年四月一日に改定され、全ての従業員に通知される。", "東京都の有給休暇に関する規定は毎年四月一日に改定され、全ての従業員に通知される", "大阪府の通勤手当に関する規定は毎年十月一日に改定され、全ての管理職に通知される。") == [
                true, false, true,
            ])
    }

    @Test func `the best rank of each stays, and as many come as are wanted`() {
        let ranked = (0..<40).map { Fusion.Ranked(passage: Passage(documentID: $0, ordinal: 0), foundBy: ["vector"]) }
        let texts = (0..<40).map { "This is text number \($0 / 4 * 1_234_567), which says something of its own: \(String(repeating: "\($0 / 4)", count: 40))" }
        let plan = SearchPlan(mode: .vector, wanted: 10, collapsesDuplicates: true)
        let picked = plan.pick(from: ranked) { $0.map { Found.passage(texts[Int($0.passage.documentID)], document: "d\($0.passage.documentID)") } }
        #expect(picked.map(\.hit.document.text) == (0..<10).map { "d\($0 * 4)" })
        let all = SearchPlan(mode: .vector, wanted: 10).pick(from: ranked) { $0.map { Found.passage(texts[Int($0.passage.documentID)]) } }
        #expect(all.count == 10)
    }

    // MARK: reranking

    private struct Fixed: Reranker {
        let order: [Int]?

        func order(_ passages: [String], for query: String, within limit: Duration) async throws -> [Int] {
            guard let order else { throw CancellationError() }
            return order
        }
    }

    /// Waits until it is told to stop.
    private struct Endless: Reranker {
        func order(_ passages: [String], for query: String, within limit: Duration) async throws -> [Int] {
            try await Task.sleep(for: .seconds(1000))
            return []
        }
    }

    private func reordered(_ reranker: any Reranker, limit: Duration = .seconds(100)) async -> [String]? {
        await Reranking(reranker: reranker, depth: 4, limit: limit).reorder(["a", "b", "c", "d"], text: { $0 }, for: "q")
    }

    @Test func `a reranker's order holds, and what it leaves out follows as it stood`() async {
        #expect(await reordered(Fixed(order: [2, 0, 3, 1])) == ["c", "a", "d", "b"])
        #expect(await reordered(Fixed(order: [3])) == ["d", "a", "b", "c"])
        #expect(await reordered(Fixed(order: [9, -1, 1, 1])) == ["b", "a", "c", "d"])
    }

    @Test func `a reranker that fails or is too slow changes nothing`() async {
        #expect(await reordered(Fixed(order: nil)) == nil)
        #expect(await reordered(Endless(), limit: .milliseconds(1)) == nil)
    }

    // MARK: batches

    @Test func `queries that come while the model is busy go together, and each gets its own vector`() async throws {
        let model = Recording()
        let batcher = EmbeddingBatcher(model: model)
        let vectors = try await withThrowingTaskGroup(of: (Int, [Float]).self) { tasks in
            for index in 0..<100 { tasks.addTask { (index, try await batcher.embed(Array("query \(index)".utf8))) } }
            return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for index in 0..<100 { #expect(try await Array(StubEmbedding().embed([Array("query \(index)".utf8)], for: .query)[0]) == vectors[index]) }
        let sizes = model.sizes.withLock { $0 }
        #expect(sizes.reduce(0, +) == 100 && sizes.allSatisfy { $0 <= 32 } && sizes.count < 100)
    }

    @Test func `a text the model cannot take fails alone`() async throws {
        let batcher = EmbeddingBatcher(model: Recording(refused: Array("bad".utf8)))
        let outcomes = await withTaskGroup(of: (String, Bool).self) { tasks in
            for text in ["good", "bad", "fine"] { tasks.addTask { (text, (try? await batcher.embed(Array(text.utf8))) != nil) } }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes == ["good": true, "bad": false, "fine": true])
    }
}

/// Notes how many texts come together, and gives others time to come.
private final class Recording: EmbeddingModel {
    let sizes = Mutex<[Int]>([])
    private let stub = StubEmbedding()
    private let refused: [UInt8]?

    init(refused: [UInt8]? = nil) {
        self.refused = refused
    }

    var space: EmbeddingSpace { stub.space }
    var tokenizer: any Tokenizer { stub.tokenizer }

    func embed(_ texts: [[UInt8]], for purpose: EmbeddingPurpose) async throws -> EmbeddingBatch {
        sizes.withLock { $0.append(texts.count) }
        for _ in 0..<1000 { await Task.yield() }
        if let refused, texts.contains(refused) { throw EmbeddingError(.modelInvalid, "refused") }
        return try await stub.embed(texts, for: purpose)
    }
}
