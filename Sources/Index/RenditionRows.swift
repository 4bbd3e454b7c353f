import Contract
import Digest
import Postgres

/// The rows that hold what a generation made of documents: content, chunks, terms and vectors.
///
/// All documents of a transaction share statements, one a table, cut so that each stays short whatever a document's length: a statement's time is
/// bounded by a timeout below Kafka's session timeout, and half a second of it is plenty.
enum RenditionRows {
    /// Clears what the documents had, and writes what they have now.
    static func replace(
        _ documents: [(name: Name, content: RenditionContent?)], _ generation: GenerationNumber, _ names: LockedNames, _ session: Session
    ) throws {
        guard !documents.isEmpty else { return }
        _ = try session.execute(.renditionClear, [.int4(generation.value)] + (try Containers.keys(of: documents.map(\.name), names)))
        var rows = RowBatch(generation: generation)
        for (name, content) in documents {
            guard let content else { continue }
            let key = DocumentKey(tenant: name.tenant.value, document: try names.documentID(name))
            rows.contents.append(content, of: key)
            for first in stride(from: 0, to: content.chunks.count, by: ChunkColumns.perPack) {
                rows.chunks.append(content, first..<min(content.chunks.count, first + ChunkColumns.perPack), of: key)
                if rows.isFull { try rows.write(session) }
            }
            if rows.isFull { try rows.write(session) }
        }
        try rows.write(session)
    }
}

private struct DocumentKey {
    let tenant: Int32
    let document: Int64
}

/// Rows on their way into the four tables.
private struct RowBatch {
    let generation: GenerationNumber
    var contents = ContentColumns()
    var chunks = ChunkColumns()

    init(generation: GenerationNumber) {
        self.generation = generation
    }

    /// A thousand chunks are 0.2 s of work for the server; documents of eight megabytes together lie in memory twice, here and encoded.
    var isFull: Bool { chunks.count >= 1000 || contents.bytes >= 8 << 20 }

    /// In one round trip; what takes the server longest goes first, so that it works while the vectors are encoded.
    mutating func write(_ session: Session) throws {
        let generation = Parameter.int4(generation.value)
        var statements: [(statement: Statement, parameters: [Parameter])] = []
        if contents.count > 0 {
            statements.append((.renditionContentInsert, [generation] + contents.parameters))
            statements.append((.passageTermsInsert, [generation] + contents.terms))
        }
        if chunks.count > 0 {
            statements.append((.chunkInsert, [generation] + chunks.spans))
            statements.append((.vectorPackInsert, [generation] + chunks.packs))
        }
        _ = try session.pipeline(statements)
        contents = ContentColumns()
        chunks = ChunkColumns()
    }
}

/// The columns of rendition_content and passage_terms.
private struct ContentColumns {
    private var tenants: [Int32?] = []
    private var documents: [Int64?] = []
    private var digests: [[UInt8]?] = []
    private var titles: [String?] = []
    private var uris: [String?] = []
    private var mediaTypes: [String?] = []
    private var languages: [String?] = []
    private var modifiedAt: [Int64?] = []
    private var metadata: [[UInt8]?] = []
    private var bodies: [[UInt8]?] = []
    private var termBlobs: [[UInt8]?] = []
    private(set) var bytes = 0

    var count: Int { documents.count }

    mutating func append(_ content: RenditionContent, of key: DocumentKey) {
        tenants.append(key.tenant)
        documents.append(key.document)
        digests.append(content.contentDigest)
        titles.append(content.title)
        uris.append(content.uri)
        mediaTypes.append(content.mediaType)
        languages.append(content.language)
        modifiedAt.append(content.modifiedAt?.microsecondsSinceEpoch)
        metadata.append(content.metadata)
        bodies.append(content.body)
        termBlobs.append(content.terms)
        bytes += content.body.count + content.terms.count
    }

    var terms: [Parameter] { [.int4Array(tenants), .int8Array(documents), .byteaArray(termBlobs)] }

    var parameters: [Parameter] {
        [
            .int4Array(tenants), .int8Array(documents), .byteaArray(digests), .textArray(titles), .textArray(uris), .textArray(mediaTypes),
            .textArray(languages), .timestamptzArray(microseconds: modifiedAt), .jsonbArray(metadata), .byteaArray(bodies),
            .byteaArray(bodies.map { $0.map(SHA256.hash) }),
        ]
    }
}

/// The columns of chunk and vector_pack.
private struct ChunkColumns {
    /// vector_pack has so many vectors to a row.
    static let perPack = 10

    private var tenants: [Int32?] = []
    private var documents: [Int64?] = []
    private var ordinals: [Int32?] = []
    private var starts: [Int32?] = []
    private var ends: [Int32?] = []
    private var headings: [String?] = []
    private var pages: [Int32?] = []
    private var digests: [[UInt8]?] = []

    private var packTenants: [Int32?] = []
    private var packDocuments: [Int64?] = []
    private var packNumbers: [Int32?] = []
    /// By place in the pack, then by pack.
    private var vectors: [[ArraySlice<Float>?]] = Array(repeating: [], count: perPack)

    var count: Int { ordinals.count }

    /// Appends one pack's chunks.
    mutating func append(_ content: RenditionContent, _ range: Range<Int>, of key: DocumentKey) {
        for ordinal in range {
            let chunk = content.chunks[ordinal]
            tenants.append(key.tenant)
            documents.append(key.document)
            ordinals.append(Int32(ordinal))
            starts.append(Int32(chunk.span.lowerBound))
            ends.append(Int32(chunk.span.upperBound))
            headings.append(arrayLiteral(chunk.headings))
            pages.append(chunk.page.map(Int32.init))
            digests.append(chunk.embeddingTextDigest)
        }
        packTenants.append(key.tenant)
        packDocuments.append(key.document)
        packNumbers.append(Int32(range.lowerBound / Self.perPack))
        for place in 0..<Self.perPack {
            let ordinal = range.lowerBound + place
            vectors[place].append(ordinal < range.upperBound ? content.vectors[ordinal * content.dimension..<(ordinal + 1) * content.dimension] : nil)
        }
    }

    private var keys: [Parameter] { [.int4Array(tenants), .int8Array(documents), .int4Array(ordinals)] }

    var spans: [Parameter] { keys + [.int4Array(starts), .int4Array(ends), .textArray(headings), .int4Array(pages), .byteaArray(digests)] }

    var packs: [Parameter] { [.int4Array(packTenants), .int8Array(packDocuments), .int4Array(packNumbers)] + vectors.map(Parameter.halfvecs) }
}

/// The server's text form of `text[]`, every element quoted: nothing in an element means anything then but the quote and the backslash.
private func arrayLiteral(_ elements: [String]) -> String {
    "{" + elements.map { "\"\(escaped($0))\"" }.joined(separator: ",") + "}"
}

private func escaped(_ element: String) -> String {
    let quote = UInt8(ascii: "\""), backslash = UInt8(ascii: "\\")
    guard element.utf8.contains(where: { $0 == quote || $0 == backslash }) else { return element }
    var bytes: [UInt8] = []
    for byte in element.utf8 {
        if byte == quote || byte == backslash { bytes.append(backslash) }
        bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
}
