import Administration
import Contract
import Index

let exportCommand = CommandSpec(
    name: "export", summary: "Write a tenant as JSON Lines that `sluice import` publishes elsewhere.",
    discussion: """
        Memberships, permissions, deletions, and the extracted text and metadata of every document as the live generation has them, as of one moment, each with
        its sequence. Texts are written out: FILE is made for your eyes alone, and the audit log has a line of it. May be repeated.
        """,
    positionals: [tenantPositional],
    options: [
        .value("output", "FILE", "Write to this file, which must not be there yet, and not to standard output."),
        .value("reason", "TEXT", "Why: the audit log keeps it."),
    ]
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let tenant = try await tenants.standing(try arguments.tenantPositional())
    let size = try await tenants.store.size(of: tenant.tenant)
    let output = try ExportOutput(path: arguments.value("output"), total: size.map { Int($0.documents + $0.permissions + $0.groups) } ?? 0)
    var detail: [String: JSON] = [:]
    if let reason = arguments.value("reason") { detail["reason"] = .string(reason) }
    try await tenants.store.record(.tenantExport, tenant: tenant.tenant, detail: detail)
    try output.write(ExportFile.header(tenant, at: .now))
    let exported = try await tenants.store.export(tenant) { event in
        try output.write(ExportFile.event(event))
        output.advance()
    }
    try output.write(ExportFile.trailer(exported))
    try output.close()
    Terminal.writeError("exported \(tenant.tenant): \(exported.events) events\n")
    if exported.withheld > 0 {
        Terminal.writeError(
            "\(exported.withheld) documents are left out: nothing of them is readable yet, or a newer version, in another container, is not ready\n")
    }
    return .success
}

let importCommand = CommandSpec(
    name: "import", summary: "Publish an exported tenant through the topics.",
    discussion: """
        The tenant must be registered. Permissions and memberships are in force before the first document goes. Sequences are kept, so that what is newer there
        stays; it may be repeated. Passages of what was not plain text may be cut differently: headings and pages are not in an export.
        Exits with 1 where something was rejected.
        """,
    positionals: [.init("FILE", "What `sluice tenant export` wrote.")],
    options: [
        .value("tenant", "T", "Import as this tenant, and not as the one it was."), .flag("quota", "Set the quota that the export has, too."),
        .value("reason", "TEXT", "Why, for --quota: the audit log keeps it."),
    ]
) { arguments in
    let file = try TenantImport(try arguments.positional("FILE"))
    let tenant = try arguments.value("tenant") == nil ? file.header.tenant : arguments.tenant()
    let runtime = try Runtime()
    if arguments.flag("quota") {
        let tenants = try runtime.tenantAdministration()
        _ = try await tenants.store.setQuota(file.header.quota, of: try await tenants.standing(tenant), reason: arguments.value("reason"))
    }
    var publisher = try await EventPublisher(runtime, awaiting: [tenant], countsDeferred: true)
    do {
        let start = ContinuousClock.now
        let summary = try await file.run(&publisher, into: tenant)
        await publisher.close()
        Terminal.write(summary.render(elapsed: .now - start))
        if file.withheld > 0 { Terminal.write("\(file.withheld) documents were left out when it was exported\n") }
        return summary.rejected == 0 ? .success : .failure
    } catch {
        await publisher.close()
        throw error
    }
}
