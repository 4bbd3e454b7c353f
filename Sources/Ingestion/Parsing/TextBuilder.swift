import Text

/// Where in a page a block stood, as far as it tells content from boilerplate.
struct Region: OptionSet {
    let rawValue: UInt8

    /// Inside `<main>`, `<article>` or what plays their role.
    static let main = Region(rawValue: 1)

    /// Inside navigation, page header or footer, aside or what plays their role.
    static let boilerplate = Region(rawValue: 2)
}

/// A block as written, before what is boilerplate is left out. `start..<end` are bytes of the draft.
struct DraftBlock {
    var kind: Block.Kind
    var start: Int
    var end: Int
    var region: Region

    /// How many of its bytes are link text.
    var linkBytes: Int

    var count: Int { end - start }
}

/// Writes a document's text as blocks, white space collapsed as a browser shows it.
///
/// Blocks lie back to back in the draft; `finish` puts the white space between those that are kept. One pass, no allocation per block or text.
struct TextBuilder: ~Copyable {
    private enum Separator: UInt8 { case none, space, lineBreak, cell }

    private(set) var blocks: [DraftBlock] = []
    private var draft: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0
    private var start = 0
    private var separator = Separator.none
    private var linkBytes = 0
    private var endsWithCarriageReturn = false

    init(capacity: Int) {
        self.capacity = max(capacity, 256)
        draft = .allocate(capacity: self.capacity)
    }

    deinit { draft.deallocate() }

    /// Whether the open block has text so far.
    var isOpen: Bool { count > start }

    /// Adds text of the open block: runs of white space (no-break spaces too) become one space, soft hyphens vanish.
    ///
    /// - Parameter text: valid UTF-8, whole scalars.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>, isLink: Bool = false) {
        reserve(text.count + 3)
        let before = count
        var position = count
        var index = 0
        while index < text.count {
            let byte = text[index]
            if UTF8Text.isASCIIWhiteSpace(byte) {
                if separator == .none { separator = .space }
                index += 1
                continue
            }
            if byte == 0xC2, index + 1 < text.count, text[index + 1] == 0xA0 || text[index + 1] == 0xAD {
                if text[index + 1] == 0xA0, separator == .none { separator = .space }
                index += 2
                continue
            }
            if separator != .none { position = writeSeparator(at: position) }
            draft[position] = byte
            position += 1
            index += 1
        }
        count = position
        if isLink { linkBytes += count - before }
    }

    /// Adds text of the open block as it is, but for line ends, which become line feeds.
    mutating func appendPreformatted(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 3)
        if separator != .none { count = writeSeparator(at: count) }
        for byte in text {
            if byte == 0x0A, endsWithCarriageReturn {
                endsWithCarriageReturn = false
                continue
            }
            endsWithCarriageReturn = byte == 0x0D
            draft[count] = endsWithCarriageReturn ? 0x0A : byte
            count += 1
        }
    }

    /// `<br>`: a new line in the open block; two in a row end the block, as old pages part paragraphs.
    mutating func breakLine(kind: Block.Kind, region: Region) {
        if separator == .lineBreak { endBlock(kind: kind, region: region) } else { separator = .lineBreak }
    }

    /// The end of a table cell.
    mutating func endCell() { separator = .cell }

    /// A word boundary.
    mutating func space() { if separator == .none { separator = .space } }

    /// Ends the open block. One without anything but white space leaves no trace.
    mutating func endBlock(kind: Block.Kind, region: Region = []) {
        separator = .none
        endsWithCarriageReturn = false
        guard count > start else { return }
        let bytes = UnsafeBufferPointer(start: draft, count: count)
        var range = UTF8Text.trimmed(start..<count, in: bytes)
        if case .code = kind, !range.isEmpty {
            // The first line of code keeps its indentation.
            while range.lowerBound > start, draft[range.lowerBound - 1] == 0x20 || draft[range.lowerBound - 1] == 0x09 {
                range = range.lowerBound - 1..<range.upperBound
            }
        }
        if range.isEmpty {
            count = start
        } else {
            blocks.append(DraftBlock(kind: kind, start: range.lowerBound, end: range.upperBound, region: region, linkBytes: linkBytes))
            count = range.upperBound
        }
        start = count
        linkBytes = 0
    }

    /// The text of a block.
    func withText<Result>(of block: DraftBlock, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: draft + block.start, count: block.count))
    }

    /// The text of those blocks that are kept: rows and items on lines of their own, all else parted by an empty line.
    func finish(title: String?, language: String?, keeping isKept: (DraftBlock) -> Bool = { _ in true }) -> ExtractedText {
        let kept = blocks.filter(isKept)
        var ranges: [Block] = []
        ranges.reserveCapacity(kept.count)
        let size = kept.reduce(0) { $0 + $1.count + 2 }
        let utf8 = [UInt8](unsafeUninitializedCapacity: size) { buffer, size in
            var position = 0
            var previous: Block.Kind?
            for block in kept {
                if let previous {
                    let isTight = previous == block.kind && (previous == .listItem || previous == .tableRow)
                    for _ in 0..<(isTight ? 1 : 2) {
                        buffer[position] = 0x0A
                        position += 1
                    }
                }
                previous = block.kind
                buffer.baseAddress?.advanced(by: position).update(from: draft + block.start, count: block.count)
                ranges.append(Block(kind: block.kind, range: position..<position + block.count))
                position += block.count
            }
            size = position
        }
        return ExtractedText(utf8: utf8, blocks: ranges, title: title, language: language)
    }

    /// Writes what parts two pieces of a block; nothing at its start.
    private mutating func writeSeparator(at position: Int) -> Int {
        defer { separator = .none }
        guard position > start else { return position }
        switch separator {
        case .none: return position
        case .space:
            draft[position] = 0x20
            return position + 1
        case .lineBreak:
            draft[position] = 0x0A
            return position + 1
        case .cell:
            draft[position] = 0x20
            draft[position + 1] = UInt8(ascii: "|")
            draft[position + 2] = 0x20
            return position + 3
        }
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(capacity * 2, count + more)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        grown.update(from: draft, count: count)
        draft.deallocate()
        draft = grown
    }
}
