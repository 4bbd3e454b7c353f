import Text

/// Reads one format.
protocol Parser: Sendable {
    /// - Parameter bytes: the content as received.
    /// - Parameter mediaType: its parameters may name a charset.
    /// - Throws: `invalidText`, `parseFailed`, `parseLimit`.
    func parse(_ bytes: [UInt8], mediaType: MediaType, limits: ParsingLimits) throws(ParsingError) -> ExtractedText
}

/// Reads documents of every known format. Holds no state: may be used from several threads at once.
package struct DocumentParser: Sendable {
    private let limits: ParsingLimits

    package init(limits: ParsingLimits = ParsingLimits()) { self.limits = limits }

    /// Names the way text is made of documents. A change of what any parser writes is a change of this, and makes a new generation.
    package static let identifier = "sluice-text-1"

    /// Extracts a document's text and structure.
    ///
    /// - Parameter mediaType: as published, with or without parameters; nil where it is to be detected.
    /// - Returns: the text, and the media type it was read as.
    /// - Throws: `unsupportedMediaType`, `tooLarge`, `invalidText`, `parseFailed`, `parseLimit`.
    /// - Invariant: the text is valid UTF-8 without NUL, at most `maximumTextBytes` long, and a function of the arguments alone.
    package func parse(_ bytes: [UInt8], mediaType: String?) throws(ParsingError) -> (ExtractedText, MediaType) {
        if bytes.count > limits.maximumBytes { throw ParsingError(.tooLarge, "the content is larger than a document may be") }
        let type: MediaType
        if let mediaType {
            guard let parsed = MediaType.parse(mediaType) else { throw ParsingError(.unsupportedMediaType, "the media type is not one") }
            type = parsed
        } else {
            type = bytes.withUnsafeBufferPointer(MediaType.detect)
        }
        guard let parser = Self.parser(for: type) else { throw ParsingError(.unsupportedMediaType, "the media type is not supported") }
        return (try parser.parse(bytes, mediaType: type, limits: limits), type)
    }

    private static func parser(for type: MediaType) -> (any Parser)? {
        switch type.essence {
        case "text/plain": PlainTextParser()
        case "text/html": HTMLParser()
        case "text/markdown", "text/x-markdown": MarkdownParser()
        case "text/xml", "application/xml": XMLDocumentParser()
        case let essence where essence.hasSuffix("+xml"): XMLDocumentParser()
        default: nil
        }
    }
}
