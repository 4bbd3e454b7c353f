import Glibc

/// How good one answer is, judged by document: of several passages of a document the best-ranked one counts, and counts once.
///
/// Definitions: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with the discount log2(rank + 1), for nDCG; Manning, Raghavan
/// and Schütze, "Introduction to Information Retrieval" (2008), chapter 8, for the others. Where a document's gain is above 0 it is relevant.
package struct Figures: Sendable, Equatable {
    /// Gain at each rank, discounted, of the best that could be: 0 to 1.
    package var ndcg: Double
    /// Share of the relevant documents that were found.
    package var recall: Double
    /// Share of the cut-off's ranks that hold a relevant document; an answer that is shorter is not forgiven.
    package var precision: Double
    /// 1 over the rank of the first relevant document; 0 without one.
    package var reciprocalRank: Double

    package init(ndcg: Double, recall: Double, precision: Double, reciprocalRank: Double) {
        self.ndcg = ndcg
        self.recall = recall
        self.precision = precision
        self.reciprocalRank = reciprocalRank
    }

    /// - Parameters:
    ///   - ranking: what was found, best first, with repetitions.
    ///   - gains: relevant documents, each above 0.
    /// - Returns: nothing where no document is relevant: no figure means anything then.
    package init?<Document: Hashable>(of ranking: some Sequence<Document>, gains: [Document: Double], cutoffs: Cutoffs) {
        let relevant = gains.filter { $0.value > 0 }
        guard !relevant.isEmpty else { return nil }
        var seen = Set<Document>()
        let found = ranking.filter { seen.insert($0).inserted }.map { relevant[$0] ?? 0 }
        let ideal = relevant.values.sorted(by: >)
        ndcg = Self.discountedGain(found.prefix(cutoffs.ndcg)) / Self.discountedGain(ideal.prefix(cutoffs.ndcg))
        recall = Double(found.prefix(cutoffs.recall).count { $0 > 0 }) / Double(relevant.count)
        precision = Double(found.prefix(cutoffs.precision).count { $0 > 0 }) / Double(cutoffs.precision)
        reciprocalRank = found.firstIndex { $0 > 0 }.map { 1 / Double($0 + 1) } ?? 0
    }

    private static func discountedGain(_ gains: some Sequence<Double>) -> Double {
        gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) }
    }

    var isFinite: Bool { Measure.allCases.allSatisfy { self[$0].isFinite } }

    package subscript(measure: Measure) -> Double {
        switch measure {
        case .ndcg: ndcg
        case .recall: recall
        case .precision: precision
        case .reciprocalRank: reciprocalRank
        }
    }
}

package enum Measure: String, CaseIterable, Sendable {
    case ndcg, recall, precision, reciprocalRank

    /// With its cut-off, as people write it: `nDCG@10`.
    package func title(_ cutoffs: Cutoffs) -> String {
        switch self {
        case .ndcg: "nDCG@\(cutoffs.ndcg)"
        case .recall: "recall@\(cutoffs.recall)"
        case .precision: "precision@\(cutoffs.precision)"
        case .reciprocalRank: "MRR"
        }
    }
}
