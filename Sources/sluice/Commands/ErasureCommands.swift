import Administration
import Configuration
import Contract
import Index

let erasureCommands = CommandSpec(
    name: "erase", summary: "Erase a document, a person or a tenant for good, with a receipt of every place; list and check receipts.",
    discussion: """
        Without ACTION erases what --document or --subject names, or else the whole tenant, from every table, and publishes tombstones so that no replay brings \
        it back. The receipt says of each place that it is gone, gone by a date (a topic's compaction or retention), or failed, and why; exits with 1 where a place failed. Run again, an erasure \
        that was interrupted goes on. `erase list`, `erase show N` and `erase check N` read receipts; check looks again at the places that were not gone.
        """,
    positionals: [.init("ACTION", "list, show or check.", arity: .optional), .init("N", "An erasure's number.", arity: .optional)],
    options: [
        .value("tenant", "T", "The tenant; for list, only this one's."),
        .value("document", "S/D", "Source and document, the document as it is named: wiki/leave."), .value("subject", "USER", "A person: user:NAME."),
        .value("reason", "TEXT", "Why, for the audit; without what is erased."),
        .value("timeout", "SECONDS", "How long the registrar may stand still while it is waited for.", default: "60"),
        .flag("json", "Print one JSON object an erasure."),
    ] + Consent.options
) { arguments in
    guard let action = arguments.positionals("ACTION").first else { return try await erase(arguments) }
    let store = try Runtime().administrationStore()
    switch action {
    case "list":
        let records = try await store.erasures(tenant: try arguments.value("tenant").map { _ in try arguments.tenant() }, limit: 1000)
        if arguments.flag("json") {
            Terminal.write(records.map(ErasureText.json).joined())
        } else {
            Terminal.write(records.isEmpty ? "no erasures\n" : ErasureText.list(records))
        }
        return .success
    case "show", "check":
        guard let number = Int32(try arguments.positional("N")), let record = try await store.erasures(number: number, limit: 1).first else {
            throw ClientError("there is no such erasure: `sluice erase list` has them")
        }
        return action == "show" ? show(record, arguments) : try await check(record, store, arguments)
    default: throw UsageError.unknown("action", action, among: ["list", "show", "check"])
    }
}

private func show(_ record: ErasureRecord, _ arguments: ParsedArguments) -> ExitCode {
    Terminal.write(arguments.flag("json") ? ErasureText.json(record) : ErasureText.description(record) + ErasureText.receipt(record.receipt))
    return record.finishedAt != nil && record.receipt.isComplete ? .success : .failure
}

private func check(_ record: ErasureRecord, _ store: AdministrationStore, _ arguments: ParsedArguments) async throws -> ExitCode {
    guard record.finishedAt != nil else { throw ClientError("erasure \(record.number) was interrupted: run it again, and it goes on") }
    guard let tenant = TenantID(record.tenant) else { return .failure }
    let key = record.kind == ErasureTarget.tenant.kind ? nil : try await store.erasureKey(of: tenant)
    guard key != nil || record.kind == ErasureTarget.tenant.kind else {
        throw ClientError("the tenant's key is gone, so that nothing can be found by its hash any more")
    }
    let receipt = try await ErasureCheck(record, tenant, key, try await ErasureTopics(Runtime()), store).run()
    try await store.keep(receipt, ofErasure: record.number, tenant: tenant, isCheck: true)
    guard let checked = try await store.erasures(number: record.number, limit: 1).first else { return .failure }
    return show(checked, arguments)
}

private func erase(_ arguments: ParsedArguments) async throws -> ExitCode {
    let tenant = try arguments.tenant()
    let target = try target(arguments)
    let patience = Duration.seconds(try arguments.integer("timeout", in: 1...86_400) ?? 60)
    let runtime = try Runtime()
    let store = try runtime.administrationStore(patience: .seconds(600))
    // One that is being deleted goes on as a whole alone.
    guard let record = try await store.tenantRecord(tenant), target.isTenant || record.state != .deleting else { throw AdministrationError.unknownTenant }
    try await describe(target, record, store)
    if let code = try Consent.decide(arguments, question: "Erase it for good?") { return code }
    guard let reason = arguments.value("reason"), !reason.isEmpty else { throw UsageError("an erasure takes --reason TEXT, for the audit") }
    guard !target.isNamed(in: reason) else { throw UsageError("--reason names what is erased, and would keep it") }
    let erased = try await noMaintenance(runtime, patience).during { try await erase(target, tenant, reason, store, runtime, patience) }
    guard let erased else { return .failure }
    return show(erased, arguments)
}

private func erase(
    _ target: ErasureTarget, _ tenant: TenantID, _ reason: String, _ store: AdministrationStore, _ runtime: Runtime, _ patience: Duration
) async throws -> ErasureRecord? {
    guard let erasure = try await store.beginErasure(of: target, tenant: tenant, reason: reason) else { throw AdministrationError.unknownTenant }
    Terminal.writeError(erasure.isResumed ? "erasure \(erasure.number) goes on\n" : "erasure \(erasure.number)\n")
    var run = ErasureRun(erasure, store, try await ErasureTopics(runtime), runtime, patience: patience)
    try await run.run()
    return try await store.erasures(number: erasure.number, limit: 1).first
}

/// Retention publishes again what its deletions overtook: not what is being erased.
private func noMaintenance(_ runtime: Runtime, _ patience: Duration) async throws -> MaintenanceLock {
    let (url, deadline) = (try runtime.configuration.value(of: Settings.databaseAdminURL), ContinuousClock.now + patience)
    var isSaid = false
    while true {
        if let lock = try await MaintenanceLock.acquire(url: url) { return lock }
        if !isSaid { Terminal.writeError("waiting for `sluice maintain`, or another erasure, to end\n") }
        isSaid = true
        guard ContinuousClock.now < deadline else {
            throw ClientError("`sluice maintain`, or another erasure, is at work: run this again when it has ended", exitCode: .unavailable)
        }
        try await Task.sleep(for: .milliseconds(500))
    }
}

private func target(_ arguments: ParsedArguments) throws -> ErasureTarget {
    switch (arguments.value("document"), arguments.value("subject")) {
    case (let name?, nil):
        let (source, document) = try NamedDocument.parse(name, called: "--document")
        return .document(source: source, document: document)
    case (nil, let name?):
        guard let user = Principal(name), user.kind == .user else { throw UsageError("--subject takes user:NAME") }
        return .user(user)
    case (nil, nil): return .tenant
    default: throw UsageError("erase takes --document S/D or --subject USER, or neither for the whole tenant")
    }
}

/// Says what would be done.
private func describe(_ target: ErasureTarget, _ record: TenantRecord, _ store: AdministrationStore) async throws {
    let tenant = record.tenant
    switch target {
    case .tenant:
        let size = try await store.size(of: tenant)
        Terminal.write(
            """
            THE WHOLE TENANT \(tenant), \(size?.documents ?? 0) documents and \(size?.permissions ?? 0) permissions, goes from every table, from what the answers' and \
            the admins' log say of it, and from the dead letters; tombstones of all its keys are published, its own topics are deleted; from the first moment on \
            nobody of it is answered

            """)
    case .document(let source, let document):
        let renditions = try await store.renditions(of: tenant, source, document, withText: false)
        let chunks = renditions.reduce(0) { $0 + $1.chunks }
        Terminal.write(
            """
            one document of \(tenant), with \(chunks) chunks in \(renditions.count) generations, goes from every table, from the answers' log and from the \
            dead letters; tombstones of it and of its entry are published

            """)
        let inside = try await store.standing(of: source, document, tenant: record).dependents
        if inside > 0 {
            Terminal.write("\(inside) documents and containers are inside it: its name, and its entry if it has one, stay until they are moved, or gone\n")
        }
    case .user:
        Terminal.write("one user of \(tenant) goes from the answers' log, from what they asked, and from the history of lists and groups\n")
        if case .user(let user) = target {
            let held = try await store.mentions(of: user, tenant: tenant)
            if !held.isEmpty { Terminal.write(ErasureText.held(held)) }
        }
    }
}

extension ErasureTarget {
    fileprivate func isNamed(in text: String) -> Bool {
        switch self {
        case .document(_, let document): text.utf8.count >= document.text.utf8.count && Array(text.utf8).contains(Array(document.text.utf8))
        case .tenant: false
        case .user(let user): Array(text.utf8).contains(Array(user.text.utf8.dropFirst("user:".utf8.count)))
        }
    }
}
