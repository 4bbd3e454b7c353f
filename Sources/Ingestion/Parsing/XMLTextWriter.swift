import Text

/// Writes blocks as the elements of an XML document open and close.
struct XMLTextWriter: ~Copyable {
    enum Meaning {
        case inline
        case block(Block.Kind)

        /// A block of the kind it stands in: a paragraph of a list item is that item.
        case paragraph
        case title
        case heading(level: Int)
        case cell

        /// Holds titles and the like of the element around it, and does not count as a level.
        case metadata
        case hidden
    }

    private struct Context {
        var kind = Block.Kind.paragraph
        /// Elements around, not counting metadata.
        var level = 0
        var isParagraph = false
        var isPreformatted = false
        var isHidden = false
        var isTitle = false
        /// Parts its text from what surrounds it.
        var parts = false
        var isCell = false
    }

    private var builder: TextBuilder
    private var stack: [Context] = []
    private var context = Context()
    private var title = TitleCollector()

    init(capacity: Int) { builder = TextBuilder(capacity: capacity) }

    mutating func start(_ meaning: Meaning, hasText: Bool, isPreformatted: Bool) {
        stack.append(context)
        let parent = context
        context.parts = false
        context.isPreformatted = parent.isPreformatted || isPreformatted
        context.level += 1
        switch meaning {
        case .inline: if !parent.isParagraph { beginBlock(parent.kind, hasText) }
        case .block(let kind): beginBlock(kind, hasText)
        case .paragraph: beginBlock(parent.kind, hasText)
        case .title: if parent.level == 0 { beginBlock(parent.kind, hasText) } else { beginHeading(level: parent.level, hasText) }
        case .heading(let level): beginHeading(level: level, hasText)
        case .metadata:
            beginBlock(parent.kind, hasText)
            context.level -= 1
        case .cell:
            context.isCell = true
            context.isParagraph = true
            if builder.isOpen { builder.endCell() }
        case .hidden: context.isHidden = true
        }
    }

    mutating func end() {
        if context.parts, !context.isHidden { part() }
        if let parent = stack.popLast() { context = parent }
    }

    mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
        if context.isHidden { return }
        if context.isTitle { title.append(text) }
        if context.isPreformatted, context.isParagraph { builder.appendPreformatted(text) } else { builder.append(text) }
    }

    mutating func finish(language: String?) -> ExtractedText {
        builder.endBlock(kind: context.kind)
        return builder.finish(title: title.title, language: language)
    }

    private mutating func beginHeading(level: Int, _ hasText: Bool) {
        let isFirst = title.title == nil && level == 1
        beginBlock(.heading(level: min(max(level, 1), 6)), hasText)
        context.isParagraph = true
        context.isTitle = isFirst
    }

    private mutating func beginBlock(_ kind: Block.Kind, _ hasText: Bool) {
        part()
        if context.isCell { return }
        context.kind = kind
        context.parts = true
        context.isParagraph = hasText
        if kind == .code {
            context.isPreformatted = true
            context.isParagraph = true
        }
    }

    private mutating func part() {
        if context.isCell { builder.space() } else { builder.endBlock(kind: stack.last.map { context.parts ? context.kind : $0.kind } ?? context.kind) }
    }
}
