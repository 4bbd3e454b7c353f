import Index

/// Reciprocal rank fusion: what several ways of searching found, in one order.
///
/// Ranks alone count, so that distances and word scores never have to be compared (Cormack, Clarke and Büttcher 2009).
struct Fusion: Sendable {
    /// One way's passages, best first.
    struct List: Sendable {
        let name: String
        let weight: Double
        let passages: [Passage]
    }

    struct Ranked: Hashable, Sendable {
        let passage: Passage
        let foundBy: [String]
    }

    let rankConstant: Double

    /// - Parameter perDocument: at most so many passages of one document; nothing: any number.
    func fuse(_ lists: [List], perDocument: Int? = nil) -> [Ranked] {
        var scores: [Passage: (score: Double, foundBy: [String], first: Int)] = [:]
        for list in lists {
            for (rank, passage) in list.passages.enumerated() {
                let score = list.weight / (rankConstant + Double(rank + 1))
                let known = scores[passage] ?? (0, [], scores.count)
                scores[passage] = (known.score + score, known.foundBy + [list.name], known.first)
            }
        }
        let ranked = scores.sorted { ($1.value.score, $0.value.first) < ($0.value.score, $1.value.first) }
            .map { Ranked(passage: $0.key, foundBy: $0.value.foundBy) }
        return perDocument.map { Self.first($0, ofEachDocumentIn: ranked) } ?? ranked
    }

    private static func first(_ count: Int, ofEachDocumentIn ranked: [Ranked]) -> [Ranked] {
        var taken: [Int64: Int] = [:]
        return ranked.filter {
            taken[$0.passage.documentID, default: 0] += 1
            return taken[$0.passage.documentID, default: 0] <= count
        }
    }
}
