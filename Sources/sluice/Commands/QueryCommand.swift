import Contract

let queryCommand = CommandSpec(
    name: "query",
    summary: "Ask a question as somebody, through the topics, and print the cited answer.",
    discussion: "The asker is believed where `sluice retrieve` runs with SLUICE_CREDENTIALS=trusted.",
    positionals: [.init("TEXT", "The question, in quotes.")],
    options: [
        ParsedArguments.tenantOption, .value("as", "USER", "Who asks: user:NAME.", isRequired: true),
        .values("group", "GROUP", "A group that the asker's credential names: group:SOURCE/NAME."),
        .value("mode", "MODE", "hybrid, vector or lexical.", default: Query.Mode.hybrid.rawValue),
        .value("limit", "N", "Most hits, 1 to 100.", default: "5"), .value("timeout", "SECONDS", "How long to wait for the result.", default: "30"),
        .flag("json", "Print the result as it came, as one line of JSON."),
    ]
) { arguments in
    let question = try question(arguments)
    let timeout = try arguments.integer("timeout", in: 1...3600) ?? 30
    let asker = try await QueryAsker(try Runtime(), tenants: [question.tenant], timeout: .seconds(timeout))
    let reply: QueryReply
    do {
        reply = try await asker.ask(question)
        await asker.close()
    } catch {
        await asker.close()
        throw error
    }
    if arguments.flag("json") { Terminal.write(String(decoding: reply.value, as: UTF8.self) + "\n") }
    switch reply.outcome {
    case .hits(let hits, let truncated):
        if !arguments.flag("json") {
            Terminal.write(AnswerText.render(hits, truncated: truncated, width: Terminal.width))
            Terminal.writeError("\n\(hits.count) hits in \(shortText(reply.elapsed))\n")
        }
        return .success
    case .error(let status, let code, let message):
        Terminal.writeError("sluice: the query was answered with \(status) (\(code)): \(message)\n")
        return status == QueryStatus.unavailable.rawValue || status == QueryStatus.overloaded.rawValue ? .unavailable : .failure
    }
}

private func question(_ arguments: ParsedArguments) throws -> Question {
    guard let user = Principal(try arguments.required("as")), user.kind == .user else { throw UsageError("--as takes user:NAME") }
    let groups = try arguments.principals("group")
    guard groups.allSatisfy({ $0.kind == .group }) else { throw UsageError("--group takes group:SOURCE/NAME") }
    return Question(
        tenant: try arguments.tenant(), text: try arguments.positional("TEXT"), asker: .named(user: user, groups: groups),
        mode: try arguments.choice("mode", as: Query.Mode.self) ?? .hybrid, limit: try arguments.integer("limit", in: Query.limits) ?? 5)
}
