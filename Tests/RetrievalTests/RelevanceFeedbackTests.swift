import Testing

@testable import Retrieval

struct RelevanceFeedbackTests {
    private let feedback = RelevanceFeedback(passages: 2, weight: 1)

    private func expect(_ found: [Float], _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found)", sourceLocation: sourceLocation)
    }

    @Test func `a query moves half way to what was found, at weight 1`() {
        let root = Float(0.5).squareRoot()
        expect(feedback.moved([1, 0, 0], towards: [[0, 3, 0]]), [root, root, 0])
    }

    @Test func `the first passage counts twice as much as the second, the third not at all`() {
        // 1 of the second axis, a half of the third, normalised; then the query's own axis beside it.
        let length = Float(1.25).squareRoot()
        let root = Float(0.5).squareRoot()
        expect(feedback.moved([1, 0, 0], towards: [[0, 1, 0], [0, 0, 1], [-1, -1, -1]]), [root, root / length, root / 2 / length])
    }

    @Test func `what gives no direction leaves the query alone`() {
        expect(feedback.moved([0, 1], towards: [[Float]]()), [0, 1])
        expect(feedback.moved([0, 1], towards: [[0, 0]]), [0, 1])
        expect(feedback.moved([0, 1], towards: [[.nan, 1]]), [0, 1])
        expect(feedback.moved([0, 1], towards: [[0, -1]]), [0, 1])
        expect(feedback.moved([0, 1], towards: [[1, 0, 0]]), [0, 1])
        expect(RelevanceFeedback(passages: 5, weight: 0).moved([0, 1], towards: [[1, 0]]), [0, 1])
    }
}
