import CCmark
import Glibc
import Text

/// An owned cmark tree, read as a flat run of events.
struct MarkdownDocument: ~Copyable {
    enum Element: Equatable {
        case paragraph
        case heading(level: Int)
        case list
        case listItem
        case quote
        case tableRow
        case tableCell
        /// Emphasis, links: nothing that a text shows.
        case span
    }

    /// Texts are lent for the duration of a call.
    enum Event {
        case start(Element)
        case end(Element)
        case text(UnsafeBufferPointer<UInt8>)
        case inlineCode(UnsafeBufferPointer<UInt8>)
        case codeBlock(UnsafeBufferPointer<UInt8>)
        case htmlBlock(UnsafeBufferPointer<UInt8>)
        case htmlInline(UnsafeBufferPointer<UInt8>)
        case softBreak
        case lineBreak
        case thematicBreak
    }

    private let root: OpaquePointer

    /// - Parameter utf8: valid UTF-8 without NUL, cut at scalars by `segment`.
    init?(_ utf8: [UInt8], in segment: Range<Int>) {
        _ = Self.extensionsAreRegistered
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { return nil }
        defer { cmark_parser_free(parser) }
        // Tables alone: the inline extensions change tables shared by all threads while they parse.
        if Self.hasBoundedTables(utf8[segment]), let table = cmark_find_syntax_extension("table") { cmark_parser_attach_syntax_extension(parser, table) }
        utf8[segment].withUnsafeBytes { cmark_parser_feed(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
        guard let root = cmark_parser_finish(parser) else { return nil }
        self.root = root
    }

    deinit { cmark_node_free(root) }

    /// Calls `body` with each event in order, without recursion.
    borrowing func walk(_ body: (Event) throws(ParsingError) -> Void) throws(ParsingError) {
        guard let iterator = cmark_iter_new(root) else { return }
        defer { cmark_iter_free(iterator) }
        while true {
            let step = cmark_iter_next(iterator)
            guard step != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { return }
            if let event = Self.event(of: node, entering: step == CMARK_EVENT_ENTER) { try body(event) }
        }
    }

    /// cmark fills every row of a table up to the width of its head: a wide head above many short rows unfolds into their product.
    /// A segment that could hold more cells than this is read without tables, as text with bars in it.
    private static let maximumCells = 200_000

    /// Whether the widest delimiter row times the number of lines stays within bounds.
    private static func hasBoundedTables(_ text: ArraySlice<UInt8>) -> Bool {
        text.withUnsafeBufferPointer { text in
            var lines = 1
            var widest = 0
            var bars = 0
            var isDelimiterRow = true
            for byte in text {
                switch byte {
                case 0x0A, 0x0D:
                    if isDelimiterRow { widest = max(widest, bars + 1) }
                    lines += 1
                    bars = 0
                    isDelimiterRow = true
                case UInt8(ascii: "|"): bars += 1
                case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ">"), 0x20, 0x09, 0x0B, 0x0C: break
                default: isDelimiterRow = false
                }
            }
            return widest * lines <= maximumCells
        }
    }

    private static let extensionsAreRegistered: Void = cmark_gfm_core_extensions_ensure_registered()

    private static func event(of node: OpaquePointer, entering: Bool) -> Event? {
        func element(_ element: Element) -> Event { entering ? .start(element) : .end(element) }
        switch cmark_node_get_type(node) {
        case CMARK_NODE_TEXT: return .text(literal(of: node))
        case CMARK_NODE_CODE: return .inlineCode(literal(of: node))
        case CMARK_NODE_CODE_BLOCK: return .codeBlock(literal(of: node))
        case CMARK_NODE_HTML_BLOCK: return .htmlBlock(literal(of: node))
        case CMARK_NODE_HTML_INLINE: return .htmlInline(literal(of: node))
        case CMARK_NODE_SOFTBREAK: return .softBreak
        case CMARK_NODE_LINEBREAK: return .lineBreak
        case CMARK_NODE_THEMATIC_BREAK: return .thematicBreak
        case CMARK_NODE_PARAGRAPH: return element(.paragraph)
        case CMARK_NODE_HEADING: return element(.heading(level: Int(cmark_node_get_heading_level(node))))
        case CMARK_NODE_LIST: return element(.list)
        case CMARK_NODE_ITEM: return element(.listItem)
        case CMARK_NODE_BLOCK_QUOTE: return element(.quote)
        case CMARK_NODE_DOCUMENT: return nil
        default: return tableElement(of: node).map(element)
        }
    }

    /// The types of an extension are numbered at run time; their names are fixed.
    private static func tableElement(of node: OpaquePointer) -> Element? {
        guard let name = cmark_node_get_type_string(node) else { return nil }
        if strcmp(name, "table_cell") == 0 { return .tableCell }
        if strcmp(name, "table_row") == 0 || strcmp(name, "table_header") == 0 { return .tableRow }
        return nil
    }

    private static func literal(of node: OpaquePointer) -> UnsafeBufferPointer<UInt8> {
        guard let text = cmark_node_get_literal(node) else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: strlen(text))
    }
}
