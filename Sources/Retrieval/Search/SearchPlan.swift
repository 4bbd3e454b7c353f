import Contract
import Index

/// How a query is searched: by vectors, by words, or both.
struct SearchPlan: Sendable {
    let mode: Query.Mode
    let limit: Int
    let perDocument: Int?

    /// A passage that one way ranks far down still counts in a fusion; beyond this it no longer changes the first ten.
    private static let fusionDepth = 100

    var usesVectors: Bool { mode != .lexical }
    var usesTerms: Bool { mode != .vector }
    var depth: Int { mode == .hybrid ? max(limit, Self.fusionDepth) : limit }

    /// Both ways keep to `perDocument` themselves, so that what fusion then leaves of either alone is already `limit` passages wherever so many match.
    func choose(_ candidates: SearchCandidates) -> [(passage: Passage, foundBy: [String])] {
        let lists = [("vector", candidates.byVector), ("lexical", candidates.byTerms)].filter { !$0.1.isEmpty }
        return Fusion.fuse(lists.map { (name: $0.0, passages: $0.1) }, limit: limit, perDocument: perDocument).map { ($0.passage, $0.foundBy) }
    }
}
