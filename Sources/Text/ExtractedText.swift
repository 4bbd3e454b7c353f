/// What a parser read out of a document: the text that spans and digests refer to, and its structure.
package struct ExtractedText: Sendable, Equatable {
    /// Valid UTF-8 without NUL. Every span of the contract is a byte range in this.
    package let utf8: [UInt8]

    /// Headings, paragraphs, rows… in order, not overlapping. What lies between two blocks is white space.
    package let blocks: [Block]

    /// The document's own title, where it states one: one line, white space collapsed.
    package let title: String?

    /// The language the document declares (BCP 47, as written), where it declares one.
    package let language: String?

    package init(utf8: [UInt8], blocks: [Block], title: String? = nil, language: String? = nil) {
        self.utf8 = utf8
        self.blocks = blocks
        self.title = title
        self.language = language
    }

    package static let empty = ExtractedText(utf8: [], blocks: [])
}

/// A piece of a document that is not divided by its author.
package struct Block: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Level 1 (outermost) to 6.
        case heading(level: Int)
        case paragraph
        case listItem
        case tableRow
        case code
        case quote
    }

    package let kind: Kind

    /// UTF-8 bytes of `ExtractedText.utf8`; neither empty nor blank.
    package let range: Range<Int>

    /// The page it stands on, from 1, in formats that have pages.
    package let page: Int?

    package init(kind: Kind, range: Range<Int>, page: Int? = nil) {
        self.kind = kind
        self.range = range
        self.page = page
    }
}
