import Dispatch
import Mirror
import Postgres
import Synchronization

/// How a search found its way to what the asker may see.
package enum SearchPath: String, Sendable {
    /// All of it, row by row.
    case rows
    /// By what a mirror suggested.
    case mirror
}

/// The nearest passages that an asker may see, exactly: a mirror suggests documents, and the policies and the distances of the rows decide.
///
/// A mirror that is wrong makes a search slower, never wrong: where what it suggests does not fill the answer, more is asked of it, and in the end all rows.
struct VectorSearch {
    let request: SearchRequest
    let mirroring: Mirroring?
    /// The access lists that let the asker in, ascending.
    let lists: [Int64]

    /// A suggestion that was not enough is asked for again, this many times larger, this often: what is hidden in spite of its list (deleted, expired, not yet
    /// settled) is little, as a rule.
    static let (growth, attempts) = (4, 3)

    /// Some four milliseconds of one core. Below, a second core gains less than it costs the queries beside.
    private static let parallelPassages = 100_000

    private static func atOnce(_ count: Int, _ scan: @Sendable (Int) -> Mirror.PartScan) -> [Mirror.PartScan] {
        let scans = Mutex<[Mirror.PartScan]>([])
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let part = scan(index)
            scans.withLock { $0.append(part) }
        }
        return scans.withLock { $0 }
    }

    func run(_ session: Session) throws -> (passages: [Passage], path: SearchPath) {
        guard let vector = request.vector else { return ([], .rows) }
        if let found = try suggested(vector, session) { return (found, .mirror) }
        let statements = (request.within.map(Candidates.claiming) ?? Candidates.claimingAll) + [search(vector)]
        return (try Passage.all(session.pipeline(statements)[statements.count - 1]), .rows)
    }

    /// - Returns: nothing where the mirror is of no use, or did not suffice.
    private func suggested(_ vector: [Float], _ session: Session) throws -> [Passage]? {
        guard let mirroring, let mirror = mirroring.mirror else { return nil }
        let changes = mirroring.changes
        let scope = mirror.scope(of: lists, within: request.within, except: changes.documents)
        let beside = changes.documents(within: request.within)
        var count = request.suggested
        for _ in 0..<Self.attempts {
            let suggestion =
                scope.passageCount < Self.parallelPassages
                ? mirror.nearest(count, to: vector, in: scope) : mirror.nearest(count, to: vector, in: scope, scanning: Self.atOnce)
            let rows = try session.pipeline(Candidates.claiming(suggestion.documents + beside) + [search(vector)])
            if suggestion.isExhaustive { return try Passage.all(rows[2]) }
            // The nearest documents that are shown have the nearest passages.
            let shown = Set(try Candidates.shown(rows))
            if suggestion.documents.prefix(count).count(where: shown.contains) >= request.depth { return try Passage.all(rows[2]) }
            count *= Self.growth
        }
        return nil
    }

    private func search(_ vector: [Float]) -> (statement: Statement, parameters: [Parameter]) {
        let parameters: [Parameter] = [.halfvec(vector), .int4(Int32(request.depth))]
        return request.perDocument.map { (.searchVectorsPerDocument, parameters + [.int4(Int32($0))]) } ?? (.searchVectors, parameters)
    }
}

extension SearchRequest {
    /// A few more than are needed, so that a hidden one among them does no harm.
    var suggested: Int { depth + depth / 8 + 2 }
}

/// Documents that statements are narrowed to, of which the policies let through what is shown.
enum Candidates {
    /// How they are claimed, in place of any that were.
    static func claiming(_ documents: [Int64]) -> [(statement: Statement, parameters: [Parameter])] {
        [(.claimCandidates, [.int8Array(documents)]), (.claimSearched, [])]
    }

    /// All documents again.
    static let claimingAll: [(statement: Statement, parameters: [Parameter])] = [(.claimCandidates, [.null(.int8Array)])]

    /// - Parameter rows: of what `claiming` gave.
    static func shown(_ rows: [Rows]) throws -> [Int64] { try rows[1].int64Array(0, 1) }
}
