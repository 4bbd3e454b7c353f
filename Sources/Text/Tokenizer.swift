/// Counts the tokens an embedding model sees in a text.
///
/// Text is UTF-8; bytes that are not are passed over. Counts never include the special tokens a model adds at either end.
package protocol Tokenizer: Sendable {
    /// The number of tokens of the whole text.
    func tokenCount(_ utf8: Span<UInt8>) -> Int

    /// Calls `body` with each word (or single punctuation mark) in order: the bytes it was read from, and how many tokens it becomes.
    ///
    /// Ranges ascend and do not overlap; what lies between them (white space, control characters) costs nothing. The sum over all words is
    /// `tokenCount`, and it is additive: a text cut between two words has the same words on either side.
    func forEachWord(in utf8: Span<UInt8>, _ body: (Range<Int>, Int) -> Void)
}

extension Tokenizer {
    /// The sum over all words.
    package func tokenCount(_ utf8: Span<UInt8>) -> Int {
        var count = 0
        forEachWord(in: utf8) { count += $1 }
        return count
    }

    /// The number of tokens of the whole text.
    package func tokenCount(_ utf8: [UInt8]) -> Int {
        tokenCount(utf8.span)
    }

    /// The number of tokens of a part of a text.
    package func tokenCount(_ utf8: ArraySlice<UInt8>) -> Int {
        tokenCount(utf8.span)
    }

    /// The number of tokens of the whole text.
    package func tokenCount(_ text: String) -> Int {
        tokenCount(Array(text.utf8).span)
    }

    /// Whole words from the beginning, as many as have at most so many tokens together.
    package func beginning(of utf8: [UInt8], tokens limit: Int) -> ArraySlice<UInt8> {
        var (tokens, end) = (0, 0)
        var isFull = false
        forEachWord(in: utf8.span) { word, count in
            isFull = isFull || tokens + count > limit
            guard !isFull else { return }
            (tokens, end) = (tokens + count, word.upperBound)
        }
        return isFull ? utf8[..<end] : utf8[...]
    }
}
