import Contract

/// What became of one published event, as its tenant's status topic tells it.
struct OutcomeReport: Sendable, Equatable {
    let kind: Outcome.Kind
    /// Of a rejection.
    let code: String?
    let reason: String?
    let counts: Outcome.ChunkCounts
    /// Of the end of a snapshot.
    let snapshot: SnapshotTally?
    let position: RecordPosition

    /// That nothing more comes by itself: a final outcome, or a snapshot that waits for an admin.
    var isLast: Bool { kind.isFinal || snapshot?.state == .waiting }

    /// Nothing where the record is no outcome in form.
    init?(value: [UInt8]?) {
        guard let value, let json = try? JSON.parse(value), let kind = json["outcome"]?.string.flatMap(Outcome.Kind.init),
            let position = json["position"], let topic = position["topic"]?.string, let partition = position["partition"]?.integer,
            let offset = position["offset"]?.integer
        else { return nil }
        self.kind = kind
        code = json["code"]?.string
        reason = json["reason"]?.string
        counts = Outcome.ChunkCounts(
            chunks: json["chunks"]?.integer ?? 0, embedded: json["embedded"]?.integer ?? 0, reused: json["reused"]?.integer ?? 0)
        snapshot = json["snapshot"].flatMap(SnapshotTally.init)
        self.position = RecordPosition(topic: topic, partition: Int32(clamping: partition), offset: Int64(offset))
    }
}

/// Events that wait for their outcomes, by where they were written.
struct PendingOutcomes {
    private var waiting: Set<RecordPosition> = []
    private(set) var reports: [RecordPosition: OutcomeReport] = [:]
    /// Whether one that is not final counts as well.
    private let countsDeferred: Bool

    init(countsDeferred: Bool = false) {
        self.countsDeferred = countsDeferred
    }

    /// Outcomes still to come.
    var count: Int { waiting.count }

    mutating func expect(_ positions: some Sequence<RecordPosition>) {
        waiting.formUnion(positions)
    }

    /// - Returns: whether somebody waited for it: other publishers' outcomes, copies and what is not final do not count.
    @discardableResult
    mutating func receive(_ report: OutcomeReport) -> Bool {
        guard report.isLast || countsDeferred, waiting.remove(report.position) != nil else { return false }
        reports[report.position] = report
        return true
    }

    /// What came since this was asked for last.
    mutating func takeReports() -> [RecordPosition: OutcomeReport] {
        defer { reports = [:] }
        return reports
    }
}
