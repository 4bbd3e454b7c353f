import Synchronization

/// From text to terms: of documents, as they are stored, and of queries.
///
/// A word is known by the stem of its document's language (where it is written in another script, or the language is not known, of the script's most
/// usual one: Latin is taken for English), and, where that differs, as it stands, for prefixes. The language of a query is never known: its words are
/// stemmed in every language of their script, and each stem meets the documents that were stemmed in that language. Stop words are words like others:
/// phrases need them, and BM25 gives them next to no weight.
package final class TermAnalyzer: Sendable {
    /// What one thread at a time works with.
    private final class Tools {
        var tokenizer = Tokenizer()
        var collector = TermCollector()
        var stems = QueryStems()
    }

    /// Handed from thread to thread: the mutex lends each to one at a time (libstemmer's and ICU's handles may be used by any thread, one at a time).
    private struct Shelf: @unchecked Sendable {
        var tools: [Tools] = []
    }

    private let shelf = Mutex(Shelf())

    package init() {}

    /// The terms of a document's passages, in the form `PassageTerms` reads.
    ///
    /// - Parameters:
    ///   - passages: UTF-8; bytes that are not count as separators.
    ///   - language: a BCP 47 tag, where it is known.
    package func passageTerms(of passages: [[UInt8]], language: String?) -> [UInt8] {
        withTools { $0.collector.document(passages, WordLanguage(tag: language), &$0.tokenizer) }
    }

    /// Never fails: text without a word is a query without a term.
    package func query(_ text: String) -> WordQuery {
        withTools { tools in
            var parser = QueryParser(stems: tools.stems)
            return parser.parse(text, &tools.tokenizer)
        }
    }

    private func withTools<Result>(_ body: (Tools) -> Result) -> Result {
        // A region of its own: nothing else holds what was taken from the shelf.
        nonisolated(unsafe) let tools = shelf.withLock { shelf in Shelf(tools: shelf.tools.popLast().map { [$0] } ?? []) }.tools.first ?? Tools()
        defer { put(Shelf(tools: [tools])) }
        return body(tools)
    }

    private func put(_ one: Shelf) {
        shelf.withLock { $0.tools += one.tools }
    }
}
