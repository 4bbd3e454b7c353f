import Contract

let queryCommand = CommandSpec(
    name: "query",
    summary: "Ask a question as somebody, through the topics, and print the cited answer.",
    discussion:
        "With --as the asker is believed, where `sluice retrieve` runs with SLUICE_CREDENTIALS=trusted; with --token-file a token is checked, where it runs "
        + "with SLUICE_CREDENTIALS=signed.",
    positionals: [.init("TEXT", "The question, in quotes.")],
    options: [
        ParsedArguments.tenantOption, .value("as", "USER", "Who asks: user:NAME."),
        .values("group", "GROUP", "A group of --as: group:SOURCE/NAME."),
        .value("token-file", "FILE", "Who asks, by a signed token; - reads it from standard input."),
        .value("mode", "MODE", "hybrid, vector or lexical.", default: Query.Mode.hybrid.rawValue),
        .value("limit", "N", "Most hits, 1 to 100.", default: "5"), .value("timeout", "SECONDS", "How long to wait for the result.", default: "30"),
        .values("filter", "NAME=VALUE", "Only documents with this source, container, mediaType, language, tags or metadata.NAME, or modifiedAfter a time."),
        .value("per-document", "N", "Most hits of one document."),
        .value("neighbours", "N", "Passages to show either side of each hit, up to 10."),
        .flag("collapse-duplicates", "Show one of hits that say nearly the same."),
        .value("context", "TOKENS", "Print the hits as one text for a language model, of so many tokens at most."),
        .values("minimum-position", "TOPIC/PARTITION/OFFSET", "Answer only once the index has come so far."),
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
            if let context = reply.context {
                Terminal.write("\n" + context.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) + "\n" }.joined())
            }
            Terminal.writeError("\n\(hits.count) hits in \(shortText(reply.elapsed))\n")
        }
        return .success
    case .error(let status, let code, let message):
        Terminal.writeError("sluice: the query was answered with \(status) (\(code)): \(message)\n")
        return status == QueryStatus.unavailable.rawValue || status == QueryStatus.overloaded.rawValue ? .unavailable : .failure
    }
}

private func question(_ arguments: ParsedArguments) throws -> Question {
    Question(
        tenant: try arguments.tenant(), text: try arguments.positional("TEXT"), asker: try asker(arguments),
        mode: try arguments.choice("mode", as: Query.Mode.self) ?? .hybrid, limit: try arguments.integer("limit", in: Query.limits) ?? 5,
        options: try options(arguments))
}

private func options(_ arguments: ParsedArguments) throws -> QuestionOptions {
    var options = QuestionOptions()
    for condition in arguments.values("filter") { try options.filter.add(condition) }
    options.perDocument = try arguments.integer("per-document", in: 1...Int(Int32.max))
    options.neighbours = try arguments.integer("neighbours", in: Query.neighbourLimits) ?? 0
    options.collapsesDuplicates = arguments.flag("collapse-duplicates")
    options.contextTokens = try arguments.integer("context", in: 1...Int(Int32.max))
    options.minimumPositions = try arguments.values("minimum-position").map { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let partition = Int32(parts[1]), let offset = Int64(parts[2]) else {
            throw UsageError("--minimum-position takes TOPIC/PARTITION/OFFSET")
        }
        return RecordPosition(topic: String(parts[0]), partition: partition, offset: offset)
    }
    return options
}

private func asker(_ arguments: ParsedArguments) throws -> Asker {
    let groups = try arguments.principals("group")
    guard let file = arguments.value("token-file") else {
        guard let name = arguments.value("as") else { throw UsageError("missing option --as, or --token-file") }
        guard let user = Principal(name), user.kind == .user else { throw UsageError("--as takes user:NAME") }
        guard groups.allSatisfy({ $0.kind == .group }) else { throw UsageError("--group takes group:SOURCE/NAME") }
        return .named(user: user, groups: groups)
    }
    guard arguments.value("as") == nil, groups.isEmpty else { throw UsageError("--token-file goes without --as and --group") }
    // As large as a token may be.
    guard let token = SecretFile.read(file, maximumBytes: 256 * 1024) else { throw UsageError("the file of --token-file cannot be read, or holds no token") }
    return .token(token)
}
