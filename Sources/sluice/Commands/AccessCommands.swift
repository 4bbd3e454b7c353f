import Contract

let permitCommand = CommandSpec(
    name: "permit",
    summary: "Publish the entry of a document or container: who may see it.",
    discussion: "Replaces the entry as a whole. With --parent alone it states no list: the parent's counts.",
    positionals: [.init("SUBJECT", "The document or container within the source.")],
    options: [
        ParsedArguments.tenantOption, ParsedArguments.sourceOption, ParsedArguments.allowOption, ParsedArguments.denyOption,
        .value("parent", "C", "Of a container: the container around it."), .flag("nobody", "Close it to everybody: a list that allows nobody."),
        .flag("remove", "Take the entry away: the container's list counts again."),
    ]
) { arguments in
    let key = try arguments.key("SUBJECT")
    let parent = try arguments.subject(option: "parent")
    let list = try arguments.accessList() ?? (arguments.flag("nobody") ? AccessList(allow: []) : nil)
    if arguments.flag("remove") {
        guard list == nil, parent == nil else { throw UsageError("--remove goes with none of --allow, --deny, --nobody, --parent") }
        return try await publishOne(.permissionsRemoved(key))
    }
    guard list != nil || parent != nil else { throw UsageError("permit takes --allow, --deny, --nobody, --parent or --remove") }
    return try await publishOne(.permissions(key, list: list, parent: parent))
}

let groupCommand = CommandSpec(
    name: "group",
    summary: "Publish the members of a group.",
    discussion: "Replaces the membership as a whole. The group's principal is group:SOURCE/NAME.",
    positionals: [.init("NAME", "The group within the source.")],
    options: [
        ParsedArguments.tenantOption, ParsedArguments.sourceOption,
        .values("member", "PRINCIPAL", "A member: user:NAME, or group:SOURCE/NAME for every member of another group."),
        .flag("remove", "Take the group away: it has no members."),
    ]
) { arguments in
    let key = try arguments.key("NAME")
    let members = try arguments.principals("member")
    if arguments.flag("remove") {
        guard members.isEmpty else { throw UsageError("--remove goes without --member") }
        return try await publishOne(.groupRemoved(key))
    }
    guard !members.isEmpty else { throw UsageError("group takes --member or --remove") }
    return try await publishOne(.group(key, members: members))
}

let deleteCommand = CommandSpec(
    name: "delete",
    summary: "Publish the deletion of a document.",
    positionals: [.init("SUBJECT", "The document within the source.")],
    options: [ParsedArguments.tenantOption, ParsedArguments.sourceOption]
) { arguments in
    try await publishOne(.documentDeleted(try arguments.key("SUBJECT")))
}

/// Publishes one event, waits until it is in force, and says how long that took.
private func publishOne(_ event: SourceEvent) async throws -> ExitCode {
    guard event.fitsRecord else { throw ClientError("the event is larger than a record may be (8 MiB)") }
    var publisher = try await EventPublisher(try Runtime(), awaiting: [event.key.tenant])
    do {
        let start = ContinuousClock.now
        let reports = try await publisher.publishAndAwait([event])
        let elapsed = ContinuousClock.now - start
        await publisher.close()
        for report in reports {
            let why = report.code.map { ", \($0): \(report.reason ?? "")" } ?? ""
            Terminal.write("\(report.kind.rawValue) in \(shortText(elapsed))\(why)\n")
        }
        return reports.contains { $0.kind == .rejected } ? .failure : .success
    } catch {
        await publisher.close()
        throw error
    }
}
