import Words

extension Mirror {
    /// Whether the words of all its documents could be read.
    package var hasWords: Bool { parts.allSatisfy { $0.segment.words != nil } }

    /// The best passages by words, named by their documents. Statistics are of all documents that are in here, whoever may see them, and of those beside.
    ///
    /// - Parameters:
    ///   - beside: a scan of the same query over documents that changed since.
    ///   - perDocument: at most so many of one document; nothing: any number.
    package func best(_ count: Int, for query: WordQuery, in scope: Scope, beside scan: WordScan?, perDocument: Int?) -> [WordHit] {
        let parts = zip(parts, scope.runs).compactMap { part, runs in
            part.segment.words.map { words in
                var visible = DocumentMask(count: part.segment.documents.count)
                for range in runs.ranges { visible.insert(range) }
                return WordPart(words, visible: visible, names: part.segment.documents)
            }
        }
        return bestPassages(for: query, in: parts, beside: scan, limit: count, perDocument: perDocument)
    }
}
