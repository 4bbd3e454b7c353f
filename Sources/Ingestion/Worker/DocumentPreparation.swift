import Contract
import Digest
import Index
import Parsing
import Preparation
import Text
import Words

/// A document ready to be embedded.
struct PreparedDocument: Sendable {
    struct Chunk: Sendable {
        let embeddingText: [UInt8]
        /// SHA-256 of `embeddingText`.
        let digest: [UInt8]
        let row: ChunkRow
    }

    let title: String?
    let mediaType: String
    let language: String?
    /// The extracted text, UTF-8.
    let body: [UInt8]
    let chunks: [Chunk]
    /// What lexical search reads of the chunks: the words of what is embedded, title and headings among them.
    let terms: [UInt8]
}

/// Bytes → text → chunks: what of a generation is parser and chunker.
package struct DocumentPreparation: Sendable {
    package static let parserVersion = DocumentParser.identifier

    private let parser: DocumentParser
    private let chunker: Chunker
    private let analyzer = TermAnalyzer()

    package init(parser: DocumentParser, chunker: Chunker) {
        self.parser = parser
        self.chunker = chunker
    }

    /// Of everything an event says but container and expiry: equal digests, equal renditions.
    ///
    /// - Parameter content: what was fetched, where the event refers to it.
    static func digest(of event: DocumentUpserted, content: [UInt8]?) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            switch event.content {
            case .text(let bytes): $0.member("text", hexEncoded(SHA256.hash(bytes)))
            case .bytes(let bytes): $0.member("bytes", hexEncoded(SHA256.hash(bytes)))
            case .reference(let reference):
                $0.member("reference", reference)
                $0.member("bytes", content.map { hexEncoded(SHA256.hash($0)) })
            }
            $0.member("mediaType", event.mediaType)
            if let origin = event.extractedFrom { $0.member("extractedFrom", origin) }
            $0.member("title", event.title)
            $0.member("uri", event.uri)
            $0.member("language", event.language)
            $0.member("modifiedAt", event.modifiedAt?.rfc3339)
            $0.member("metadata") { $0.value(verbatim: event.metadata.json) }
        }
        return SHA256.hash(json.bytes)
    }

    func prepare(_ event: DocumentUpserted, _ referenced: ReferencedContent) throws(Rejection) -> PreparedDocument {
        let bytes: [UInt8]
        var mediaType = event.mediaType
        switch (event.content, referenced) {
        case (.text(let text), _): bytes = text
        case (.bytes(let content), _): bytes = content
        case (.reference, .fetched(let content, let told, _)): (bytes, mediaType) = (content, mediaType ?? told)
        case (.reference, _): throw Rejection(.referenceFailed, .fetch, "the content was not fetched")
        }
        let parsed: (text: ExtractedText, mediaType: MediaType)
        do {
            parsed = try parser.parse(bytes, mediaType: mediaType)
        } catch {
            throw Rejection(error)
        }
        return divide(
            parsed.text, title: event.title ?? parsed.text.title, mediaType: shownType(of: event, read: parsed.mediaType),
            language: event.language ?? parsed.text.language)
    }

    /// A document of the text that another generation has extracted: not parsed again. Headings and pages are those its chunks tell of.
    func prepare(_ stored: StoredRendition.Content) -> PreparedDocument {
        let passages = stored.chunks.map { StoredText.Passage(range: $0.span, headings: $0.headings, page: $0.page) }
        return divide(
            StoredText.text(stored.body, passages), title: stored.title, mediaType: stored.mediaType, language: stored.language)
    }

    private func divide(_ text: ExtractedText, title: String?, mediaType: String, language: String?) -> PreparedDocument {
        let chunks = chunker.chunks(of: text).map { chunk in
            let embedded = embeddingText(of: chunk, in: text, title: title)
            let digest = SHA256.hash(embedded)
            let row = ChunkRow(span: chunk.range, headings: chunk.headings, page: chunk.page, embeddingTextDigest: digest)
            return PreparedDocument.Chunk(embeddingText: embedded, digest: digest, row: row)
        }
        return PreparedDocument(
            title: title, mediaType: mediaType, language: language, body: text.utf8, chunks: chunks,
            terms: analyzer.passageTerms(of: chunks.map(\.embeddingText), language: language))
    }

    private func shownType(of event: DocumentUpserted, read: MediaType) -> String {
        read.essence == MediaType.plainText.essence ? event.extractedFrom.flatMap(MediaType.parse)?.essence ?? read.essence : read.essence
    }
}

extension Rejection {
    /// The parsers' codes are the contract's.
    fileprivate init(_ error: ParsingError) {
        self.init(RejectionCode(rawValue: error.code.rawValue) ?? .parseFailed, .parse, error.reason)
    }
}
