import Contract
import Index
import Words

/// How a query is searched: by vectors, by words, or both; how deep, and how many passages are wanted of it.
struct SearchPlan: Sendable {
    let mode: Query.Mode
    /// How many passages are to be chosen: the query's limit, or what a reranker orders.
    let wanted: Int
    let perDocument: Int?
    let collapsesDuplicates: Bool
    let fusion: FusionSettings

    init(
        mode: Query.Mode, wanted: Int, perDocument: Int? = nil, collapsesDuplicates: Bool = false, fusion: FusionSettings = FusionSettings()
    ) {
        self.mode = mode
        self.wanted = wanted
        self.perDocument = perDocument
        self.collapsesDuplicates = collapsesDuplicates
        self.fusion = fusion
    }

    var usesVectors: Bool { mode != .lexical }
    var usesTerms: Bool { mode != .vector }

    /// How many passages each way contributes at first.
    var depth: Int { mode == .hybrid ? max(wanted, fusion.depth) : wanted }

    /// Everything that was found, in one order. Both ways keep to `perDocument` themselves, so that what fusion then leaves of either alone is already as
    /// many passages as are wanted wherever so many match.
    func rank(_ candidates: SearchCandidates) -> [Fusion.Ranked] {
        let lists = [
            Fusion.List(name: "vector", weight: fusion.vectorWeight, passages: candidates.byVector),
            Fusion.List(name: "lexical", weight: fusion.lexicalWeight, passages: candidates.byTerms),
        ]
        return Fusion(rankConstant: fusion.rankConstant).fuse(lists.filter { !$0.passages.isEmpty }, perDocument: perDocument)
    }

    /// Whether a search this deep has found everything there is.
    func isExhausted(_ candidates: SearchCandidates, depth: Int) -> Bool {
        candidates.byVector.count < depth && candidates.byTerms.count < depth
    }

    /// Searches, and goes deeper while near-duplicates leave fewer than are wanted and there may be more.
    ///
    /// - Parameter within: of these documents alone, ascending; nothing: of all.
    /// - Returns: at most `wanted` passages, best first.
    func choose(
        vector: [Float]?, terms: WordQuery?, within: [Int64]?, neighbours: Int, in snapshot: RetrievalSnapshot
    ) throws -> (passages: [FoundPassage], path: SearchPath) {
        var depth = self.depth
        while true {
            let found = try snapshot.search(
                SearchRequest(
                    vector: usesVectors ? vector : nil, terms: usesTerms ? terms : nil, depth: depth, perDocument: perDocument, within: within))
            let candidates = try learning(from: found, vector, depth: depth, in: snapshot)
            let chosen = try pick(from: rank(candidates)) { try snapshot.hits($0.map { ($0.passage, $0.foundBy) }, neighbours: neighbours) }
            guard collapsesDuplicates, chosen.count < wanted, !isExhausted(candidates, depth: depth) else { return (chosen, candidates.path) }
            depth *= Self.deepening
        }
    }

    /// The same passages, by vectors once more: by a query that has learnt from what both ways found.
    private func learning(from found: SearchCandidates, _ vector: [Float]?, depth: Int, in snapshot: RetrievalSnapshot) throws -> SearchCandidates {
        guard fusion.feedback.weight > 0, let vector, !found.byVector.isEmpty, !found.byTerms.isEmpty else { return found }
        let vectors = try snapshot.vectors(of: rank(found).prefix(fusion.feedback.passages).map(\.passage))
        let documents = Set((found.byVector + found.byTerms).map(\.documentID)).sorted()
        let again = try snapshot.search(
            SearchRequest(
                vector: fusion.feedback.moved(vector, towards: vectors), terms: nil, depth: depth, perDocument: perDocument, within: documents))
        return SearchCandidates(byVector: again.byVector, byTerms: found.byTerms, path: found.path)
    }

    /// Few rounds, of which the last costs most.
    private static let deepening = 4

    /// The first that are wanted, without near-duplicates where those are to collapse: the best rank of each stays.
    ///
    /// - Parameter fetch: the texts of some passages, in their order.
    func pick(from ranked: [Fusion.Ranked], fetch: (ArraySlice<Fusion.Ranked>) throws -> [FoundPassage]) rethrows -> [FoundPassage] {
        guard collapsesDuplicates else { return try fetch(ranked.prefix(wanted)) }
        var chosen: [FoundPassage] = []
        var seen = NearDuplicates()
        var rest = ranked[...]
        while chosen.count < wanted, !rest.isEmpty {
            let batch = rest.prefix(max(wanted - chosen.count, Self.leastBatch))
            rest = rest.dropFirst(batch.count)
            for found in try fetch(batch) where chosen.count < wanted && seen.admit(found.hit.text) { chosen.append(found) }
        }
        return chosen
    }

    /// Fewer texts are not worth a round trip of their own.
    private static let leastBatch = 32
}
