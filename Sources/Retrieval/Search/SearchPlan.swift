import Contract
import Index

/// How a query is searched: by vectors, by words, or both.
struct SearchPlan: Sendable {
    let mode: Query.Mode
    let limit: Int

    /// A passage that one way ranks far down still counts in a fusion; beyond this it no longer changes the first ten.
    private static let fusionDepth = 100

    var usesVectors: Bool { mode != .lexical }
    var usesTerms: Bool { mode != .vector }
    var depth: Int { mode == .hybrid ? max(limit, Self.fusionDepth) : limit }

    func choose(_ candidates: SearchCandidates) -> [(passage: Passage, foundBy: [String])] {
        let lists = [("vector", candidates.byVector), ("lexical", candidates.byTerms)].filter { !$0.1.isEmpty }
        return Fusion.fuse(lists.map { (name: $0.0, passages: $0.1) }, limit: limit).map { ($0.passage, $0.foundBy) }
    }
}
