import Index

/// Reciprocal rank fusion: what several ways of searching found, in one order.
///
/// Ranks alone count, so that distances and word scores never have to be compared (Cormack, Clarke and Büttcher 2009).
struct Fusion: Sendable {
    /// Damps the first ranks; 60 is the value of the original paper, and nothing here showed a better one.
    static let rankConstant = 60.0

    struct Ranked: Hashable, Sendable {
        let passage: Passage
        let foundBy: [String]
    }

    /// - Parameters:
    ///   - lists: each way's passages, best first, by the way's name.
    ///   - perDocument: at most so many passages of one document; nothing: any number.
    static func fuse(_ lists: [(name: String, passages: [Passage])], limit: Int, perDocument: Int? = nil) -> [Ranked] {
        var scores: [Passage: (score: Double, foundBy: [String], first: Int)] = [:]
        var order = 0
        for list in lists {
            for (rank, passage) in list.passages.enumerated() {
                let score = 1 / (rankConstant + Double(rank + 1))
                if let known = scores[passage] {
                    scores[passage] = (known.score + score, known.foundBy + [list.name], known.first)
                } else {
                    scores[passage] = (score, [list.name], order)
                    order += 1
                }
            }
        }
        let ranked = scores.sorted { ($1.value.score, $0.value.first) < ($0.value.score, $1.value.first) }
            .map { Ranked(passage: $0.key, foundBy: $0.value.foundBy) }
        return Array(perDocument.map { first($0, ofEachDocumentIn: ranked) }?.prefix(limit) ?? ranked.prefix(limit))
    }

    private static func first(_ count: Int, ofEachDocumentIn ranked: [Ranked]) -> [Ranked] {
        var taken: [Int64: Int] = [:]
        return ranked.filter {
            taken[$0.passage.documentID, default: 0] += 1
            return taken[$0.passage.documentID, default: 0] <= count
        }
    }
}
