import Text

/// Makes text of HTML: from libxml2's HTML parser, or of XHTML from its XML parser.
final class HTMLTextSink: MarkupSink {
    /// What an element inherits and its children may change.
    private struct Context {
        var kind = Block.Kind.paragraph
        var region: Region = []
        var flags: Flags = []
    }

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let hidden = Flags(rawValue: 1)
        static let preformatted = Flags(rawValue: 2)
        static let link = Flags(rawValue: 4)
        static let title = Flags(rawValue: 8)
        static let cell = Flags(rawValue: 16)

        /// The element parts its text from what surrounds it.
        static let parts = Flags(rawValue: 32)
    }

    private var builder: TextBuilder
    private var stack: [Context] = []
    private var context = Context()
    private var title = TitleCollector()
    private var hasTitle = false
    private var language: String?

    init(capacity: Int) {
        builder = TextBuilder(capacity: capacity)
        stack.reserveCapacity(128)
    }

    override var textBytes: Int { builder.count }

    override func startElement(_ name: MarkupName, _ attributes: MarkupAttributes) {
        stack.append(context)
        if context.flags.contains(.hidden) { return }
        context.flags.remove(.parts)
        guard let element = HTMLElement.named(name) else {
            return
        }
        switch element {
        case .link: context.flags.insert(.link)
        case .lineBreak: breakLine()
        case .hidden: context.flags.insert(.hidden)
        case .title: if !hasTitle { context.flags.insert(.title) } else { context.flags.insert(.hidden) }
        case .root: attributes.forEach { name, value in if name == Self.lang { language = languageTag(value) ?? language } }
        case .cell:
            if builder.isOpen { builder.endCell() }
            context.flags.insert(.cell)
        default: startBlock(element, name, attributes)
        }
    }

    override func endElement(_ name: MarkupName) {
        guard let parent = stack.popLast() else { return }
        if context.flags.contains(.title), !parent.flags.contains(.title) { hasTitle = title.title != nil }
        if context.flags.contains(.parts), !context.flags.contains(.hidden) { part() }
        context = parent
    }

    override func characters(_ text: UnsafeBufferPointer<UInt8>) {
        if !context.flags.isDisjoint(with: [.hidden, .title]) {
            if context.flags.contains(.title) { title.append(text) }
        } else if context.flags.contains(.preformatted) {
            builder.appendPreformatted(text)
        } else {
            builder.append(text, isLink: context.flags.contains(.link))
        }
    }

    override func finish() -> ExtractedText {
        builder.endBlock(kind: context.kind, region: context.region)
        var title = title.title
        if title == nil, let heading = builder.blocks.first(where: { $0.kind == .heading(level: 1) }) {
            title = builder.withText(of: heading) { text in
                var collector = TitleCollector()
                collector.append(text)
                return collector.title
            }
        }
        let isContent = MainContent.selector(of: builder.blocks)
        return builder.finish(title: title, language: language, keeping: isContent)
    }

    private static let lang = MarkupName("lang")
    private static let role = MarkupName("role")
    private static let identifier = MarkupName("id")
    private static let styleClass = MarkupName("class")
    /// Its classes speak of the page's layout ("has-sidebar"), not of what it holds.
    private static let body = MarkupName("body")
    private static let hiddenAttribute = MarkupName("hidden")

    private func startBlock(_ element: HTMLElement, _ name: MarkupName, _ attributes: MarkupAttributes) {
        // Paragraphs in a cell are lines of its row: parting them would tear the row.
        part()
        if case .block = element, context.flags.contains(.cell) {} else { context.flags.remove(.cell) }
        context.flags.insert(.parts)
        switch element {
        case .heading(let level): context.kind = .heading(level: level)
        case .listItem: context.kind = .listItem
        case .quote: context.kind = .quote
        case .preformatted:
            context.kind = .code
            context.flags.insert(.preformatted)
        case .row: context.kind = .tableRow
        case .table: context.kind = .paragraph
        case .main:
            context.region.insert(.main)
            context.region.remove(.boilerplate)
        case .aside: context.region.insert(.boilerplate)
        case .margin: if !context.region.contains(.main) { context.region.insert(.boilerplate) }
        default: break
        }
        if name != Self.body { readAttributes(attributes) }
    }

    private func readAttributes(_ attributes: MarkupAttributes) {
        var isHidden = false
        var region = context.region
        attributes.forEach { name, value in
            if name == Self.hiddenAttribute { isHidden = true }
            guard let value, name == Self.role || name == Self.identifier || name == Self.styleClass else { return }
            PageRegions.forEachWord(in: value) { word in
                if name == Self.role ? PageRegions.isMainRole(word) : PageRegions.isMainName(word) { region.insert(.main) }
                if name == Self.role ? PageRegions.isBoilerplateRole(word) : PageRegions.isBoilerplateName(word) { region.insert(.boilerplate) }
            }
        }
        context.region = region
        if isHidden { context.flags.insert(.hidden) }
    }

    /// The boundary of a block: a line's in a cell, else the block's.
    private func part() {
        if context.flags.contains(.cell) {
            if builder.isOpen { builder.space() }
        } else {
            builder.endBlock(kind: context.kind, region: context.region)
        }
    }

    private func breakLine() {
        if context.flags.contains(.preformatted) {
            var lineFeed: UInt8 = 0x0A
            withUnsafePointer(to: &lineFeed) { builder.appendPreformatted(UnsafeBufferPointer(start: $0, count: 1)) }
        } else if context.flags.contains(.cell) {
            builder.space()
        } else {
            builder.breakLine(kind: context.kind, region: context.region)
        }
    }
}
