/// A source has published a full snapshot whole: so many documents are named in it.
package struct SnapshotClosed: Sendable {
    package let key: SourceKey
    package let snapshot: SnapshotID
    package let id: String?
    package let trace: TraceContext
    /// Distinct documents that the snapshot's events name.
    package let count: Int
    /// When the source began to list them, by its own clock.
    package let begunAt: Timestamp?

    /// Far past what one source publishes, and what the index counts with.
    static let maximumCount = 2_000_000_000

    /// - Throws: `malformed_data`, `invalid_text`.
    init(_ key: SourceKey, _ snapshot: SnapshotID, id: String?, trace: TraceContext, _ object: JSONObject) throws(Rejection) {
        guard let count = object.present("count")?.integer, (0...Self.maximumCount).contains(count) else {
            throw .data("count is not a whole number from 0 to 2,000,000,000")
        }
        begunAt = try object.timestamp("begunAt")
        self.key = key
        self.snapshot = snapshot
        self.id = id
        self.trace = trace
        self.count = count
    }
}
