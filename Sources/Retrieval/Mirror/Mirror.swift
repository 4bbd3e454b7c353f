/// What a tenant's searches are begun with: the documents of one generation, whose lists they are under, and codes of their vectors, as of one moment.
///
/// It only suggests: what is shown is decided, and how near it is computed, where the rows are. An immutable value; `replacing` makes the next one, which
/// shares what did not change.
package struct Mirror: Sendable {
    /// A segment, and which of its documents later ones replaced or nobody has any longer: ordinals, ascending.
    package struct Part: Sendable {
        package let segment: Segment
        package let removed: [Int32]

        /// Passages that are still of use.
        var liveCount: Int { segment.passageCount - removed.reduce(0) { $0 + segment.passages(Int($1)).count } }
    }

    /// Larger first, mostly.
    package let parts: [Part]

    /// A segment this large is never merged into another: what a refresh copies is bounded, and a load needs little more memory than it leaves.
    package static let fullPassages = 1 << 16

    package init(_ segments: [Segment] = []) {
        self.init(parts: segments.map { Part(segment: $0, removed: []) })
    }

    private init(parts: [Part]) {
        self.parts = parts
    }

    package var byteCount: Int { parts.reduce(0) { $0 + $1.segment.byteCount + $1.removed.count * MemoryLayout<Int32>.stride } }
    package var documentCount: Int { parts.reduce(0) { $0 + $1.segment.documents.count - $1.removed.count } }
    package var passageCount: Int { parts.reduce(0) { $0 + $1.liveCount } }

    /// - Parameters:
    ///   - documents: what changed, ascending: as it was here it no longer counts.
    ///   - segments: those of them that are there now.
    package func replacing(_ documents: [Int64], with segments: [Segment]) -> Mirror {
        var parts = self.parts.map { part in
            let gone = part.segment.ordinals(of: documents)
            return gone.isEmpty ? part : Part(segment: part.segment, removed: Array(Set(part.removed).union(gone)).sorted())
        }
        parts += segments.map { Part(segment: $0, removed: []) }
        return Mirror(parts: Self.compacted(parts))
    }

    /// Whether a sealed segment is half of removed documents: time to read the tenant anew.
    package var isWorn: Bool { parts.contains { $0.segment.isSealed && 2 * $0.liveCount < $0.segment.passageCount } }

    /// Few segments: one that is half of removed documents is written anew, and so are small ones together, each time they are no larger than what follows.
    /// Sealed ones stay as they are.
    private static func compacted(_ parts: [Part]) -> [Part] {
        var compact: [Part] = []
        for part in parts where part.liveCount > 0 {
            guard !part.segment.isSealed else {
                compact.append(part)
                continue
            }
            var merged = [part]
            var size = part.liveCount
            while let last = compact.last, !last.segment.isSealed, last.liveCount <= 2 * size, last.liveCount + size <= fullPassages {
                size += last.liveCount
                merged.append(compact.removeLast())
            }
            let isWorn = 2 * part.liveCount < part.segment.passageCount
            compact.append(merged.count > 1 || isWorn ? Part(segment: Self.merge(merged.reversed()), removed: []) : part)
        }
        return compact
    }

    private static func merge(_ parts: [Part]) -> Segment {
        var builder = SegmentBuilder(dimension: parts.first?.segment.codes.dimension ?? 0)
        for part in parts { builder.append(part.segment, without: part.removed) }
        return builder.segment()
    }

    /// The documents a search may look at, part by part.
    package struct Scope: Sendable {
        package let runs: [OrdinalRuns]
        /// What a scan looks at.
        package let passageCount: Int

        package var documentCount: Int { runs.reduce(0) { $0 + $1.count } }
    }

    /// - Parameters, all ascending:
    ///   - lists: the access lists that let the asker in.
    ///   - within: of these documents alone; nothing: of all.
    ///   - changed: documents that are looked for elsewhere.
    package func scope(of lists: [Int64], within: [Int64]? = nil, except changed: [Int64] = []) -> Scope {
        let runs = parts.map { part in
            var runs = part.segment.runs(of: lists).without(part.removed)
            if let within { runs = runs.only(part.segment.ordinals(of: within)) }
            return runs.without(part.segment.ordinals(of: changed))
        }
        return Scope(runs: runs, passageCount: zip(parts, runs).reduce(0) { $0 + $1.0.segment.passageCount(of: $1.1) })
    }
}
