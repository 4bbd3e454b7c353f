import Administration
import Contract
import Index

let tenantCommands = CommandGroup(
    name: "tenant", summary: "The tenants whose events count.",
    commands: [
        .command(createTenantCommand), .command(listTenantsCommand), .command(suspendTenantCommand), .command(resumeTenantCommand),
        .command(quotaCommand), .command(retentionCommand), .command(exportCommand), .command(deleteTenantCommand),
    ])

private let listTenantsCommand = CommandSpec(
    name: "list", summary: "List the registered tenants, whether each is answered, and what it has of its quota.",
    options: [.flag("all", "Also those that were deleted."), .flag("json", "Print one JSON object a tenant.")]
) { arguments in
    let records = try await Runtime().administrationStore().tenantRecords().filter { arguments.flag("all") || $0.state != .deleted }
    if arguments.flag("json") {
        for record in records { Terminal.write(TenantText.json(record)) }
    } else if !records.isEmpty {
        Terminal.write(TenantText.table(records))
    }
    return .success
}

private let suspendTenantCommand = CommandSpec(
    name: "suspend", summary: "Answer nobody of a tenant any more, from the next query on.",
    discussion: """
        Queries and access checks are answered with the status `forbidden` and the code `tenant_suspended`. Nothing is lost: events go on being indexed,
        permissions and deletions stay current, so that `tenant resume` takes effect at once.
        """,
    positionals: [tenantPositional], options: [Consent.reason] + Consent.options
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let tenant = try await tenants.standing(try arguments.tenantPositional())
    guard tenant.state == .active else {
        Terminal.write("\(tenant.tenant) is suspended already\n")
        return .success
    }
    Terminal.write("every query and access check of \(tenant.tenant) will be refused; its events go on being indexed\n")
    if let code = try Consent.decide(arguments, question: "Suspend \(tenant.tenant)?") { return code }
    let isNew = try await tenants.store.suspend(tenant.tenant, reason: try arguments.reason())
    Terminal.write(isNew ? "suspended \(tenant.tenant)\n" : "\(tenant.tenant) is suspended already\n")
    return .success
}

private let resumeTenantCommand = CommandSpec(
    name: "resume", summary: "Answer a suspended tenant again, from the next query on.", positionals: [tenantPositional], options: [Consent.reason]
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let tenant = try await tenants.standing(try arguments.tenantPositional()).tenant
    let isNew = try await tenants.store.resume(tenant, reason: try arguments.reason())
    if !isNew, try await tenants.standing(tenant).state == .suspended { throw AdministrationError.beingErased }
    Terminal.write(isNew ? "resumed \(tenant)\n" : "\(tenant) is not suspended\n")
    return .success
}

private let quotaCommand = CommandSpec(
    name: "quota", summary: "Show what a tenant may have at most, or set it.",
    discussion: """
        Documents and bytes of extracted text are counted in each generation and limited in the live one: what does not fit is rejected with `quota_exceeded`,
        a document that is there already is never one too many, and deletions give room back. Tokens are those embedded on one day (UTC): past them documents
        wait for the next one. A limit is a number, or `none`; what is not named stays.
        """,
    positionals: [tenantPositional],
    options: [
        .value("documents", "N", "Documents at most."), .value("bytes", "N", "Bytes of extracted text at most."),
        .value("tokens", "N", "Tokens embedded on one day at most."), .value("reason", "TEXT", "Why: the audit log keeps it."),
    ]
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let name = try arguments.tenantPositional()
    var tenant = try await tenants.standing(name)
    var quota = tenant.quota
    quota.documents = try arguments.limit("documents", or: quota.documents)
    quota.bytes = try arguments.limit("bytes", or: quota.bytes)
    quota.tokens = try arguments.limit("tokens", or: quota.tokens)
    if quota != tenant.quota || !tenant.isCounted {
        let released = try await tenants.store.setQuota(quota, of: tenant, reason: arguments.value("reason"))
        if released > 0 { Terminal.write("\(released) documents that waited for the budget of tokens are due now\n") }
        tenant = try await tenants.standing(name)
    }
    Terminal.write(TenantText.quota(tenant))
    return .success
}

private let deleteTenantCommand = CommandSpec(
    name: "delete", summary: "Delete a tenant: all its rows, and the topics that are its alone.",
    discussion: """
        From the first moment nobody of it is answered and its events are `unknown_tenant`. Stopped anywhere, it goes on when it is run again. What it leaves
        is said before it asks: the audit, and its records on the topics that all tenants share. `sluice erase --tenant T` takes those away as well, with a
        receipt.
        """,
    positionals: [tenantPositional], options: [Consent.reason] + Consent.options
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let tenant = try await tenants.record(try arguments.tenantPositional())
    let topics = try await tenants.topics(of: tenant.tenant)
    Terminal.write(TenantText.deletion(tenant, try await tenants.store.size(of: tenant.tenant), topics))
    if let code = try Consent.decide(arguments, question: "Delete \(tenant.tenant) for good?") { return code }
    var bar = LateProgressBar("delete rows", total: 0)
    let (rows, gone) = try await tenants.delete(tenant, reason: try arguments.reason()) { bar.advance(by: $0) }
    bar.finish()
    Terminal.write("deleted \(tenant.tenant): \(rows) rows\(gone.map { ", \($0)" }.joined())\n")
    return .success
}

let tenantPositional = CommandSpec.Positional("T", "A registered tenant.")

extension ParsedArguments {
    /// The tenant that the positional T names.
    ///
    /// - Throws: `UsageError`.
    func tenantPositional() throws -> TenantID {
        guard let tenant = TenantID(try positional("T")) else { throw UsageError("T is a-z, 0-9 and -, up to 63, not beginning with -") }
        return tenant
    }

    /// What --reason says.
    ///
    /// - Throws: `UsageError`.
    func reason() throws -> String {
        let reason = try required("reason")
        guard !reason.isEmpty, reason.utf8.count <= 1024, !reason.utf8.contains(0) else { throw UsageError("--reason takes 1 to 1,024 bytes of text") }
        return reason
    }

    /// A limit: a whole number, or `none`.
    fileprivate func limit(_ option: String, or current: Int64?) throws -> Int64? {
        guard let text = value(option) else { return current }
        if text == "none" { return nil }
        guard let limit = Int64(text), limit >= 0 else { throw UsageError("--\(option) takes a whole number, or none") }
        return limit
    }
}

/// Tenants for people and for programs.
enum TenantText {
    static func table(_ records: [TenantRecord]) -> String {
        var table = TextTable([
            ("TENANT", .left), ("STATE", .left), ("SINCE", .left), ("DOCUMENTS", .right), ("BYTES", .right), ("TOKENS TODAY", .right), ("PAUSED", .right),
        ])
        for record in records {
            table.append([
                record.tenant.text, record.state.rawValue, record.since?.rfc3339 ?? "–", share(record.usage?.documents, record.quota.documents),
                share(record.usage?.bytes, record.quota.bytes), share(record.usage == nil ? nil : record.tokensToday, record.quota.tokens),
                record.pausedSources == 0 ? "–" : "\(record.pausedSources) sources",
            ])
        }
        return table.render()
    }

    static func quota(_ record: TenantRecord) -> String {
        var table = TextTable([("QUOTA", .left), ("USED", .right), ("OF", .right)])
        let rows: [(String, Int64?, Int64?)] = [
            ("documents", record.usage?.documents, record.quota.documents), ("bytes of extracted text", record.usage?.bytes, record.quota.bytes),
            ("tokens today (UTC)", record.usage == nil ? nil : record.tokensToday, record.quota.tokens),
        ]
        for (name, used, limit) in rows { table.append([name, used.map(String.init) ?? "not counted", limit.map(String.init) ?? "no limit"]) }
        return table.render()
    }

    static func deletion(_ record: TenantRecord, _ size: TenantSize?, _ topics: [String]) -> String {
        var text = ""
        if record.state == .deleting { text += "\(record.tenant) was marked \(record.since?.rfc3339 ?? ""); what is left is removed\n" }
        if let size {
            text +=
                "removed: \(size.documents) documents with \(size.renditions) renditions, \(size.permissions) permissions, \(size.groups) groups, "
                + "\(size.waiting) waiting documents, its history, caches and outcomes, and what its people asked\n"
        }
        text += topics.isEmpty ? "topics: none is left\n" : "topics deleted: \(topics.joined(separator: ", "))\n"
        text += "kept: the audit of admins and of answers (names of documents, not their text)\n"
        text += "not reached: its records on the topics that all tenants share, until their retention or compaction ends them; read again, they are\n"
        text += "unknown_tenant. Retrieval workers drop what they hold of it when it is asked for, or when they end\n"
        return text
    }

    /// One line of JSON.
    static func json(_ record: TenantRecord) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("tenant", record.tenant.text)
            $0.member("state", record.state.rawValue)
            $0.member("since", record.since?.rfc3339)
            $0.member("quota") {
                $0.object {
                    $0.member("documents", record.quota.documents.map(Int.init))
                    $0.member("bytes", record.quota.bytes.map(Int.init))
                    $0.member("tokens", record.quota.tokens.map(Int.init))
                }
            }
            $0.member("documents", record.usage.map { Int($0.documents) })
            $0.member("bytes", record.usage.map { Int($0.bytes) })
            $0.member("tokensToday", record.usage.map { _ in Int(record.tokensToday) })
            $0.member("pausedSources", record.pausedSources)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func share(_ used: Int64?, _ limit: Int64?) -> String {
        guard let used else { return "–" }
        return limit.map { "\(used) of \($0)" } ?? "\(used)"
    }
}

private let createTenantCommand = CommandSpec(
    name: "create", summary: "Register a tenant and make its result and status topics. May be repeated.",
    discussion: "What came for the tenant before was buried as unknown_tenant. At a terminal it is offered to redrive that, permissions first.",
    positionals: [.init("NAME", "a-z, 0-9 and -, up to 63, not beginning with -")],
    options: [
        .flag("redrive", "Redrive what came for it before, without asking."), .flag("no-redrive", "Neither redrive nor look for it."),
        .flag("reuse", "Also where a tenant of this name was deleted, and not erased."),
    ]
) { arguments in
    guard let tenant = TenantID(try arguments.positional("NAME")) else {
        throw UsageError("NAME is a-z, 0-9 and -, up to 63, not beginning with -")
    }
    guard !arguments.flag("redrive") || !arguments.flag("no-redrive") else { throw UsageError("--redrive goes without --no-redrive") }
    let runtime = try Runtime()
    let (isNew, topics) = try await runtime.tenantAdministration().create(tenant, isReused: arguments.flag("reuse"))
    Terminal.write(isNew ? "registered \(tenant)\n" : "\(tenant) is registered already\n")
    for topic in topics { Terminal.write("created \(topic)\n") }
    let earlier = EarlierLetters(tenant: tenant, runtime: runtime)
    if arguments.flag("redrive") {
        try await earlier.redrive()
    } else if !arguments.flag("no-redrive"), isNew || Consent.canAsk {
        // A program that makes sure of its tenant again and again is not kept waiting.
        try await earlier.offer(canAsk: Consent.canAsk)
    }
    return .success
}
