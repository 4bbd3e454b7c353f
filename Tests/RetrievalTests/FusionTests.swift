import Testing

@testable import Index
@testable import Retrieval

struct FusionTests {
    private func passages(_ ids: Int64...) -> [Passage] { ids.map { Passage(documentID: $0, ordinal: 0) } }

    private func list(_ name: String, _ passages: [Passage], weight: Double = 1) -> Fusion.List {
        Fusion.List(name: name, weight: weight, passages: passages)
    }

    private func fused(_ lists: [(name: String, passages: [Passage])]) -> [Int64] {
        Fusion(rankConstant: 60).fuse(lists.map { list($0.name, $0.passages) }).map(\.passage.documentID)
    }

    @Test func `one list keeps its order`() {
        #expect(fused([("vector", passages(3, 1, 2))]) == [3, 1, 2])
        #expect(fused([]) == [])
        #expect(fused([("vector", []), ("lexical", passages(7))]) == [7])
    }

    @Test func `what both ways found comes before what one found first`() {
        #expect(fused([("vector", passages(1, 2, 9)), ("lexical", passages(3, 4, 9))]).first == 9)
        #expect(fused([("vector", passages(1, 2)), ("lexical", passages(2, 1))]) == [1, 2])
    }

    @Test func `ties go to the list that stands first, then to its order`() {
        #expect(fused([("vector", passages(5, 6)), ("lexical", passages(1, 2))]) == [5, 1, 6, 2])
        #expect(fused([("lexical", passages(1, 2)), ("vector", passages(5, 6))]) == [1, 5, 2, 6])
    }

    @Test func `every way that found a passage is told, in the lists' order`() {
        let ranked = Fusion(rankConstant: 60).fuse([list("vector", passages(1, 2)), list("lexical", passages(2, 3))])
        #expect(
            Dictionary(uniqueKeysWithValues: ranked.map { ($0.passage.documentID, $0.foundBy) }) == [1: ["vector"], 2: ["vector", "lexical"], 3: ["lexical"]])
    }

    @Test func `passages of one document are each their own`() {
        let one = [Passage(documentID: 1, ordinal: 0), Passage(documentID: 1, ordinal: 1)]
        #expect(Fusion(rankConstant: 60).fuse([list("vector", one)]).map(\.passage) == one)
    }

    @Test func `a way that weighs more decides where they disagree`() {
        let lists = { weight in [self.list("vector", self.passages(1, 2)), self.list("lexical", self.passages(2, 1), weight: weight)] }
        #expect(Fusion(rankConstant: 60).fuse(lists(2)).map(\.passage.documentID) == [2, 1])
        #expect(Fusion(rankConstant: 60).fuse(lists(0.5)).map(\.passage.documentID) == [1, 2])
        #expect(Fusion(rankConstant: 0).fuse(lists(0)).map(\.passage.documentID) == [1, 2])
    }

    /// Against the formula itself, for every pair of orders of four passages.
    @Test func `scores are the sums of reciprocal ranks`() {
        let orders = permutations(of: [1, 2, 3, 4])
        for one in orders {
            for other in orders {
                func score(_ id: Int64) -> Double {
                    [one, other].compactMap { $0.firstIndex(of: id) }.reduce(0) { $0 + 1 / (60 + Double($1 + 1)) }
                }
                let result = fused([
                    ("vector", one.map { Passage(documentID: $0, ordinal: 0) }), ("lexical", other.map { Passage(documentID: $0, ordinal: 0) }),
                ])
                #expect(zip(result, result.dropFirst()).allSatisfy { score($0) >= score($1) }, "\(one) \(other)")
                #expect(Set(result) == Set(one))
            }
        }
    }

    private func permutations(of ids: [Int64]) -> [[Int64]] {
        guard !ids.isEmpty else { return [[]] }
        return ids.flatMap { first in permutations(of: ids.filter { $0 != first }).map { [first] + $0 } }
    }
}
