import Contract
import Index

let sourceCommands = CommandGroup(
    name: "source", summary: "The sources of a tenant: what publishes its documents.",
    commands: [.command(listSourcesCommand), .command(pauseSourceCommand), .command(resumeSourceCommand)])

private let sourcePositional = CommandSpec.Positional("T/SOURCE", "A tenant and its source, such as acme/wiki.")

private let listSourcesCommand = CommandSpec(
    name: "list", summary: "List a tenant's sources, and which are paused.", positionals: [tenantPositional],
    options: [.flag("json", "Print one JSON object a source.")]
) { arguments in
    let tenants = try Runtime().tenantAdministration()
    let tenant = try await tenants.standing(try arguments.tenantPositional()).tenant
    let sources = try await tenants.store.sources(of: tenant)
    if arguments.flag("json") {
        for source in sources { Terminal.write(SourceText.json(source)) }
    } else {
        Terminal.write(sources.isEmpty ? "no sources\n" : SourceText.table(sources))
    }
    return .success
}

private let pauseSourceCommand = CommandSpec(
    name: "pause", summary: "Let documents of a source wait.",
    discussion: """
        What it publishes from now on is put off, of each document the newest version, and holds up nobody else; `sluice deferred list` shows it. Its
        deletions, permissions and memberships, and moves of documents to other containers, take effect at once. What is being indexed in this moment ends.
        """,
    positionals: [sourcePositional], options: [Consent.reason] + Consent.options
) { arguments in
    let (tenants, tenant, source) = try await target(arguments)
    Terminal.write("new versions of documents of \(tenant)/\(source) will wait; its deletions and permissions will not\n")
    if let code = try Consent.decide(arguments, question: "Pause \(tenant)/\(source)?") { return code }
    let isNew = try await tenants.pause(source, of: tenant, reason: try arguments.reason())
    Terminal.write(isNew ? "paused \(tenant)/\(source)\n" : "\(tenant)/\(source) is paused already\n")
    return .success
}

private let resumeSourceCommand = CommandSpec(
    name: "resume", summary: "Go on with a paused source: what waited is indexed.", positionals: [sourcePositional], options: [Consent.reason]
) { arguments in
    let (tenants, tenant, source) = try await target(arguments)
    let count = try await tenants.resume(source, of: tenant, reason: try arguments.reason())
    Terminal.write(count.map { "resumed \(tenant)/\(source): \($0) documents are due\n" } ?? "\(tenant)/\(source) is not paused\n")
    return .success
}

private func target(_ arguments: ParsedArguments) async throws -> (AdministrationStore, TenantID, SourceName) {
    let parts = try arguments.positional("T/SOURCE").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let tenant = TenantID(parts[0]), let source = SourceName(parts[1]) else {
        throw UsageError("T/SOURCE is a tenant and its source, such as acme/wiki")
    }
    let tenants = try Runtime().tenantAdministration()
    return (tenants.store, try await tenants.standing(tenant).tenant, source)
}

/// Sources for people and for programs.
private enum SourceText {
    static func table(_ sources: [SourceRecord]) -> String {
        var table = TextTable([("SOURCE", .left), ("STATE", .left), ("SINCE", .left), ("DOCUMENTS", .right), ("WAITING", .right)])
        for source in sources {
            table.append([
                source.source, source.pausedAt == nil ? "active" : "paused", source.pausedAt?.rfc3339 ?? "–", String(source.documents), String(source.waiting),
            ])
        }
        return table.render()
    }

    /// One line of JSON.
    static func json(_ source: SourceRecord) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("source", source.source)
            $0.member("pausedAt", source.pausedAt?.rfc3339)
            $0.member("documents", Int(source.documents))
            $0.member("waiting", Int(source.waiting))
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
