import Text

/// Divides texts into chunks of a token budget along headings, paragraphs and sentences.
///
/// - A chunk never crosses a heading, but that small sections of one parent are joined, and a heading without text stays with what follows.
/// - Where a text has to be parted, the best kind of place in reach is taken: a block's end, else a sentence's, else a word's. Between places of one
///   kind the text around them decides (the greatest hash), not the count from the start: so after an edit the boundaries soon fall where they were.
/// - A part that does not begin a section repeats the end of the part before it.
/// - Every byte that is not white space lies in a chunk. Linear in the length of the text; no randomness, no state.
package struct Chunker: Sendable {
    package let configuration: ChunkerConfiguration
    private let tokenizer: any Tokenizer

    package init(configuration: ChunkerConfiguration = ChunkerConfiguration(), tokenizer: any Tokenizer) {
        self.configuration = configuration
        self.tokenizer = tokenizer
    }

    /// The chunks of a text, in order. None where it has no block.
    package func chunks(of text: ExtractedText) -> [Chunk] {
        let sections = SectionOutline.sections(of: text)
        return text.utf8.withUnsafeBufferPointer { utf8 in
            var run = ChunkingRun(text: text, utf8: utf8, sections: sections, configuration: configuration, tokenizer: tokenizer)
            run.chunkAll()
            return run.chunks
        }
    }
}

/// One text on its way into chunks.
private struct ChunkingRun {
    let text: ExtractedText
    let utf8: UnsafeBufferPointer<UInt8>
    let sections: [Section]
    let configuration: ChunkerConfiguration
    var scanner: AtomScanner
    var chunks: [Chunk] = []

    init(text: ExtractedText, utf8: UnsafeBufferPointer<UInt8>, sections: [Section], configuration: ChunkerConfiguration, tokenizer: any Tokenizer) {
        self.text = text
        self.utf8 = utf8
        self.sections = sections
        self.configuration = configuration
        scanner = AtomScanner(tokenizer: tokenizer)
    }

    mutating func chunkAll() {
        var group = 0..<0
        var isSmallGroup = false
        for index in sections.indices {
            let before = scanner.atoms.count
            let joins = !group.isEmpty && mayJoin(index, isSmallGroup: isSmallGroup)
            scan(sections[index])
            let isSmall = tokens(before..<scanner.atoms.count) < configuration.smallSectionTokens
            if joins, isSmall || !sections[index - 1].hasBody {
                group = group.lowerBound..<index + 1
                isSmallGroup = isSmallGroup && isSmall
                continue
            }
            divide(group, atoms: 0..<before)
            scanner.removeFirst(before)
            group = index..<index + 1
            isSmallGroup = isSmall
        }
        divide(group, atoms: 0..<scanner.atoms.count)
    }

    /// Whether a section may be joined to the one before it: as what a bare heading heads, or as a small one's small sibling.
    private func mayJoin(_ index: Int, isSmallGroup: Bool) -> Bool {
        let previous = sections[index - 1]
        let isSibling = previous.hasHeading && previous.parent == sections[index].parent
        return previous.hasBody ? isSmallGroup && isSibling : isSibling || sections[index].parent == previous.path[...]
    }

    private mutating func scan(_ section: Section) {
        for index in section.blocks {
            let block = text.blocks[index]
            let isFirst = index == section.blocks.lowerBound
            scanner.append(block.range, of: utf8, code: block.kind == .code, breakBefore: isFirst ? .section : .block)
        }
    }

    private func tokens(_ atoms: Range<Int>) -> Int { scanner.atoms[atoms].reduce(0) { $0 + Int($1.tokens) } }

    /// Makes the chunks of a group of sections.
    private mutating func divide(_ group: Range<Int>, atoms: Range<Int>) {
        guard !group.isEmpty, !atoms.isEmpty else { return }
        let end = text.blocks[sections[group.upperBound - 1].blocks.upperBound - 1].range.upperBound
        var start = atoms.lowerBound
        var block = sections[group.lowerBound].blocks.lowerBound
        var section = group.lowerBound
        while start < atoms.upperBound {
            let next = endOfChunk(from: start, in: atoms.upperBound, end: end)
            let first = start == atoms.lowerBound ? start : startOfOverlap(before: start, in: atoms.lowerBound, end: byte(next, atoms, end))
            emit(first..<next, until: byte(next, atoms, end), group, &section, &block)
            start = next
        }
    }

    private func byte(_ atom: Int, _ atoms: Range<Int>, _ end: Int) -> Int { atom < atoms.upperBound ? Int(scanner.atoms[atom].start) : end }

    /// The atom before which the chunk that begins at `start` ends.
    private func endOfChunk(from start: Int, in upper: Int, end: Int) -> Int {
        let atoms = scanner.atoms
        let room = start == 0 ? configuration.maximumTokens : configuration.ownTokens
        let firstByte = Int(atoms[start].start)
        var tokens = 0
        var best: (place: Break, hash: UInt64, atom: Int)?
        var index = start
        while index < upper {
            let atom = atoms[index]
            let bytesWith = (index + 1 < upper ? Int(atoms[index + 1].start) : end) - firstByte
            if index > start, tokens >= configuration.minimumTokens || Int(atom.start) - firstByte >= configuration.maximumBytes / 2 {
                if best.map({ atom.breakBefore >= $0.place }) ?? true {
                    let hash = Self.hash(utf8, at: Int(atom.start))
                    if best.map({ atom.breakBefore > $0.place || hash >= $0.hash }) ?? true { best = (atom.breakBefore, hash, index) }
                }
            }
            if index > start, tokens + Int(atom.tokens) > room || bytesWith > configuration.maximumBytes { return best?.atom ?? index }
            tokens += Int(atom.tokens)
            index += 1
        }
        return upper
    }

    /// The atom from which a chunk that begins at `start` repeats the text before it: the farthest sentence in reach, else the farthest word.
    private func startOfOverlap(before start: Int, in lower: Int, end: Int) -> Int {
        let atoms = scanner.atoms
        guard atoms[start].breakBefore < .section else { return start }
        var tokens = 0
        var word = start
        var sentence = start
        var index = start - 1
        while index > lower {
            let atom = atoms[index]
            tokens += Int(atom.tokens)
            if tokens > configuration.overlapTokens || end - Int(atom.start) > configuration.maximumBytes { break }
            if atom.breakBefore >= .word { word = index }
            if atom.breakBefore >= .sentence { sentence = index }
            if atom.breakBefore == .section { break }
            index -= 1
        }
        return sentence < start ? sentence : word
    }

    private mutating func emit(_ atoms: Range<Int>, until end: Int, _ group: Range<Int>, _ section: inout Int, _ block: inout Int) {
        let range = UTF8Text.trimmed(Int(scanner.atoms[atoms.lowerBound].start)..<end, in: utf8)
        guard !range.isEmpty else { return }
        while section + 1 < group.upperBound, text.blocks[sections[section].blocks.upperBound - 1].range.upperBound <= range.lowerBound { section += 1 }
        while text.blocks[block].range.upperBound <= range.lowerBound { block += 1 }
        chunks.append(
            Chunk(
                ordinal: chunks.count, range: range, headings: headings(of: range, from: section, in: group), page: text.blocks[block].page,
                tokenCount: tokens(atoms)))
    }

    /// What the paths of all sections in `range` share; bare headings on the way to a text count as above it.
    private func headings(of range: Range<Int>, from first: Int, in group: Range<Int>) -> [String] {
        var shared: [String]?
        var bare: [String] = []
        for index in first..<group.upperBound {
            let section = sections[index]
            guard text.blocks[section.blocks.lowerBound].range.lowerBound < range.upperBound else { break }
            let bodyStart = section.hasBody ? text.blocks[section.blocks.lowerBound + (section.hasHeading ? 1 : 0)].range.lowerBound : Int.max
            if bodyStart >= range.upperBound {
                bare = section.path
                continue
            }
            guard let known = shared else {
                shared = section.path
                continue
            }
            shared = Array(zip(known, section.path).prefix { $0 == $1 }.map(\.0))
        }
        return shared ?? bare
    }

    /// FNV-1a of the text that follows a place; 16 bytes tell places apart and are seldom all edited.
    private static func hash(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in start..<min(start + 16, text.count) { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return hash ^ hash >> 29
    }
}
