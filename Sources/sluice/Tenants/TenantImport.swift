import Contract
import Index

/// An export, checked from beginning to end before anything of it is published.
struct TenantImport {
    let path: String
    let header: ExportFile.Header
    let events: Int
    let withheld: Int

    /// - Throws: `ClientError` where the file is none, or was cut off.
    init(_ path: String) throws {
        self.path = path
        var lines = try LineReader(path)
        guard let first = try lines.next().flatMap({ try? JSON.parse($0) }), first["sluice"]?.string == ExportFile.kind,
            let tenant = first["tenant"]?.string.flatMap({ TenantID($0) })
        else { throw ClientError("\(path) is no export of a tenant: `sluice tenant export` writes one") }
        guard first["version"]?.integer == ExportFile.version else { throw ClientError("\(path) was exported by a version that this one does not know") }
        func limit(_ name: StaticString) -> Int64? { first["quota"]?[name]?.integer.map(Int64.init) }
        header = ExportFile.Header(tenant: tenant, quota: TenantQuota(documents: limit("documents"), bytes: limit("bytes"), tokens: limit("tokens")))
        var (count, last): (Int, [UInt8]?) = (0, nil)
        while let line = try lines.next() {
            if last != nil { count += 1 }
            last = line
        }
        guard let end = last.flatMap({ try? JSON.parse($0) }), end["events"]?.integer == count, let withheld = end["withheld"]?.integer else {
            throw ClientError("\(path) is not whole: export the tenant again")
        }
        events = count
        self.withheld = withheld
    }

    /// Publishes the events in windows: what a window says is in force before the next one begins, and permissions come before documents.
    func run(_ publisher: inout EventPublisher, into tenant: TenantID) async throws -> ImportSummary {
        var summary = ImportSummary()
        var bar = LateProgressBar("import", total: events)
        var lines = try LineReader(path)
        _ = try lines.next()
        var (window, bytes): ([(event: SourceEvent, closes: Bool)], Int) = ([], 0)
        for number in 1..<events + 1 {
            guard let line = try lines.next(), let (event, closes) = Self.event(line, tenant) else {
                throw ClientError("\(path), line \(number + 1): no event of an export; what stands before it is published")
            }
            let isAccess = event.topic != .documents
            if window.count == Self.windowEvents || bytes > Self.windowBytes || (window.last.map { ($0.event.topic != .documents) != isAccess } ?? false) {
                try await publish(window, &publisher, &summary)
                bar.advance(by: window.count)
                (window, bytes) = ([], 0)
            }
            guard event.fitsRecord else {
                summary.addTooLarge(event)
                continue
            }
            window.append((event, closes))
            bytes += event.data?.count ?? 0
        }
        try await publish(window, &publisher, &summary)
        bar.advance(by: window.count)
        bar.finish()
        return summary
    }

    /// Enough for waves to fill, and little enough to hold in memory.
    private static let (windowEvents, windowBytes) = (500, 8 << 20)

    private func publish(_ window: [(event: SourceEvent, closes: Bool)], _ publisher: inout EventPublisher, _ summary: inout ImportSummary) async throws {
        guard !window.isEmpty else { return }
        let positions = try await publisher.publish(window.map(\.event))
        try await publisher.awaitOutcomes()
        let reports = publisher.takeReports()
        for (entry, position) in zip(window, positions) {
            if let report = reports[position] { summary.add(report, entry.event, closes: entry.closes) }
        }
    }

    /// - Returns: nothing where the line is none.
    private static func event(_ line: [UInt8], _ tenant: TenantID) -> (SourceEvent, closes: Bool)? {
        guard let json = try? JSON.parse(line), let type = json["type"]?.string.flatMap(EventType.init(rawValue:)), inputs.contains(type),
            let source = json["source"]?.string.flatMap({ SourceName($0) }), let subject = json["subject"]?.string.flatMap(Subject.init),
            let data = json["data"]
        else { return nil }
        var sequence: SequenceNumber?
        if let text = json["sequence"]?.string {
            guard let parsed = SequenceNumber(parsing: text) else { return nil }
            sequence = parsed
        }
        let key = RecordKey(tenant: tenant, source: source, subject: subject)
        return (SourceEvent(type, key, data: data.isNull ? nil : data.utf8, sequence: sequence), json["closes"]?.bool == true)
    }

    private static let inputs: Set<EventType> = [.documentUpserted, .documentDeleted, .permissionsChanged, .groupChanged]
}

/// What became of an import.
struct ImportSummary {
    private var counts: [Outcome.Kind: Int] = [:]
    private var closed = 0
    private var rejections: [(subject: String, code: String)] = []
    private(set) var rejected = 0
    /// More would only be more of the same.
    private static let shown = 20

    mutating func add(_ report: OutcomeReport, _ event: SourceEvent, closes: Bool) {
        if closes, report.kind == .rejected {
            closed += 1
        } else {
            counts[report.kind, default: 0] += 1
            if report.kind == .rejected { addRejection(event, report.code ?? "") }
        }
    }

    mutating func addTooLarge(_ event: SourceEvent) {
        counts[.rejected, default: 0] += 1
        addRejection(event, RejectionCode.tooLarge.rawValue)
    }

    private mutating func addRejection(_ event: SourceEvent, _ code: String) {
        rejected += 1
        if rejections.count < Self.shown { rejections.append(("\(event.key.source.text)/\(event.key.subject.text)", code)) }
    }

    func render(elapsed: Duration) -> String {
        let parts = Outcome.Kind.allCases.compactMap { kind in counts[kind].map { "\($0) \(kind.rawValue)" } }
        var text = "imported in \(shortText(elapsed)): \(parts.isEmpty ? "nothing" : parts.joined(separator: ", "))\n"
        if closed > 0 { text += "\(closed) groups closed, as they were: their records could not be read\n" }
        if counts[.deferred] != nil { text += "what is deferred follows by itself: `sluice deferred list` tells what it waits for\n" }
        guard !rejections.isEmpty else { return text }
        var table = TextTable([("REJECTED", .left), ("CODE", .left)])
        for rejection in rejections { table.append([printable(rejection.subject), rejection.code]) }
        return text + "\n" + table.render() + (rejected > rejections.count ? "and \(rejected - rejections.count) more\n" : "")
    }
}
