/// A passage: what is embedded, searched and cited.
package struct Chunk: Sendable, Equatable {
    /// From 0, in the order of the text.
    package let ordinal: Int

    /// UTF-8 bytes of the extracted text, on grapheme boundaries where the text has any; without white space at its ends.
    package let range: Range<Int>

    /// The headings above, outermost first: of several joined sections those they share.
    package let headings: [String]

    package let page: Int?

    /// Word pieces of the chunk's text, without headings.
    package let tokenCount: Int

    package init(ordinal: Int, range: Range<Int>, headings: [String], page: Int?, tokenCount: Int) {
        self.ordinal = ordinal
        self.range = range
        self.headings = headings
        self.page = page
        self.tokenCount = tokenCount
    }
}
