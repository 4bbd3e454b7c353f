import Contract
import Index
import Transport

let snapshotCommands = CommandGroup(
    name: "snapshot", summary: "Full snapshots of sources: what they lack, and what they would delete.",
    commands: [
        .command(listSnapshotsCommand), .command(showSnapshotCommand), .command(rulingCommand(.approve)), .command(rulingCommand(.reject)),
        .command(rulingCommand(.cancel)),
    ])

private let snapshotPositional = CommandSpec.Positional("SNAPSHOT", "TENANT/SOURCE/NAME, as `sluice snapshot list` shows it.")

private let listSnapshotsCommand = CommandSpec(
    name: "list", summary: "List snapshots that are not over, with what is missing and since when.",
    options: [
        .value("tenant", "T", "Only this tenant's."), .value("source", "S", "Only this source's."), .flag("all", "Also those that are over."),
        .value("limit", "N", "Show at most so many, the newest.", default: "100"), .flag("json", "Print one JSON object a snapshot."),
    ]
) { arguments in
    let filter = SnapshotFilter(
        tenant: try arguments.value("tenant") == nil ? nil : arguments.tenant(), source: try arguments.value("source") == nil ? nil : arguments.source(),
        includesOver: arguments.flag("all"))
    let limit = try arguments.integer("limit", in: 1...1_000_000) ?? 100
    let snapshots = try await Runtime().administrationStore().snapshots(filter, limit: limit)
    if arguments.flag("json") {
        for snapshot in snapshots { Terminal.write(SnapshotText.json(snapshot)) }
    } else {
        Terminal.write(snapshots.isEmpty ? "no snapshots\n" : SnapshotText.table(snapshots, now: .now))
    }
    return .success
}

private let showSnapshotCommand = CommandSpec(
    name: "show", summary: "Show one snapshot, and the documents it would delete.",
    positionals: [snapshotPositional],
    options: [.value("limit", "N", "Name at most so many documents.", default: "20")]
) { arguments in
    let runtime = try Runtime()
    let store = try runtime.administrationStore()
    let snapshot = try await SnapshotText.find(arguments, store)
    Terminal.write(SnapshotText.description(snapshot, now: .now))
    let limit = try arguments.integer("limit", in: 0...1_000_000) ?? 20
    try await showAbsent(snapshot, limit: limit, store, runtime)
    return .success
}

/// Of one that is whole and not yet applied: of any other nobody knows, or they are gone.
private func showAbsent(_ snapshot: SnapshotReport, limit: Int, _ store: AdministrationStore, _ runtime: Runtime) async throws {
    guard snapshot.state == .waiting || snapshot.state == .applying else { return }
    let documents = try await store.absentDocuments(snapshot, tolerance: try runtime.snapshotPolicy().clockTolerance, limit: limit)
    guard !documents.isEmpty else { return }
    Terminal.write("\nit does not name\n" + documents.map { "    \(printable($0))\n" }.joined())
    if let absent = snapshot.absent, absent > documents.count { Terminal.write("    … and \(absent - documents.count) more: --limit shows them\n") }
}

private func rulingCommand(_ ruling: SnapshotRuling) -> CommandSpec {
    let (summary, question, done) =
        switch ruling {
        case .approve: ("Let a waiting snapshot delete what it does not name.", "Let it delete them?", "approved: a worker deletes them")
        case .reject: ("Refuse a waiting snapshot: nothing is deleted.", "Refuse it?", "refused: nothing is deleted")
        case .cancel: ("Give a snapshot up: it deletes nothing more.", "Give it up?", "cancelled: it deletes nothing more")
        }
    return CommandSpec(
        name: ruling.rawValue, summary: summary, positionals: [snapshotPositional],
        options: [
            .value("reason", "TEXT", "Why; the audit log keeps it.", isRequired: true), .value("limit", "N", "Name at most so many documents.", default: "20"),
        ]
            + Consent.options
    ) { arguments in
        let reason = try arguments.required("reason")
        let runtime = try Runtime()
        let store = try runtime.administrationStore()
        let snapshot = try await SnapshotText.find(arguments, store)
        Terminal.write(SnapshotText.description(snapshot, now: .now))
        guard ruling.states.contains(snapshot.state) else {
            throw ClientError(
                "nothing was done: \(ruling.rawValue) is for a snapshot that is \(ruling.states.map(SnapshotText.word).joined(separator: " or "))")
        }
        try await showAbsent(snapshot, limit: try arguments.integer("limit", in: 0...1_000_000) ?? 20, store, runtime)
        if let code = try Consent.decide(arguments, question: question) { return code }
        guard try await store.rule(ruling, on: snapshot, reason: reason) else { throw ClientError("nothing was done: the snapshot has gone on meanwhile") }
        Terminal.write("\(done)\n")
        return .success
    }
}

/// Snapshots for people and for programs.
enum SnapshotText {
    /// - Throws: `UsageError` for a name out of form; `ClientError` where there is none.
    static func find(_ arguments: ParsedArguments, _ store: AdministrationStore) async throws -> SnapshotReport {
        let text = try arguments.positional("SNAPSHOT")
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let tenant = TenantID(parts[0]), let source = SourceName(parts[1]), let id = SnapshotID(parts[2]) else {
            throw UsageError("SNAPSHOT is TENANT/SOURCE/NAME")
        }
        let found = try await store.snapshots(SnapshotFilter(tenant: tenant, source: source, id: id, includesOver: true), limit: 1)
        guard let snapshot = found.first else { throw ClientError("there is no snapshot \(text)") }
        return snapshot
    }

    static func name(_ snapshot: SnapshotReport) -> String { "\(snapshot.tenant)/\(snapshot.source)/\(snapshot.id)" }

    static func word(_ state: SnapshotProgress.State) -> String {
        switch state {
        case .open: "open"
        case .waiting: "waiting"
        case .applying: "being applied"
        case .applied: "applied"
        case .superseded: "superseded"
        case .refused: "refused"
        case .cancelled: "cancelled"
        }
    }

    /// What is missing, or what became of it.
    static func situation(_ snapshot: SnapshotReport) -> String {
        switch snapshot.state {
        case .open:
            switch snapshot.standing {
            case .notClosed: "\(snapshot.named) documents seen, its closing event is missing"
            case .missing(let missing): "\(missing) of \(snapshot.named + missing) documents are missing"
            case .tooMany(let surplus): "\(surplus) documents more than the \(snapshot.named - surplus) it says: count or name is wrong"
            case .whole: snapshot.isBeingRead ? "whole; what was published before it is being read" : "whole; it is decided in a moment"
            }
        case .waiting: "would delete \(snapshot.absent ?? 0) of \(snapshot.existing ?? 0) documents: waits for an admin's yes"
        case .applying: "deleting \(snapshot.absent ?? 0) documents, \(snapshot.deleted) are gone"
        case .applied, .superseded, .refused, .cancelled: "\(snapshot.deleted) documents deleted"
        }
    }

    static func table(_ snapshots: [SnapshotReport], now: Timestamp) -> String {
        var table = TextTable([("SNAPSHOT", .left), ("STATE", .left), ("SEEN", .right), ("OF", .right), ("SINCE", .right), ("LAST", .right), ("", .left)])
        for snapshot in snapshots {
            table.append([
                name(snapshot), word(snapshot.state), String(snapshot.named), snapshot.count.map(String.init) ?? "–",
                DeferredText.span(snapshot.firstSeenAt, now), DeferredText.span(snapshot.lastSeenAt, now), situation(snapshot),
            ])
        }
        return table.render()
    }

    static func description(_ snapshot: SnapshotReport, now: Timestamp) -> String {
        var lines: [(String, String)] = [
            ("snapshot", name(snapshot)), ("state", word(snapshot.state)), ("", situation(snapshot)),
            ("began", snapshot.begunAt.rfc3339), ("first event", "\(DeferredText.span(snapshot.firstSeenAt, now)) ago"),
            ("last event", "\(DeferredText.span(snapshot.lastSeenAt, now)) ago"),
            ("documents", "\(snapshot.named) of \(snapshot.count.map(String.init) ?? "–")"),
        ]
        if let newer = snapshot.newer, newer > 0 { lines.append(("left alone", "\(newer) that it does not name and that may be newer")) }
        if let by = snapshot.decidedBy { lines.append(("decided by", printable(by))) }
        if let at = snapshot.decidedAt { lines.append(("decided", at.rfc3339)) }
        if let reason = snapshot.reason { lines.append(("reason", printable(reason))) }
        return lines.map { name, value in "\(name)\(String(repeating: " ", count: max(1, 12 - name.count)))\(value)\n" }.joined()
    }

    /// One line of JSON.
    static func json(_ snapshot: SnapshotReport) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("tenant", snapshot.tenant.text)
            $0.member("source", snapshot.source.text)
            $0.member("snapshot", snapshot.id.text)
            $0.member("state", word(snapshot.state))
            $0.member("situation", situation(snapshot))
            $0.member("named", snapshot.named)
            $0.member("count", snapshot.count)
            $0.member("begunAt", snapshot.begunAt.rfc3339)
            $0.member("firstSeenAt", snapshot.firstSeenAt.rfc3339)
            $0.member("lastSeenAt", snapshot.lastSeenAt.rfc3339)
            $0.member("existing", snapshot.existing)
            $0.member("absent", snapshot.absent)
            $0.member("newer", snapshot.newer)
            $0.member("deleted", snapshot.deleted)
            $0.member("decidedAt", snapshot.decidedAt?.rfc3339)
            $0.member("decidedBy", snapshot.decidedBy)
            $0.member("reason", snapshot.reason)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
