import Contract
import Index
import Transport

let deferredCommands = CommandGroup(
    name: "deferred", summary: "Documents that wait: for what they refer to, for their source, or for their tenant's next day.",
    commands: [.command(listDeferredCommand), .command(retryDeferredCommand), .command(dropDeferredCommand)])

private let filters: [CommandSpec.Option] = [
    .value("tenant", "T", "Only this tenant's."), .value("host", "HOST", "Only those that wait for this host."),
]

private let listDeferredCommand = CommandSpec(
    name: "list", summary: "List waiting documents, those that are due first at the front, and count them by host.",
    options: filters + [.value("limit", "N", "Show at most so many.", default: "100"), .flag("json", "Print one JSON object a document.")]
) { arguments in
    let filter = try deferredFilter(arguments)
    let store = try Runtime().administrationStore()
    let documents = try await store.deferred(filter, limit: try arguments.integer("limit", in: 1...1_000_000) ?? 100)
    if arguments.flag("json") {
        for document in documents { Terminal.write(DeferredText.json(document)) }
        return .success
    }
    guard !documents.isEmpty else {
        Terminal.write("no documents wait\n")
        return .success
    }
    let counts = try await store.deferredCounts(filter)
    Terminal.write(DeferredText.table(documents, now: .now) + "\n" + DeferredText.table(counts))
    let total = counts.reduce(0) { $0 + $1.documents }
    if documents.count < total { Terminal.write("\nthe first \(documents.count) of \(total) are shown: --limit shows more\n") }
    return .success
}

private let retryDeferredCommand = CommandSpec(
    name: "retry", summary: "Let waiting documents be tried now, rather than when they are due.",
    discussion: """
        Without filters all of them, but for those whose source is paused. Their attempts still count, and where one fails again, it waits for longer than
        before.
        """,
    options: filters + Consent.options
) { arguments in
    try await change(arguments, question: "Try", done: "due now: the next free worker tries them") { try await $0.retryDeferred($1) }
}

private let dropDeferredCommand = CommandSpec(
    name: "drop", summary: "Give waiting documents up: each is rejected, with a dead letter and an outcome.",
    discussion: "Without filters all of them. The newest version that could be read stays in place. A dead letter can be redriven later: `sluice dlq redrive`.",
    options: filters + Consent.options
) { arguments in
    try await change(arguments, question: "Give up", done: "given up: the next free worker rejects them") { try await $0.dropDeferred($1) }
}

/// Says what would change, and changes it where that is wanted. What was given up already is left alone.
private func change(
    _ arguments: ParsedArguments, question: String, done: String, _ change: (AdministrationStore, DeferredFilter) async throws -> Int
) async throws -> ExitCode {
    let filter = try deferredFilter(arguments)
    let store = try Runtime().administrationStore()
    let counts = try await store.deferredCounts(filter).filter { $0.documents > $0.abandoned + $0.paused }
    guard !counts.isEmpty else {
        Terminal.write("no documents wait\n")
        return .success
    }
    Terminal.write(DeferredText.table(counts) + "\n")
    let total = counts.reduce(0) { $0 + $1.documents - $1.abandoned - $1.paused }
    if let code = try Consent.decide(arguments, question: "\(question) \(total) documents?") { return code }
    Terminal.write("\(try await change(store, filter)) documents are \(done)\n")
    return .success
}

private func deferredFilter(_ arguments: ParsedArguments) throws -> DeferredFilter {
    DeferredFilter(tenant: try arguments.value("tenant") == nil ? nil : arguments.tenant(), host: arguments.value("host"))
}

/// Waiting documents for people and for programs; never their content.
enum DeferredText {
    static func table(_ documents: [DeferredDocument], now: Timestamp) -> String {
        var table = TextTable([
            ("TENANT", .left), ("DOCUMENT", .left), ("GENERATION", .left), ("HOST", .left), ("REASON", .left), ("ATTEMPTS", .right), ("NEXT", .right),
            ("AGE", .right),
        ])
        for document in documents {
            table.append([
                document.tenant.text, printable("\(document.source)/\(document.document)"), document.generation, printable(document.host ?? "–"),
                printable(document.reason), String(document.attempts), next(document, now), span(document.deferredAt, now),
            ])
        }
        return table.render()
    }

    /// When it is tried again.
    private static func next(_ document: DeferredDocument, _ now: Timestamp) -> String {
        if document.isAbandoned { return "given up" }
        if document.cause == .source { return "once resumed" }
        if document.isLeased { return "at it" }
        return document.dueAt <= now ? "due" : span(now, document.dueAt)
    }

    static func table(_ counts: [DeferredCount]) -> String {
        var table = TextTable([("TENANT", .left), ("HOST", .left), ("DOCUMENTS", .right), ("GIVEN UP", .right), ("PAUSED", .right)])
        for count in counts {
            table.append([count.tenant.text, printable(count.host ?? "–"), String(count.documents), String(count.abandoned), String(count.paused)])
        }
        return table.render()
    }

    /// One line of JSON.
    static func json(_ document: DeferredDocument) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("tenant", document.tenant.text)
            $0.member("source", document.source)
            $0.member("document", document.document)
            $0.member("generation", document.generation)
            $0.member("cause", document.cause.rawValue)
            $0.member("host", document.host)
            $0.member("reason", document.reason)
            $0.member("attempts", document.attempts)
            $0.member("deferredAt", document.deferredAt.rfc3339)
            $0.member("dueAt", document.dueAt.rfc3339)
            $0.member("leased", document.isLeased)
            $0.member("abandoned", document.isAbandoned)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    /// How long from one moment to a later one, in its largest unit: `41 s`, `12 min`, `5 h`, `3 d`.
    static func span(_ from: Timestamp, _ to: Timestamp) -> String {
        let seconds = max(0, (to.microsecondsSinceEpoch - from.microsecondsSinceEpoch) / 1_000_000)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}
