import Contract
import Postgres

/// One moment of the index as one asker is shown it: everything an answer is made of is read here. Not to be kept: it ends with the transaction.
package struct RetrievalSnapshot {
    let scope: Scope
    let session: Session
    let mirroring: Mirroring?
    /// Has a generation's mirror read, or brought up to date: what is live, and what is said to be soon.
    let renew: @Sendable (ScopedGeneration) -> Void
    let prepare: @Sendable (ScopedGeneration) -> Void

    package var generation: String { scope.generation.name }
    package var embeddingSpace: String { scope.embeddingSpace }

    /// The documents shown to the asker that match, ascending.
    package func documents(matching filter: QueryFilter) throws -> [Int64] {
        try filter.matchesNothing ? [] : Filters.documents(filter, session).sorted()
    }

    /// Exactly the best visible passages, each way for itself.
    package func search(_ request: SearchRequest) throws -> SearchCandidates {
        if mirroring?.wantsRenewal ?? true { renew(scope.generation) }
        if let expected = scope.expected { prepare(expected) }
        let vectors = try VectorSearch(request: request, mirroring: mirroring, lists: scope.lists).run(session)
        let words = try WordSearch(request: request, mirroring: mirroring, lists: scope.lists).run(session)
        return SearchCandidates(byVector: vectors.passages, byTerms: words.passages, path: request.vector == nil ? words.path : vectors.path)
    }

    /// The vectors of a handful of passages, in their order, without those that are not shown.
    package func vectors(of passages: [Passage]) throws -> [[Float]] {
        guard !passages.isEmpty else { return [] }
        let documents = passages.map(\.documentID)
        let fetch: [Parameter] = [.int4(scope.tenant), .int4(scope.generation.number), .int8Array(documents), .int4Array(passages.map(\.ordinal))]
        let rows = try session.pipeline(Candidates.claiming(Array(Set(documents))) + [(.passageVectors, fetch)])[2]
        return try (0..<rows.count).map { try rows.halfvec($0, 1) }
    }

    /// Passages with their texts, in the order asked.
    ///
    /// - Parameter neighbours: so many passages either side, within the document.
    package func hits(_ chosen: [(passage: Passage, foundBy: [String])], neighbours: Int) throws -> [FoundPassage] {
        try Hits.fetch(chosen, neighbours: neighbours, scope, session)
    }

    /// Per document, whether it is shown.
    package func shown(_ documents: [(source: String, subject: String)]) throws -> [Bool] {
        let rows = try session.execute(.accessCheck, [.textArray(documents.map(\.source)), .textArray(documents.map(\.subject))])
        return try (0..<rows.count).map { try rows.bool($0, 0) }
    }
}
