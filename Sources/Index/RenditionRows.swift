import Contract
import Digest
import Postgres

/// The rows that hold what a generation made of a document: content, chunks, terms and vectors.
enum RenditionRows {
    /// Clears what the documents had, and writes what they have now.
    static func replace(
        _ documents: [(name: Name, content: RenditionContent?)], _ generation: GenerationNumber, _ names: LockedNames, _ session: Session
    ) throws {
        guard !documents.isEmpty else { return }
        _ = try session.execute(.renditionClear, [.int4(generation.value)] + (try Containers.keys(of: documents.map(\.name), names)))
        var pending: [(statement: Statement, parameters: [Parameter])] = []
        for (name, content) in documents {
            guard let content else { continue }
            pending += inserts(of: content, for: [.int4(name.tenant.value), .int4(generation.value), .int8(try names.documentID(name))])
            guard pending.count >= statementsPerRoundTrip else { continue }
            _ = try session.pipeline(pending)
            pending.removeAll(keepingCapacity: true)
        }
        _ = try session.pipeline(pending)
    }

    /// Some sixteen documents: enough that the server never waits for the next one, and little enough to lie encoded in memory.
    private static let statementsPerRoundTrip = 64

    private static func inserts(of content: RenditionContent, for key: [Parameter]) -> [(statement: Statement, parameters: [Parameter])] {
        let rendition: [Parameter] = [
            .bytea(content.contentDigest), .text(content.title), .text(content.uri), .text(content.mediaType), .text(content.language),
            .timestamptz(microseconds: content.modifiedAt?.microsecondsSinceEpoch), .jsonb(content.metadata), .bytea(content.body),
            .bytea(SHA256.hash(content.body)),
        ]
        guard !content.chunks.isEmpty else { return [(.renditionContentInsert, key + rendition)] }
        var headings: [String?] = []
        var starts: [Int32?] = []
        var ends: [Int32?] = []
        for chunk in content.chunks {
            starts.append(Int32(headings.count))
            headings.append(contentsOf: chunk.headings)
            ends.append(Int32(headings.count))
        }
        let chunks: [Parameter] = [
            .textArray(headings), .int4Array(content.chunks.map { Int32($0.span.lowerBound) }),
            .int4Array(content.chunks.map { Int32($0.span.upperBound) }), .int4Array(starts), .int4Array(ends),
            .int4Array(content.chunks.map { $0.page.map(Int32.init) }), .byteaArray(content.chunks.map(\.embeddingTextDigest)),
        ]
        return [
            (.renditionContentInsert, key + rendition),
            (.chunkInsert, key + chunks),
            (.chunkTermsInsert, key + [.textArray(content.chunks.map(\.words))]),
            (.vectorPackInsert, key + [.halfvecArray(content.vectors, dimension: content.dimension)]),
        ]
    }
}
