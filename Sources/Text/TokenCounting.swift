/// Says how many word pieces the embedding model will see in a text, without making them.
package protocol TokenCounting: Sendable {
    /// Calls `body` once for each pre-token (a word, a punctuation mark, a Chinese character…) in order.
    ///
    /// - Parameter utf8: valid UTF-8.
    /// - Parameter body: receives the pre-token's byte range in `utf8` and the number of its word pieces (at least 1).
    /// - Invariant: ranges ascend and do not overlap; bytes in no range (white space, control characters) cost nothing.
    func forEachWord(in utf8: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, Int) -> Void)
}
