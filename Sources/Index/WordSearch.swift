import Mirror
import Postgres
import Words

/// The best passages by words that an asker may see, exactly: a mirror finds them in its index, what changed since is read beside it, and the policies say
/// which are shown. Without a mirror the words of everything that is shown are read and ranked among themselves.
struct WordSearch {
    let request: SearchRequest
    let mirroring: Mirroring?
    /// The access lists that let the asker in, ascending.
    let lists: [Int64]

    func run(_ session: Session) throws -> (passages: [Passage], path: SearchPath) {
        guard let query = request.terms, !query.isEmpty else { return ([], .rows) }
        if let found = try suggested(query, session) { return (found, .mirror) }
        _ = try session.pipeline(request.within.map(Candidates.claiming) ?? Candidates.claimingAll)
        return (try PassageRows.search(request, session), .rows)
    }

    /// - Returns: nothing where the mirror is of no use, or did not suffice.
    private func suggested(_ query: WordQuery, _ session: Session) throws -> [Passage]? {
        guard let mirroring, let mirror = mirroring.mirror, mirror.hasWords else { return nil }
        let scope = mirror.scope(of: lists, within: request.within, except: mirroring.changes.documents)
        let changed = mirroring.changes.documents(within: request.within)
        var beside: WordScan?
        if !changed.isEmpty {
            _ = try session.pipeline(Candidates.claiming(changed))
            beside = try PassageRows.scan(query, session)
        }
        var count = request.suggested
        for _ in 0..<VectorSearch.attempts {
            let hits = mirror.best(count, for: query, in: scope, beside: beside, perDocument: request.perDocument)
            guard !hits.isEmpty else { return [] }
            let shown = Set(try Candidates.shown(session.pipeline(Candidates.claiming(Set(hits.map(\.document)).sorted()))))
            let passages = hits.filter { shown.contains($0.document) }.map { Passage(documentID: $0.document, ordinal: $0.passage) }
            if passages.count >= request.depth || hits.count < count { return Array(passages.prefix(request.depth)) }
            count *= VectorSearch.growth
        }
        return nil
    }
}
