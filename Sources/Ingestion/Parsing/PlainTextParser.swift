import Text

/// Plain text: the content itself. CRLF and lone CR become LF, one leading byte order mark is dropped, nothing else is changed.
///
/// Blocks are the paragraphs between empty lines. Nothing is taken for a heading.
struct PlainTextParser: Parser {
    func parse(_ bytes: [UInt8], mediaType: MediaType, limits: ParsingLimits) throws(ParsingError) -> ExtractedText {
        let decoded = try CharacterEncoding.decode(bytes, charset: mediaType.parameters["charset"], sniffsUTF16: false)
        if decoded.count > limits.maximumTextBytes { throw ParsingError(.parseLimit, "the text is too long") }
        let text = decoded.contains(0x0D) ? Self.withLineFeeds(decoded) : decoded
        return ExtractedText(utf8: text, blocks: text.withUnsafeBufferPointer(UTF8Text.paragraphs).map { Block(kind: .paragraph, range: $0) })
    }

    private static func withLineFeeds(_ text: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { output, count in
            var previous: UInt8 = 0
            for byte in text {
                defer { previous = byte }
                if byte == 0x0A, previous == 0x0D { continue }
                output[count] = byte == 0x0D ? 0x0A : byte
                count += 1
            }
        }
    }
}
