import Text

/// Markdown (CommonMark with GitHub's tables) to text, by cmark-gfm.
///
/// A long document is parsed in segments (see `MarkdownSegments`), which bounds memory and lets the time be looked at in between. Raw HTML is read as
/// HTML; a front matter block is left out, but for its title.
struct MarkdownParser: Parser {
    func parse(_ bytes: [UInt8], mediaType: MediaType, limits: ParsingLimits) throws(ParsingError) -> ExtractedText {
        let utf8 = try CharacterEncoding.decode(bytes, charset: mediaType.parameters["charset"], sniffsUTF16: false)
        let budget = ProcessorTimeBudget(limits.processorTime)
        let frontMatter = utf8.withUnsafeBufferPointer(FrontMatter.init)
        var writer = MarkdownWriter(capacity: utf8.count + utf8.count / 8, limits: limits, budget: budget)
        var segments = MarkdownSegments(from: frontMatter.end)
        while let segment = utf8.withUnsafeBufferPointer({ segments.next(in: $0) }) {
            try budget.check()
            guard let document = MarkdownDocument(utf8, in: segment) else {
                throw ParsingError(.parseLimit, "no memory for the parser")
            }
            try writer.write(document)
        }
        return writer.finish(title: frontMatter.title)
    }
}

/// The YAML block some Markdown begins with.
struct FrontMatter {
    /// The byte after it; 0 where there is none.
    let end: Int
    let title: String?

    /// What is longer is not front matter but a text that begins with a rule.
    private static let maximumBytes = 64 << 10

    init(_ utf8: UnsafeBufferPointer<UInt8>) {
        var title: String?
        var lineStart = 0
        var isFirst = true
        while lineStart < min(utf8.count, Self.maximumBytes) {
            let lineEnd = utf8[lineStart...].firstIndex(of: 0x0A) ?? utf8.count
            var line = Substring(decoding: utf8[lineStart..<lineEnd], as: UTF8.self)
            while let last = line.last, last.isWhitespace { line.removeLast() }
            lineStart = lineEnd + 1
            if isFirst {
                guard line == "---" else { break }
                isFirst = false
            } else if line == "---" || line == "..." {
                self.title = title
                end = min(lineStart, utf8.count)
                return
            } else if line.hasPrefix("title:") {
                title = Self.scalar(line.dropFirst("title:".count))
            }
        }
        self.title = nil
        end = 0
    }

    /// A plain or quoted YAML scalar of one line.
    private static func scalar(_ text: Substring) -> String? {
        var value = text.drop { $0.isWhitespace }
        if let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote { value = value.dropFirst().dropLast() }
        var collector = TitleCollector()
        var copy = String(value)
        copy.withUTF8 { collector.append($0) }
        return collector.title
    }
}

/// Cuts Markdown where cutting changes nothing but link references: before a line that stands outside of code fences and after an empty one, and that
/// begins a heading or, in need, anything.
///
/// cmark cannot be interrupted, and some inputs cost it the square of their length: a segment is the longest it is ever given.
struct MarkdownSegments {
    /// Hostile segments of this size cost cmark some ten milliseconds each; documents up to it are read as one.
    static let targetBytes = 64 << 10

    /// Where no good place is found, the end of a line or of a scalar has to do.
    static let maximumBytes = 128 << 10

    /// Brackets that might be links cost cmark the square of their number; a page of nothing but links has some hundreds in a segment.
    static let maximumBrackets = 2_048

    private var position: Int

    init(from start: Int) { position = start }

    mutating func next(in utf8: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard position < utf8.count else { return nil }
        let start = position
        position = end(of: start, in: utf8)
        return start..<position
    }

    private func end(of start: Int, in utf8: UnsafeBufferPointer<UInt8>) -> Int {
        let limit = limit(of: start, in: utf8)
        if limit == utf8.count, limit - start <= Self.targetBytes { return limit }
        var line = start
        var fence: UInt8?
        var lastLine: Int?
        var lastBlank: Int?
        var afterBlank = false
        while line < limit {
            let first = utf8[line...].prefix(4).firstIndex { $0 != 0x20 } ?? line
            let byte = utf8[min(first, utf8.count - 1)]
            let isFence =
                (byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~")) && first + 2 < utf8.count && utf8[first + 1] == byte && utf8[first + 2] == byte
            if line > start, fence == nil, afterBlank, byte != 0x20, byte != 0x0A {
                if line - start >= Self.targetBytes || (byte == UInt8(ascii: "#") && line - start >= Self.targetBytes / 2) { return line }
                lastBlank = line
            }
            if isFence { fence = fence == nil ? byte : (fence == byte ? nil : fence) }
            afterBlank = byte == 0x0A || byte == 0x0D
            if line > start { lastLine = line }
            guard let newline = utf8[line..<limit].firstIndex(of: 0x0A) else { break }
            line = newline + 1
        }
        if limit == utf8.count { return limit }
        var end = lastBlank ?? lastLine ?? limit
        while !UTF8Text.isScalarBoundary(in: utf8, at: end) { end -= 1 }
        return end
    }

    /// How far a segment may reach at most.
    private func limit(of start: Int, in utf8: UnsafeBufferPointer<UInt8>) -> Int {
        let limit = min(start + Self.maximumBytes, utf8.count)
        var brackets = 0
        for index in start..<limit where utf8[index] == UInt8(ascii: "[") {
            brackets += 1
            if brackets > Self.maximumBrackets { return index }
        }
        return limit
    }
}
