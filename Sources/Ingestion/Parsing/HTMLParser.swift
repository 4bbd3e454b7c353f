import Text

/// HTML to text, by libxml2's HTML parser: what a browser would show, without what pages mark as navigation.
struct HTMLParser: Parser {
    func parse(_ bytes: [UInt8], mediaType: MediaType, limits: ParsingLimits) throws(ParsingError) -> ExtractedText {
        // Windows-1252 is what browsers take undeclared legacy pages for.
        let utf8 = try CharacterEncoding.decode(
            bytes, charset: mediaType.parameters["charset"], sniffsUTF16: true, fallback: "windows-1252", declared: Self.declaredCharset)
        let sink = HTMLTextSink(capacity: utf8.count / 2)
        try MarkupReader.read(utf8, as: .html, into: sink, limits: limits, budget: ProcessorTimeBudget(limits.processorTime))
        return sink.finish()
    }

    /// The label after the first `charset=` in the first 1,024 bytes, where the HTML standard wants it.
    private static func declaredCharset(_ bytes: [UInt8]) -> String? { label(after: "charset", in: bytes.prefix(1_024)) }
}

/// XML of any vocabulary to text, by libxml2.
struct XMLDocumentParser: Parser {
    func parse(_ bytes: [UInt8], mediaType: MediaType, limits: ParsingLimits) throws(ParsingError) -> ExtractedText {
        let utf8 = try CharacterEncoding.decode(
            bytes, charset: mediaType.parameters["charset"], sniffsUTF16: true, declared: { label(after: "encoding", in: $0.prefix(256)) })
        let sink = XMLTextSink(capacity: utf8.count / 2)
        try MarkupReader.read(utf8, as: .xml, into: sink, limits: limits, budget: ProcessorTimeBudget(limits.processorTime))
        return sink.finish()
    }
}

/// The value in `name=value` or `name="value"` in ASCII text, whatever stands around.
private func label(after name: String, in bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes.map { $0 < 0x80 ? $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0) : 0x3F }, as: UTF8.self)
    guard let found = text.utf8.firstRange(of: Array(name.utf8)) else { return nil }
    let rest = text[found.upperBound...].drop { $0.isWhitespace }
    guard rest.first == "=" else { return nil }
    let value = rest.dropFirst().drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
    return String(value.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
}

extension Collection where Element == UInt8 {
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Index>? {
        indices.first { self[$0...].starts(with: pattern) }.map { $0..<index($0, offsetBy: pattern.count) }
    }
}
