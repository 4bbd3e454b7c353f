import Text

/// Writes the blocks of Markdown documents.
struct MarkdownWriter: ~Copyable {
    private var builder: TextBuilder
    private var nodes = 0
    private var kinds: [Block.Kind] = []
    private var paragraph = Block.Kind.paragraph
    private let limits: ParsingLimits
    private let budget: ProcessorTimeBudget

    init(capacity: Int, limits: ParsingLimits, budget: ProcessorTimeBudget) {
        builder = TextBuilder(capacity: capacity)
        self.limits = limits
        self.budget = budget
    }

    /// - Throws: `parseLimit`.
    mutating func write(_ document: borrowing MarkdownDocument) throws(ParsingError) {
        try document.walk { event throws(ParsingError) in
            nodes += 1
            if nodes > limits.maximumNodes { throw ParsingError(.parseLimit, "there are too many elements") }
            if builder.count > limits.maximumTextBytes { throw ParsingError(.parseLimit, "the text is too long") }
            try write(event)
        }
    }

    /// - Parameter title: what the front matter says; else the first heading of level 1 is the title.
    consuming func finish(title: String?) -> ExtractedText {
        var title = title
        if title == nil, let heading = builder.blocks.first(where: { $0.kind == .heading(level: 1) }) {
            title = builder.withText(of: heading) { text in
                var collector = TitleCollector()
                collector.append(text)
                return collector.title
            }
        }
        return builder.finish(title: title, language: nil)
    }

    private mutating func write(_ event: MarkdownDocument.Event) throws(ParsingError) {
        switch event {
        case .start(let element): start(element)
        case .end(let element): end(element)
        case .text(let text): write(text)
        case .inlineCode(let text): builder.append(text)
        case .codeBlock(let text):
            builder.appendPreformatted(text)
            builder.endBlock(kind: .code)
        case .htmlBlock(let text): try writeHTML(text)
        case .htmlInline(let tag): if Self.isLineBreak(tag) { builder.breakLine(kind: paragraph, region: []) }
        case .softBreak: builder.space()
        case .lineBreak: builder.breakLine(kind: paragraph, region: [])
        case .thematicBreak: builder.endBlock(kind: paragraph)
        }
    }

    private mutating func start(_ element: MarkdownDocument.Element) {
        switch element {
        case .listItem: push(.listItem)
        case .quote: push(.quote)
        case .tableRow: push(.tableRow)
        case .heading(let level): push(.heading(level: level))
        case .tableCell: if builder.isOpen { builder.endCell() }
        case .paragraph, .list, .span: break
        }
    }

    private mutating func end(_ element: MarkdownDocument.Element) {
        switch element {
        case .paragraph: builder.endBlock(kind: paragraph)
        case .listItem, .quote, .tableRow, .heading:
            builder.endBlock(kind: paragraph)
            kinds.removeLast()
            paragraph = kinds.last ?? .paragraph
        case .tableCell, .list, .span: break
        }
    }

    private mutating func push(_ kind: Block.Kind) {
        builder.endBlock(kind: paragraph)
        kinds.append(kind)
        paragraph = kind
    }

    /// Text without the marks of strikethrough, which only GitHub's inline extension would read.
    private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while index + 1 < text.count {
            if text[index] == UInt8(ascii: "~"), text[index + 1] == UInt8(ascii: "~") {
                builder.append(UnsafeBufferPointer(rebasing: text[start..<index]))
                start = index + 2
                index += 1
            }
            index += 1
        }
        builder.append(UnsafeBufferPointer(rebasing: text[start...]))
    }

    /// Raw HTML is read as HTML is, with its own blocks.
    private mutating func writeHTML(_ html: UnsafeBufferPointer<UInt8>) throws(ParsingError) {
        try budget.check()
        let sink = HTMLTextSink(capacity: html.count)
        try MarkupReader.read(Array(html), as: .html, into: sink, limits: limits, budget: budget)
        let extracted = sink.finish()
        extracted.utf8.withUnsafeBufferPointer { utf8 in
            for block in extracted.blocks {
                let text = UnsafeBufferPointer(rebasing: utf8[block.range])
                if block.kind == .code { builder.appendPreformatted(text) } else { builder.append(text) }
                builder.endBlock(kind: block.kind)
            }
        }
    }

    private static func isLineBreak(_ tag: UnsafeBufferPointer<UInt8>) -> Bool {
        tag.count >= 4 && tag[1] | 0x20 == UInt8(ascii: "b") && tag[2] | 0x20 == UInt8(ascii: "r") && !(tag[3] | 0x20 >= 0x61 && tag[3] | 0x20 <= 0x7A)
    }
}
