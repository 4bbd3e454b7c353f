import Contract

/// What became of some documents, for people.
struct PublishSummary {
    private(set) var counts: [Outcome.Kind: Int] = [:]
    private(set) var chunks = Outcome.ChunkCounts(chunks: 0, embedded: 0, reused: 0)
    /// How the snapshot stands that the documents are.
    var snapshot: SnapshotTally?
    /// There is a snapshot, and it was not closed.
    var isUnfinished = false
    private var rejections: [(subject: String, code: String, reason: String)] = []

    var rejected: Int { rejections.count }
    var documents: Int { counts.values.reduce(0, +) }

    mutating func add(_ report: OutcomeReport, subject: String) {
        counts[report.kind, default: 0] += 1
        chunks = Outcome.ChunkCounts(
            chunks: chunks.chunks + report.counts.chunks, embedded: chunks.embedded + report.counts.embedded,
            reused: chunks.reused + report.counts.reused)
        if report.kind == .rejected { addRejection(report, subject: subject) }
    }

    mutating func addRejection(_ report: OutcomeReport, subject: String) {
        rejections.append((subject, report.code ?? "", report.reason ?? ""))
    }

    /// A document that was not even sent.
    mutating func addTooLarge(subject: String) {
        counts[.rejected, default: 0] += 1
        rejections.append((subject, RejectionCode.tooLarge.rawValue, "larger than a record may be (8 MiB); it was not sent"))
    }

    func render(elapsed: Duration) -> String {
        let seconds = elapsed / .seconds(1)
        let kinds: [Outcome.Kind] = [.indexed, .unchanged, .superseded, .rejected]
        let parts = kinds.filter { counts[$0] != nil || $0 == .indexed || $0 == .rejected }.map { "\(counts[$0] ?? 0) \($0.rawValue)" }
        var text = "\(documents) documents in \(decimal(seconds, places: 1)) s (\(decimal(Double(documents) / max(seconds, 0.001), places: 0))/s): "
        text += parts.joined(separator: ", ") + "\n"
        text += "\(chunks.chunks) chunks: \(chunks.embedded) embedded, \(chunks.reused) reused\n"
        if let snapshot { text += Self.line(snapshot) }
        if isUnfinished { text += "the snapshot was not closed and nothing is deleted: some files could not be sent\n" }
        guard !rejections.isEmpty else { return text }
        var table = TextTable([("REJECTED", .left), ("CODE", .left), ("WHY", .left)])
        for rejection in rejections { table.append([printable(rejection.subject), rejection.code, rejection.reason]) }
        return text + "\n" + table.render()
    }
}

extension PublishSummary {
    private static func line(_ snapshot: SnapshotTally) -> String {
        let newer = snapshot.newer > 0 ? ", \(snapshot.newer) left: they may be newer than the snapshot" : ""
        return switch snapshot.state {
        case .applied: "\(snapshot.deleted) documents that are not in the snapshot deleted\(newer)\n"
        case .waiting:
            "nothing deleted yet: \(snapshot.deleted) documents would be, and that waits for an admin (`sluice snapshot list`)\(newer)\n"
        case .incomplete, .whole, .superseded, .refused, .cancelled: "nothing deleted: the snapshot is \(snapshot.state.rawValue)\n"
        }
    }
}

/// A number for people, with so many digits after the point.
func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "–" }
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
}

/// `8.4 ms`, `1.2 s`.
func shortText(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    return milliseconds < 1000 ? "\(decimal(milliseconds, places: 1)) ms" : "\(decimal(milliseconds / 1000, places: 2)) s"
}
