import Contract

let publishCommand = CommandSpec(
    name: "publish",
    summary: "Publish files and folders as documents, and wait for what becomes of them.",
    discussion: """
        Folders are walked, hidden files left out. A document's subject is its path below the folder that was named, or the file's own name.
        --allow and --deny give each document an entry of its own; without them its container's list counts.
        --snapshot says that the folder is all there is: what else this source has, and had before, is deleted (docs/snapshots.md).
        Exits with 1 where a document was rejected, or a snapshot was not applied.
        """,
    positionals: [.init("PATH", "Files and folders.", arity: .oneOrMore)],
    options: [
        ParsedArguments.tenantOption, ParsedArguments.sourceOption, ParsedArguments.allowOption, ParsedArguments.denyOption,
        .value("container", "C", "The container that the documents are in."),
        .value("base-uri", "URI", "What, before its subject, is a document's uri."),
        .value("language", "TAG", "Language of the documents, such as en."),
        .values("media-type", "ENDING=TYPE", "Media type of files with this ending, such as adoc=text/plain."),
        .flag("snapshot", "Delete what else this source has: the folder is published as a full snapshot."),
        .flag("no-wait", "Do not wait for outcomes: the broker has the events, that is all."),
    ]
) { arguments in
    let plan = try PublishPlan(arguments)
    let runtime = try Runtime()
    var publisher = try await EventPublisher(runtime, awaiting: arguments.flag("no-wait") ? [] : [plan.tenant])
    do {
        let code = try await plan.run(&publisher, awaitsOutcomes: !arguments.flag("no-wait"))
        await publisher.close()
        return code
    } catch {
        await publisher.close()
        throw error
    }
}

/// What `sluice publish` was asked to do.
struct PublishPlan: Sendable {
    /// Records sent together: enough for the producer to fill its batches, few enough that outcomes are seen to come.
    private static let batchEvents = 64
    /// Content held in memory at a time, but for one file that is larger.
    private static let batchBytes = 8 << 20

    let tenant: TenantID
    let files: [PublishedFile]
    private let source: SourceName
    private let list: AccessList?
    private let container: Subject?
    private let baseURI: String?
    private let language: String?
    private let mediaTypes: MediaTypeTable
    /// The files are all that the source has; a name that is never used again, and since when they are so.
    private let snapshot: (id: SnapshotID, begunAt: Timestamp)?

    /// - Throws: `UsageError`; `ClientError` for what cannot be read.
    init(_ arguments: ParsedArguments) throws {
        tenant = try arguments.tenant()
        source = try arguments.source()
        list = try arguments.accessList()
        container = try arguments.subject(option: "container")
        baseURI = arguments.value("base-uri")
        language = arguments.value("language")
        mediaTypes = try MediaTypeTable(overrides: arguments.values("media-type"))
        // Before the folder is looked at: what is published from here on may not be in it.
        snapshot = arguments.flag("snapshot") ? SnapshotID(randomID()).map { ($0, .now) } : nil
        files = try FileTree.files(at: arguments.positionals("PATH"))
    }

    func run(_ publisher: inout EventPublisher, awaitsOutcomes: Bool) async throws -> ExitCode {
        let start = ContinuousClock.now
        // An entry of its own is an event of its own.
        var bar = LateProgressBar("publish", total: files.count * (list == nil ? 1 : 2) + (snapshot == nil ? 0 : 1))
        var summary = PublishSummary()
        var subjects: [RecordPosition: String] = [:]
        for batch in batches {
            var events: [SourceEvent] = []
            for file in batch {
                let documentEvents = try self.events(of: file)
                if documentEvents.isEmpty { summary.addTooLarge(subject: file.subject) }
                events += documentEvents
            }
            let positions = try await publisher.publish(events)
            for (event, position) in zip(events, positions) { subjects[position] = event.key.subject.text }
            let arrived = awaitsOutcomes ? try await publisher.collect() : events.count
            bar.advance(by: arrived)
        }
        // What is in the folder and could not be sent would be missing in the snapshot.
        let isWhole = summary.rejected == 0
        if let snapshot, isWhole {
            try await publisher.publish(
                SnapshotEnd(key: SourceKey(tenant: tenant, source: source), snapshot: snapshot.id, count: files.count, begunAt: snapshot.begunAt))
        }
        guard awaitsOutcomes else {
            bar.finish()
            Terminal.write("\(subjects.count) events published in \(shortText(.now - start)); nobody waited for their outcomes\n")
            return summary.rejected == 0 ? .success : .failure
        }
        try await publisher.awaitOutcomes { bar.advance(by: $0) }
        bar.finish()
        summary.snapshot = publisher.pending.reports.values.lazy.compactMap(\.snapshot).first
        summary.isUnfinished = snapshot != nil && !isWhole
        for (position, subject) in subjects.sorted(by: { $0.value < $1.value }) {
            guard let report = publisher.pending.reports[position] else { continue }
            if position.topic == InputTopic.documents.rawValue {
                summary.add(report, subject: subject)
            } else if report.kind == .rejected {
                summary.addRejection(report, subject: subject)
            }
        }
        Terminal.write(summary.render(elapsed: .now - start))
        return summary.rejected == 0 && (snapshot == nil || summary.snapshot?.state == .applied) ? .success : .failure
    }

    /// The files in runs that fit memory.
    private var batches: [ArraySlice<PublishedFile>] {
        var batches: [ArraySlice<PublishedFile>] = []
        var (first, bytes) = (0, 0)
        for (index, file) in files.enumerated() {
            if index > first, bytes + file.bytes > Self.batchBytes || index - first == Self.batchEvents {
                batches.append(files[first..<index])
                (first, bytes) = (index, 0)
            }
            bytes += file.bytes
        }
        if first < files.count { batches.append(files[first...]) }
        return batches
    }

    /// The document's entry first, so that it is never shown to nobody between the two; none where it is too large for a record.
    private func events(of file: PublishedFile) throws -> [SourceEvent] {
        guard let subject = Subject(file.subject) else { throw ClientError("\(file.path): its path below the folder is longer than 1,024 bytes") }
        guard file.bytes <= SourceEvent.maximumRecordBytes else { return [] }
        let key = RecordKey(tenant: tenant, source: source, subject: subject)
        let details = DocumentDetails(
            mediaType: mediaTypes[path: file.path], uri: baseURI.map { uri($0, file.subject) }, container: container, language: language,
            modifiedAt: file.modifiedAt)
        var document = SourceEvent.document(key, content: try readFile(file.path), details)
        document.snapshot = snapshot?.id
        guard document.fitsRecord else { return [] }
        return (list.map { [.permissions(key, list: $0)] } ?? []) + [document]
    }
}

/// The subject below a base, percent-encoded but for its slashes (RFC 3986).
func uri(_ base: String, _ subject: String) -> String {
    var uri = base.hasSuffix("/") ? base : base + "/"
    for byte in subject.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
            uri.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            uri += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
        }
    }
    return uri
}
