import Contract
import Testing

@testable import Index
@testable import Retrieval

struct SearchPlanTests {
    @Test(arguments: [
        (Query.Mode.vector, true, false), (.lexical, false, true), (.hybrid, true, true),
    ])
    func `a mode searches its ways`(mode: Query.Mode, usesVectors: Bool, usesTerms: Bool) {
        let plan = SearchPlan(mode: mode, wanted: 10)
        #expect(plan.usesVectors == usesVectors && plan.usesTerms == usesTerms)
    }

    @Test func `one way searches as deep as the limit, a fusion deeper`() {
        #expect(SearchPlan(mode: .vector, wanted: 10).depth == 10)
        #expect(SearchPlan(mode: .lexical, wanted: 1).depth == 1)
        #expect(SearchPlan(mode: .hybrid, wanted: 10).depth == 100)
        for mode in [Query.Mode.vector, .lexical, .hybrid] { #expect(SearchPlan(mode: mode, wanted: 100).depth >= 100) }
    }

    @Test func `the first are told with the ways that found them`() {
        let passages = (0..<5).map { Passage(documentID: Int64($0), ordinal: 0) }
        let candidates = SearchCandidates(byVector: passages, byTerms: [passages[4]], path: .rows)
        let chosen = SearchPlan(mode: .hybrid, wanted: 2).rank(candidates).prefix(2)
        #expect(chosen.map(\.passage.documentID) == [4, 0])
        #expect(chosen.map(\.foundBy) == [["vector", "lexical"], ["vector"]])
        #expect(SearchPlan(mode: .vector, wanted: 2).rank(SearchCandidates(byVector: [], byTerms: [], path: .rows)).isEmpty)
    }

    @Test func `a document shows so many passages and no more, whichever way found them`() {
        func passages(_ ordinal: Int32) -> [Passage] { (0..<100).map { Passage(documentID: $0, ordinal: ordinal) } }
        // Each way's best passage of a document is another one.
        let candidates = SearchCandidates(byVector: passages(0), byTerms: passages(1), path: .rows)
        let one = SearchPlan(mode: .hybrid, wanted: 100, perDocument: 1).rank(candidates).prefix(100)
        #expect(one.count == 100 && Set(one.map(\.passage.documentID)).count == 100)
        let two = SearchPlan(mode: .hybrid, wanted: 100, perDocument: 2).rank(candidates).prefix(100)
        #expect(two.count == 100 && Set(two.map(\.passage.documentID)).count == 50)
        let any = SearchPlan(mode: .hybrid, wanted: 100).rank(candidates).prefix(100)
        #expect(any.map(\.passage) == two.map(\.passage))
    }
}
