import Contract
import Index

let auditCommands = CommandGroup(
    name: "audit", summary: "Who was shown what, and proof that the record is whole.",
    commands: [.command(sawCommand), .command(byCommand), .command(verifyCommand), .command(eraseCommand)])

private let bounds: [CommandSpec.Option] = [
    .value("since", "TIME", "From this moment on: 2026-03-01T09:00:00Z, or how long ago, such as 7d."), .value("until", "TIME", "Before this moment."),
    .flag("json", "Print one JSON object an answer."),
]

private let sawCommand = CommandSpec(
    name: "saw", summary: "List who was shown a document, when, and in which version.",
    discussion: "Access checks that answered `visible` count. Asking is itself a line of the audit log.",
    positionals: [.init("S/D", "Source and document, the document as it is named: wiki/leave.")], options: [ParsedArguments.tenantOption] + bounds
) { arguments in
    let (source, document) = try NamedDocument.parse(try arguments.positional("S/D"), called: "S/D")
    return try await list(arguments, .document(source: source, document: document))
}

private let byCommand = CommandSpec(
    name: "by", summary: "List what somebody was shown.",
    discussion: "Answers that showed nothing are listed too. Asking is itself a line of the audit log.",
    positionals: [.init("USER", "Who asked: user:NAME.")], options: [ParsedArguments.tenantOption] + bounds
) { arguments in
    guard let user = Principal(try arguments.positional("USER")), user.kind == .user else { throw UsageError("USER is user:NAME") }
    return try await list(arguments, .user(user))
}

/// Page by page, as they are read: a log may be longer than what a machine holds.
private func list(_ arguments: ParsedArguments, _ subject: AnswerSearch.Subject) async throws -> ExitCode {
    let search = AnswerSearch(
        tenant: try arguments.tenant(), subject: subject, since: try arguments.moment("since"), until: try arguments.moment("until"))
    let store = try Runtime().administrationStore()
    _ = try await store.eraseExpiredTexts()
    var count = 0
    try await store.answers(search) { page in
        count += page.count
        Terminal.write(arguments.flag("json") ? page.map(AuditText.json).joined() : AuditText.table(page, search))
    }
    if count == 0, !arguments.flag("json") { Terminal.write("no answers\n") }
    return .success
}

private let verifyCommand = CommandSpec(
    name: "verify", summary: "Walk every chain of the audit and name each line that was removed, altered or moved.",
    discussion: """
        Exits with 1 where something is wrong. Each run leaves the chains' ends in the admins' chain, for the next to find what was cut off since. The last \
        line it prints is the end of that chain: kept outside this database and given back with --known, it shows whether the whole was written anew.
        """,
    options: [
        .values("known", "CHAIN=ENTRY:HASH", "An end of a chain as it was printed once, and kept elsewhere."),
        .flag("json", "Print one JSON object with every chain and its end."),
    ]
) { arguments in
    var known: [String: [AuditHead]] = [:]
    for text in arguments.values("known") {
        guard let equals = text.lastIndex(of: "="), let head = AuditHead(String(text[text.index(after: equals)...])) else {
            throw UsageError("--known takes CHAIN=ENTRY:HASH, as verify prints it")
        }
        known[String(text[..<equals]), default: []].append(head)
    }
    let store = try Runtime().administrationStore()
    let progress = VerificationProgress()
    let verification = try await store.verifyAudits(known: known) { progress.advance(to: $0, of: $1) }
    progress.finish()
    Terminal.write(arguments.flag("json") ? AuditText.json(verification) : AuditText.report(verification))
    return verification.isWhole ? .success : .failure
}

private let eraseCommand = CommandSpec(
    name: "erase", summary: "Erase the texts of questions that have been kept for as long as they may be.",
    discussion: "The chains stay whole. `saw` and `by` do the same before they read; where nobody calls them, a schedule should call this."
) { _ in
    let count = try await Runtime().administrationStore().eraseExpiredTexts()
    Terminal.write("\(count) texts erased\n")
    return .success
}
