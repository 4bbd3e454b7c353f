import Text

/// Makes text of any XML vocabulary (DocBook, TEI, DITA, data) by its shape: an element with text of its own is a paragraph, and what
/// stands in it is part of its line, but for elements whose names say that they are blocks.
///
/// Whether an element has text of its own is known only at its end; the markup is therefore kept, flat, and read again at the end.
/// A root called `html` is XHTML and goes to the HTML sink as it comes.
final class XMLTextSink: MarkupSink {
    private enum Role: Sendable {
        case title, section, block, listItem, row, cell, code, quote, metadata, hidden
        case heading(Int)
    }

    private struct Element {
        let role: Role?
        var hasText = false
        var parts = false
        var isPreformatted = false
    }

    private enum Event {
        case start(Element)
        case end
        case text(start: Int, end: Int)
    }

    private var html: HTMLTextSink?
    private var events: [Event] = []
    private var open: [Int] = []
    private var text: [UInt8] = []
    private var language: String?
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    override var textBytes: Int { html?.textBytes ?? text.count }

    override func startElement(_ name: MarkupName, _ attributes: MarkupAttributes) {
        if events.isEmpty, html == nil, name == Self.htmlRoot { html = HTMLTextSink(capacity: capacity) }
        if let html { return html.startElement(name, attributes) }
        var element = Element(role: Self.roles[name])
        let isRoot = events.isEmpty
        attributes.forEach { name, value in
            if isRoot, name == Self.lang { language = languageTag(value) ?? language }
            if name == Self.space, let value, MarkupName(value) == Self.preserve { element.isPreformatted = true }
        }
        open.append(events.count)
        events.append(.start(element))
    }

    override func endElement(_ name: MarkupName) {
        if let html { return html.endElement(name) }
        if open.popLast() != nil { events.append(.end) }
    }

    override func characters(_ characters: UnsafeBufferPointer<UInt8>) {
        if let html { return html.characters(characters) }
        guard let parent = open.last else { return }
        let start = text.count
        text.append(contentsOf: characters)
        if case .text(let first, let end)? = events.last, end == start {
            events[events.count - 1] = .text(start: first, end: text.count)
        } else {
            events.append(.text(start: start, end: text.count))
        }
        guard case .start(var element) = events[parent], !element.hasText else { return }
        if !UTF8Text.trimmed(0..<characters.count, in: characters).isEmpty {
            element.hasText = true
            events[parent] = .start(element)
        }
    }

    override func finish() -> ExtractedText {
        if let html { return html.finish() }
        var writer = XMLTextWriter(capacity: text.count + 256)
        text.withUnsafeBufferPointer { text in
            for event in events {
                switch event {
                case .start(let element):
                    writer.start(element.role.map(Self.meaning) ?? .inline, hasText: element.hasText, isPreformatted: element.isPreformatted)
                case .end: writer.end()
                case .text(let start, let end): writer.text(UnsafeBufferPointer(rebasing: text[start..<end]))
                }
            }
        }
        return writer.finish(language: language)
    }

    private static func meaning(_ role: Role) -> XMLTextWriter.Meaning {
        switch role {
        case .title: .title
        case .heading(let level): .heading(level: level)
        case .section: .block(.paragraph)
        case .block: .paragraph
        case .listItem: .block(.listItem)
        case .row: .block(.tableRow)
        case .cell: .cell
        case .code: .block(.code)
        case .quote: .block(.quote)
        case .metadata: .metadata
        case .hidden: .hidden
        }
    }

    private static let htmlRoot = MarkupName("html")
    private static let lang = MarkupName("lang")
    private static let space = MarkupName("space")
    private static let preserve = MarkupName("preserve")

    private static let roles = MarkupNameTable<Role>([
        (.title, ["title", "head"]),
        (.heading(1), ["h1"]), (.heading(2), ["h2"]), (.heading(3), ["h3"]), (.heading(4), ["h4"]), (.heading(5), ["h5"]), (.heading(6), ["h6"]),
        (
            .section,
            [
                "section", "sect1", "sect2", "sect3", "sect4", "sect5", "chapter", "article", "book", "part", "appendix", "div", "div1", "div2", "div3", "body",
                "topic", "concept", "task", "reference",
            ]
        ),
        (
            .block,
            [
                "p", "para", "simpara", "formalpara", "figure", "table", "note", "tip", "warning", "caution", "important", "abstract", "itemizedlist",
                "orderedlist",
                "variablelist", "list", "ul", "ol", "dl", "term", "dt", "informaltable", "thead", "tbody", "tgroup", "entry-title", "summary", "description",
            ]
        ),
        (.listItem, ["listitem", "li", "item", "dd", "step"]), (.row, ["row", "tr"]), (.cell, ["entry", "td", "th", "cell"]),
        (.code, ["programlisting", "screen", "literallayout", "codeblock", "pre", "synopsis", "verbatim"]), (.quote, ["blockquote"]),
        (
            .metadata,
            [
                "info", "bookinfo", "articleinfo", "chapterinfo", "sectioninfo", "front", "article-meta", "title-group", "teiHeader", "fileDesc", "titleStmt",
                "prolog",
            ]
        ),
        (.hidden, ["script", "style"]),
    ])
}
