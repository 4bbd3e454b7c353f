import Administration
import Configuration
import Contract
import Embedding
import Index
import IngestionWorker
import Kafka
import Preparation
import Telemetry
import Threads

let reindexCommand = CommandSpec(
    name: "reindex",
    summary: "Fill a generation from the topics, beside the live one, and follow them until it is promoted.",
    discussion: """
        Says first what there is to do, and asks. Then works as `sluice ingest` does for that generation alone, any number of processes at once: another \
        `sluice reindex --into` the same generation joins. It goes on where it was after whatever ended it. The generation counts as filled once it has come to \
        where the topics ended at the start; it goes on following until SIGTERM, so that it can be promoted at any time (`sluice generation promote`).
        The live generation goes on answering and is not touched. --from begins later than the topics do: documents that were published before then are missing.
        --source stored takes the texts of the live generation where the topics go back too short a way: they are divided and embedded anew, and not parsed; from \
        where the live generation has come to it follows the topics. --tenant makes one tenant's documents alone.
        --document T/S/D makes one document anew, in the live generation or in --into: its record is worked on once more, at its place among the versions, \
        though nothing new came. Where the topic has it no longer, the stored text is divided and embedded anew, and not parsed.
        """,
    options: [
        .value("document", "T/S/D", "Make this one document anew, and nothing else."),
        .value("into", "NAME", "The generation; made by the settings where it is missing."),
        .value("source", "WHAT", "topics, or stored: the texts that the live generation has, divided and embedded anew, not parsed.", default: "topics"),
        .value(
            "from", "WHERE", "Of the topics: beginning, a time (RFC 3339, or 7d ago), or OFFSETS such as 0=100,1=250 of sluice.documents.", default: "beginning"
        ),
        .value("tenant", "T", "Of a generation that is made: this tenant's documents alone."),
        .value("rate", "N", "Documents a second that this process takes up at most."),
        .flag("no-rests", "Work at once and without rests, where nobody asks meanwhile: faster, and answers take longer."),
        .value("chunk-tokens", "N", "Of a generation that is made: word pieces of a chunk."),
        .value("chunk-overlap", "N", "Of a generation that is made: word pieces a chunk repeats."),
        .value("reason", "TEXT", "Why: for the audit log."),
        .value("timeout", "SECONDS", "How long to wait for workers, with --document.", default: "60"),
        .flag("detach", "Only write down what is to be done: workers with SLUICE_GENERATION=NAME do it."),
        .flag("exit", "End once the generation is filled."),
        .flag("gaps", "Go on although retention has taken some of what was asked for."),
        .flag("status", "Say how far every reindex is."), .flag("cancel", "Count the one into --into as unfinished no longer; what it wrote stays."),
    ] + Consent.options
) { arguments in
    if arguments.flag("status") { return try await reindexStatus() }
    let runtime = try Runtime()
    if arguments.value("document") != nil { return try await RedoCommand(arguments, runtime).run() }
    let name = try generationName(arguments.required("into"))
    let store = try runtime.administrationStore()
    let reader = try KafkaReader(configuration: runtime.kafka(clientID: "sluice-reindex"))
    let administration = ReindexAdministration(store: store, admin: try runtime.admin(), reader: reader)
    if arguments.flag("cancel") { return try await cancel(name, administration, arguments) }
    let found = try await store.generations().first { $0.generation.name == name }
    guard found?.state != .live else { throw ClientError("\(name) is the live generation: name another one, which takes its place once it is promoted") }
    let wish = try ReindexWish(arguments)
    if arguments.flag("detach"), arguments.flag("no-rests") { throw UsageError("--no-rests is of this process, and with --detach others do it") }
    let running = try await administration.list().first { $0.name == name && $0.finishedAt == nil }
    if let running {
        try wish.check(running)
        Terminal.writeError("joining the reindex into \(name) that \(running.actor) began \(running.startedAt.toTheSecond)\n")
    } else {
        try wish.check(found)
        let plan = try await administration.plan(wish.source, tenant: wish.tenant ?? found?.onlyTenant)
        try await ReindexEstimate(plan, wish, into: found?.generation, arguments, runtime).write()
        guard plan.gaps.isEmpty || arguments.flag("gaps") else {
            throw ClientError(
                "the topics' retention is shorter than what was asked for: --gaps goes on without what is gone"
                    + (plan.source == nil ? ", --source stored takes the texts that the live generation has" : ""))
        }
        if let code = try Consent.decide(arguments, question: wish.question(plan, into: name)) { return code }
        if found == nil {
            _ = try await makeGeneration(
                name, runtime, chunkTokens: try arguments.integer("chunk-tokens", in: 8...100_000),
                chunkOverlap: try arguments.integer("chunk-overlap", in: 0...50_000), tenant: wish.tenant)
        }
        let generation = try await GenerationAdministration(store: store).find(name)
        try await administration.start(
            plan, begins: wish.begins, into: generation, rate: try arguments.integer("rate", in: 1...1_000_000), reason: arguments.value("reason"))
    }
    if arguments.flag("detach") {
        Terminal.write("written down: workers with SLUICE_GENERATION=\(name) do it; `sluice reindex --status` says how far it is\n")
        return .success
    }
    let rate = try arguments.integer("rate", in: 1...1_000_000) ?? running?.rate
    return try await work(
        into: name, rate: rate, rests: !arguments.flag("no-rests"), exits: arguments.flag("exit"), administration, runtime)
}

/// Works for the generation, and shows how far it is.
private func work(
    into name: String, rate: Int?, rests: Bool, exits: Bool, _ administration: ReindexAdministration, _ runtime: Runtime
) async throws -> ExitCode {
    let shutdown = ShutdownSignal()
    shutdown.listen()
    try leaveInTime(runtime, shutdown)
    let readiness = Readiness(waitingFor: ["generation"])
    let server = try runtime.serveProbes(readiness: readiness)
    defer { server?.stop() }
    let service = try await generationService(named: name, rate: rate, rests: rests, runtime, try runtime.ingestionKit())
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run(shutdown) { readiness.arrived("generation") } }
        group.addTask {
            try await show(name, administration, unless: shutdown)
            guard !shutdown.isTriggered else { return }
            if exits {
                // Some brokers keep a member that leaves before it has quite joined.
                while !readiness.isReady, !shutdown.isTriggered { await shutdown.wait(for: .milliseconds(50)) }
                shutdown.trigger()
            } else {
                Terminal.writeError("\(name) is filled, and follows: `sluice generation promote \(name)`\n")
            }
        }
        do {
            for try await _ in group {}
        } catch {
            shutdown.trigger()
            throw error
        }
    }
    return try await administration.list().first { $0.name == name }?.finishedAt == nil ? .failure : .success
}

/// What has not moved for so long may have nothing left to be read.
private let restPeriod = Duration.seconds(5)

/// Shows how far the reindex is, until it has come to its end.
private func show(_ name: String, _ administration: ReindexAdministration, unless shutdown: ShutdownSignal) async throws {
    var bar: ProgressBar?
    var shown: Int64 = 0
    var (open, looked): (Set<OpenWatermark>, ContinuousClock.Instant) = ([], .now)
    while !shutdown.isTriggered {
        if .now - looked > restPeriod, let now = try? await administration.logs.closeWatermarks(open) { (open, looked) = (now, .now) }
        guard let reindex = try? await administration.list().first(where: { $0.name == name }) else {
            await shutdown.wait(for: .seconds(1))  // the database is away; the worker waits for it as well
            continue
        }
        if bar == nil { bar = ProgressBar(reindex.source == nil ? "records" : "documents and records", total: Int(reindex.total + reindex.stored.total)) }
        bar?.advance(by: Int(reindex.done + reindex.stored.done - shown))
        shown = reindex.done + reindex.stored.done
        if reindex.finishedAt != nil { break }
        await shutdown.wait(for: .milliseconds(500))
    }
    bar?.finish()
}

private func reindexStatus() async throws -> ExitCode {
    let runtime = try Runtime()
    let store = try runtime.administrationStore()
    _ = try? await runtime.topicLogs(store).closeWatermarks()
    let reindexes = try await store.reindexes()
    guard !reindexes.isEmpty else {
        Terminal.write("nothing was reindexed yet\n")
        return .success
    }
    var table = TextTable([
        ("GENERATION", .left), ("BEGAN", .left), ("BY", .left), ("TENANT", .left), ("STORED", .right), ("OF", .right), ("RECORDS", .right), ("OF", .right),
        ("RATE", .right), ("REFUSED", .right), ("STATE", .left),
    ])
    for one in reindexes {
        let stored = one.source == nil ? ["", ""] : ["\(one.stored.done)", "\(one.stored.total)"]
        table.append(
            [one.name, one.startedAt.toTheSecond, one.actor, one.onlyTenant?.text ?? "all"] + stored + [
                "\(one.done)", "\(one.total)", one.rate.map { "\($0)/s" } ?? "", one.stored.refused == 0 ? "" : "\(one.stored.refused)",
                one.finishedAt.map { "finished \($0.toTheSecond)" } ?? "under way",
            ])
    }
    Terminal.write(table.render())
    return .success
}

private func cancel(_ name: String, _ administration: ReindexAdministration, _ arguments: ParsedArguments) async throws -> ExitCode {
    guard let running = try await administration.list().first(where: { $0.name == name && $0.finishedAt == nil }) else {
        throw ClientError("no reindex into \(name) is under way: `sluice reindex --status`")
    }
    Terminal.write(
        "\(running.done) of \(running.total) records are done"
            + (running.source == nil ? "" : ", and \(running.stored.done) of \(running.stored.total) stored documents") + "; they stay\n")
    if let code = try Consent.decide(arguments, question: "Count the reindex into \(name) as unfinished no longer?") { return code }
    guard try await administration.cancel(running) else { throw ClientError("it was finished or cancelled meanwhile") }
    Terminal.write(
        "cancelled; workers that run for \(name) "
            + (running.source == nil ? "go on following" : "read the topics from their beginning now, since not all stored documents are made")
            + ": end them by SIGTERM, and `sluice generation drop \(name)`\n")
    return .success
}
