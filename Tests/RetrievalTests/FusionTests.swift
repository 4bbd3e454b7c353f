import Testing

@testable import Index
@testable import Retrieval

struct FusionTests {
    private func passages(_ ids: Int64...) -> [Passage] { ids.map { Passage(documentID: $0, ordinal: 0) } }

    private func fused(_ lists: [(name: String, passages: [Passage])], limit: Int = 10) -> [Int64] {
        Fusion.fuse(lists, limit: limit).map(\.passage.documentID)
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
        let ranked = Fusion.fuse([("vector", passages(1, 2)), ("lexical", passages(2, 3))], limit: 10)
        #expect(
            Dictionary(uniqueKeysWithValues: ranked.map { ($0.passage.documentID, $0.foundBy) }) == [1: ["vector"], 2: ["vector", "lexical"], 3: ["lexical"]])
    }

    @Test func `passages of one document are each their own`() {
        let one = [Passage(documentID: 1, ordinal: 0), Passage(documentID: 1, ordinal: 1)]
        #expect(Fusion.fuse([("vector", one)], limit: 10).map(\.passage) == one)
    }

    @Test(arguments: [0, 1, 3, 100]) func `the limit holds`(limit: Int) {
        #expect(fused([("vector", passages(1, 2, 3)), ("lexical", passages(4, 5))], limit: limit).count == min(limit, 5))
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
