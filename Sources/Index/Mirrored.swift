import Mirror
import Postgres

/// A tenant's mirror, of which generation and moment it is.
struct Mirrored: Sendable {
    let mirror: Mirror
    let generation: Int32
    /// `pg_snapshot` of the transaction that read it: what is not visible in it is not in here.
    let snapshot: String
    /// By the database's clock, microseconds since 1970. Past a certain age what changed since can no longer be told.
    let takenAt: Int64

    /// More changed documents than this cost a query more to look at beside the mirror than its plan by rows costs.
    static let changeLimit = 2000

    /// Which documents changed since, as far as a query looks at them.
    var changesSince: (statement: Statement, parameters: [Parameter]) { changesSince(limit: Self.changeLimit) }

    func changesSince(limit: Int) -> (statement: Statement, parameters: [Parameter]) {
        (.indexChangeRead, [.text(snapshot), .timestamptz(microseconds: takenAt), .int4(Int32(limit)), .int4(generation)])
    }
}

/// What a log of changes says of a mirror.
struct MirrorChanges: Sendable {
    /// Whether the log reaches back to the mirror's moment, and was read to its end.
    let isComplete: Bool
    /// Whether it soon no longer will: a refresh, even one of nothing, moves the mirror's moment on.
    let isAgeing: Bool
    /// Ascending.
    let documents: [Int64]

    init(_ rows: Rows) throws {
        isComplete = try rows.bool(0, 0)
        isAgeing = try rows.bool(0, 1)
        documents = try rows.int64Array(0, 2)
    }

    /// - Parameter within: ascending; nothing: all.
    func documents(within: [Int64]?) -> [Int64] {
        guard let within else { return documents }
        let wanted = Set(within)
        return documents.filter(wanted.contains)
    }
}

/// A mirror of the generation that is searched, and what changed since it was taken, as one snapshot has it.
struct Mirroring: Sendable {
    let mirrored: Mirrored
    let changes: MirrorChanges

    /// The mirror, where a search can begin with it.
    var mirror: Mirror? {
        guard changes.isComplete, changes.documents.count <= Mirrored.changeLimit else { return nil }
        return mirrored.mirror
    }

    /// Whether it is behind the index.
    var wantsRenewal: Bool { !changes.isComplete || changes.isAgeing || !changes.documents.isEmpty }
}

/// Reads a tenant's mirror from the index: whole, or what changed of it. One snapshot each, as the role `sluice_mirror`.
struct MirrorLoader: Sendable {
    let pool: PostgresPool

    /// Rows of ten vectors: some 8 MB at 384 dimensions.
    private static let pageRows: Int32 = 1000
    /// Of a refresh: more changed documents than that, and the whole is read anew.
    private static let refreshLimit = 50_000
    private static let refreshBatch = 500

    enum Failure: Error {
        /// Its memory does not suffice.
        case tooLarge
    }

    /// - Returns: nothing where the tenant is not registered, or no generation is live.
    func live(_ claims: Claims) async throws -> ScopedGeneration? {
        try await pool.snapshot { try Scope.claim(claims, $0)?.generation }
    }

    /// - Parameter grow: asked for room for so many bytes in all; where there is none, the load ends with `Failure.tooLarge`.
    /// - Returns: nothing where the tenant is not registered, or the generation is no longer there.
    func load(_ claims: Claims, _ generation: ScopedGeneration, grow: @escaping @Sendable (Int) -> Bool) async throws -> Mirrored? {
        try await snapshot(claims, generation) { session, scope, moment in
            _ = try session.pipeline([(.mirrorReading, [.int4(scope.generation.number)]), (.claimMirror, [])])
            var segments: [Segment] = []
            var reader = PackReader()
            var (document, pack, bytes): (Int64, Int32, Int) = (.min, .max, 0)
            while true {
                let rows = try session.execute(.mirrorPage, [.int8(document), .int4(pack), .int4(Self.pageRows)])
                for row in 0..<rows.count {
                    if reader.passageCount >= Mirror.fullPassages, try rows.int64(row, 0) != document {
                        segments += try reader.finish(session)
                        bytes = segments.reduce(0) { $0 + $1.byteCount }
                    }
                    document = try rows.int64(row, 0)
                    pack = try rows.int32(row, 1)
                    try reader.read(rows, row)
                }
                guard grow(bytes + reader.byteCount) else { throw Failure.tooLarge }
                if rows.count < Self.pageRows { break }
            }
            segments += try reader.finish(session)
            return Mirrored(mirror: Mirror(segments), generation: scope.generation.number, snapshot: moment.snapshot, takenAt: moment.at)
        }
    }

    /// - Returns: nothing where it cannot be brought up to date: it has to be loaded.
    func refresh(_ mirrored: Mirrored, _ claims: Claims, _ generation: ScopedGeneration) async throws -> Mirrored? {
        try await snapshot(claims, generation) { session, scope, moment in
            let read = mirrored.changesSince(limit: Self.refreshLimit)
            let changes = try MirrorChanges(try session.execute(read.statement, read.parameters))
            guard scope.generation.number == mirrored.generation, changes.isComplete else { return nil }
            // Until then it is as good as a load for those who ask.
            if changes.documents.count > Mirrored.changeLimit { _ = try session.execute(.mirrorReading, [.int4(scope.generation.number)]) }
            _ = try session.execute(.claimMirror)
            var reader = PackReader()
            for start in stride(from: 0, to: changes.documents.count, by: Self.refreshBatch) {
                let batch = changes.documents[start..<min(start + Self.refreshBatch, changes.documents.count)]
                let rows = try session.execute(.mirrorDocuments, [.int8Array(batch.map(\.self))])
                for row in 0..<rows.count { try reader.read(rows, row) }
            }
            var mirror = mirrored.mirror
            if !changes.documents.isEmpty { mirror = mirror.replacing(changes.documents, with: try reader.finish(session)) }
            if mirror.isWorn { return nil }
            return Mirrored(mirror: mirror, generation: mirrored.generation, snapshot: moment.snapshot, takenAt: moment.at)
        }
    }

    private func snapshot(
        _ claims: Claims, _ generation: ScopedGeneration, _ body: @escaping @Sendable (Session, Scope, (snapshot: String, at: Int64)) throws -> Mirrored?
    ) async throws -> Mirrored? {
        try await pool.snapshot { session in
            guard let scope = try Scope.claim(claims, in: generation.name, session) else { return nil }
            let rows = try session.execute(.indexMoment)
            return try body(session, scope, (try rows.string(0, 0), try rows.timestamp(0, 1)))
        }
    }
}

/// Rows of packs into segments.
private struct PackReader {
    private var builder: SegmentBuilder?
    private var vectors: [Float] = []

    var passageCount: Int { builder?.passageCount ?? 0 }
    var byteCount: Int { builder?.byteCount ?? 0 }

    /// A row of `mirror_page` or `mirror_documents`.
    mutating func read(_ rows: Rows, _ row: Int) throws {
        guard let list = try rows.optionalInt64(row, 2) else { return }  // nobody is let in
        vectors.removeAll(keepingCapacity: true)
        var dimension = 0
        for column in 3..<rows.columnCount {
            let components = try rows.appendHalfvec(row, column, to: &vectors)
            guard components == 0 || dimension == 0 || components == dimension else { throw IndexError.inconsistent }
            dimension = max(dimension, components)
        }
        guard dimension > 0 else { return }
        if builder == nil { builder = SegmentBuilder(dimension: dimension) }
        guard builder?.dimension == dimension else { throw IndexError.inconsistent }
        builder?.append(document: try rows.int64(row, 0), list: list, vectors: vectors)
    }

    /// A few megabytes of words.
    private static let termsBatch = 500

    /// What was read since the last time, with its words.
    mutating func finish(_ session: Session) throws -> [Segment] {
        guard var built = builder else { return [] }
        builder = nil
        let documents = built.documents
        for start in stride(from: 0, to: documents.count, by: Self.termsBatch) {
            let batch = documents[start..<min(start + Self.termsBatch, documents.count)]
            let rows = try session.execute(.mirrorTerms, [.int8Array(batch.map(\.self))])
            for row in 0..<rows.count { built.append(terms: try rows.bytes(row, 1), of: try rows.int64(row, 0)) }
        }
        return [built.segment()]
    }
}
