import Postgres
import Words

/// Search by words without an index of them in memory: the terms of every document the asker is shown are read and ranked among themselves. Exact, and
/// nothing that is hidden counts in any way. Where `sluice.candidates` is claimed, of these documents alone.
enum PassageRows {
    /// The best passages, as many as were asked for wherever so many match; nothing where there is nothing to look for.
    static func search(_ request: SearchRequest, _ session: Session) throws -> [Passage] {
        guard let query = request.terms, !query.isEmpty else { return [] }
        return try scan(query, session).best(limit: request.depth, perDocument: request.perDocument).map {
            Passage(documentID: $0.document, ordinal: $0.passage)
        }
    }

    /// What the query finds in the documents the asker's claims let through, read one by one.
    ///
    /// - Throws: `IndexError.inconsistent` where stored terms are not what was written.
    static func scan(_ query: WordQuery, _ session: Session) throws -> WordScan {
        var scan = WordScan(query)
        do {
            try session.stream(.passageTermsScan) { row in
                let document = try row.int64(0, 0)
                try row.withBytes(0, 1) { try scan.add(document: document, terms: $0) }
            }
        } catch is WordsError {
            throw IndexError.inconsistent
        }
        return scan
    }
}
