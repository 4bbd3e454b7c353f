/// Guesses tokens from bytes, for a model whose vocabulary is not at hand.
///
/// The guess is on the high side, so that a text cut to a limit is seldom cut again by the model: a run of letters has a token for every three bytes begun,
/// where vocabularies of 30,000 pieces and more take four to five bytes of running text a token, and an ideograph at most; every ASCII digit and mark
/// is a token. White space and control characters end a run, and so do `maximumRunBytes`.
package struct EstimatingTokenizer: Tokenizer {
    private static let bytesPerToken = 3
    /// Writing without spaces, links and hashes can be cut there.
    private static let maximumRunBytes = 48

    package init() {}

    package func forEachWord(in utf8: Span<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        var start = 0
        func endRun(at end: Int) {
            if end > start { body(start..<end, (end - start + Self.bytesPerToken - 1) / Self.bytesPerToken) }
            start = end
        }
        for index in 0..<utf8.count {
            let byte = utf8[index]
            let isLetter = byte >= 0x80 || (byte | 0x20) &- UInt8(ascii: "a") < 26
            if isLetter {
                if index - start >= Self.maximumRunBytes, byte & 0xC0 != 0x80 { endRun(at: index) }
            } else {
                endRun(at: index)
                if byte > 0x20, byte != 0x7F { body(index..<index + 1, 1) }
                start = index + 1
            }
        }
        endRun(at: utf8.count)
    }
}
