import Contract
import Index

/// Keeps an answer below what a record holds: the context gives way first, then the neighbours of all hits, then hits from the end.
enum ResultSize {
    /// The topics take 8 MiB; key, headers, and what stands around the hits need a little.
    static let maximumBytes = 7 << 20

    struct Fitted: Sendable {
        let hits: [QueryResult.Hit]
        let context: String?
        let isTruncated: Bool
    }

    /// - Parameter makeContext: of these hits, in so many bytes; says whether bytes ended it.
    static func fit(
        _ found: [FoundPassage], within maximumBytes: Int = maximumBytes,
        makeContext: ((_ hits: [QueryResult.Hit], _ maximumBytes: Int) -> (text: String, isCutShort: Bool))? = nil
    ) -> Fitted {
        var hits = found.map { found in found.widened.map { found.hit.with(text: $0.text, span: $0.span) } ?? found.hit }
        var sizes = hits.map(\.encodedBytes)
        var isTruncated = false
        if sizes.reduce(0, +) > maximumBytes {
            isTruncated = true
            hits = found.map(\.hit)
            sizes = hits.map(\.encodedBytes)
        }
        var bytes = sizes.reduce(0, +)
        while bytes > maximumBytes {
            hits.removeLast()
            bytes -= sizes.removeLast()
        }
        guard let makeContext else { return Fitted(hits: hits, context: nil, isTruncated: isTruncated) }
        let (context, isCutShort) = makeContext(hits, maximumBytes - bytes)
        return Fitted(hits: hits, context: context, isTruncated: isTruncated || isCutShort)
    }
}
