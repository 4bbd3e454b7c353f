import Administration
import Configuration
import Contract
import Index
import IngestionWorker
import Preparation

let generationCommands = CommandGroup(
    name: "generation", summary: "What documents are made into: an embedding space, a chunker's configuration, a parser's version.",
    commands: [
        .command(listGenerationsCommand), .command(createGenerationCommand), .command(diffGenerationsCommand), .command(promoteCommand),
        .command(rollbackCommand), .command(dropGenerationCommand),
    ])

private let name = CommandSpec.Positional("NAME", "a-z, 0-9 and _, up to 32")
private let reason = CommandSpec.Option.value("reason", "TEXT", "Why: for the audit log.")

private let listGenerationsCommand = CommandSpec(
    name: "list", summary: "List the generations, what each holds, and how far each is behind the live one.",
    discussion: "Counting looks at every document. BEHIND counts records that the live generation has told of and this one has yet to come to."
) { _ in
    let store = try Runtime().administrationStore()
    let generations = try await store.generations()
    guard !generations.isEmpty else {
        Terminal.write("no generations yet: the first `sluice ingest` makes one\n")
        return .success
    }
    let live = generations.first { $0.state == .live }?.generation
    var table = TextTable([
        ("GENERATION", .left), ("STATE", .left), ("DOCUMENTS", .right), ("CHUNKS", .right), ("BEHIND", .right), ("SPACE", .left), ("CHUNKER", .left),
        ("PARSER", .left), ("TENANT", .left), ("SINCE", .left),
    ])
    for overview in generations {
        let generation = overview.generation
        let counts = try await store.counts(of: generation.number).values
        var behind = ""
        if let live, live != generation, overview.state != .dropped {
            behind = "\(try await store.behind(generation, live: live).reduce(0) { $0 + $1.offsets.count })"
        }
        table.append([
            generation.name, overview.state.rawValue, "\(counts.reduce(0) { $0 + $1.documents })", "\(counts.reduce(0) { $0 + $1.chunks })", behind,
            generation.embeddingSpace, generation.chunker, generation.parser, overview.onlyTenant?.text ?? "all",
            (overview.promotedAt ?? overview.createdAt).toTheSecond,
        ])
    }
    Terminal.write(table.render())
    return .success
}

private let createGenerationCommand = CommandSpec(
    name: "create", summary: "Make a generation. It is empty until `sluice reindex --into` it.",
    discussion: """
        Its embedding space is that of the first model of SLUICE_EMBEDDING, its parser this program's. Workers for it are started with SLUICE_GENERATION=NAME, \
        or by `sluice reindex --into NAME`, and take its chunker's configuration from it.
        """,
    positionals: [name],
    options: [
        .value("chunk-tokens", "N", "Word pieces of a chunk, instead of SLUICE_CHUNK_TOKENS."),
        .value("chunk-overlap", "N", "Word pieces a chunk repeats, instead of SLUICE_CHUNK_OVERLAP_TOKENS."),
    ]
) { arguments in
    let runtime = try Runtime()
    let generation = try await makeGeneration(
        try generationName(arguments.positional("NAME")), runtime, chunkTokens: arguments.integer("chunk-tokens", in: 8...100_000),
        chunkOverlap: arguments.integer("chunk-overlap", in: 0...50_000))
    Terminal.write(generation.isNew ? "made \(generation.name)\n" : "\(generation.name) is there already\n")
    return .success
}

private let diffGenerationsCommand = CommandSpec(
    name: "diff", summary: "Compare a generation with the live one: what is missing, added, of another version or text, and who would gain or lose access.",
    discussion: """
        With two names it compares the second with the first. --suite asks the questions of an evaluation of both, as their askers (docs/evaluation.md); its \
        corpus has to be there: `sluice eval run SUITE --keep` publishes it.
        """,
    positionals: [name, .init("NEXT", "Compared with the first, in place of the live one with that.", arity: .optional)],
    options: [
        GenerationEvaluation.option, .value("samples", "N", "Name at most so many documents that differ.", default: "20"),
        .flag("json", "Print one JSON object."),
    ]
) { arguments in
    let administration = try comparing(Runtime())
    let named = try await administration.find(arguments.positional("NAME"))
    var next: GenerationOverview?
    if let name = arguments.positionals("NEXT").first { next = try await administration.find(name) }
    var report = try await administration.report(
        on: next ?? named, against: next == nil ? nil : named.generation, samples: try arguments.integer("samples", in: 0...10_000) ?? 20)
    try await GenerationEvaluation.add(to: &report, arguments)
    Terminal.write(arguments.flag("json") ? GenerationText.json(report) : GenerationText.text(report))
    return report.passes ? .success : .failure
}

private let promoteCommand = CommandSpec(
    name: "promote", summary: "Make a generation the live one.",
    discussion: """
        It is compared with the live one first (`sluice generation diff`), and refused where a check fails, unless --despite says why it may be all the same. \
        The change is one transaction: a query is answered by the one or by the other. Before it, `sluice retrieve` reads ahead what it keeps in memory of a \
        large tenant. The one that was live is kept and goes on following, as long as workers run for it: `sluice generation rollback` goes back to it.
        """,
    positionals: [name],
    options: [
        GenerationEvaluation.option, reason, .value("despite", "TEXT", "Promote although a check fails, and why: for the audit log."),
        .value("samples", "N", "Name at most so many documents that differ.", default: "20"),
        .value("warm-up", "SECONDS", "Wait at most so long for what is read ahead; 0: promote at once.", default: "120"),
    ] + Consent.options
) { arguments in
    let runtime = try Runtime()
    let administration = try comparing(runtime)
    let limit = try arguments.integer("warm-up", in: 0...3600) ?? 120
    return try await promote(try await administration.find(arguments.positional("NAME")), administration, arguments) {
        guard limit > 0 else { return }
        try await warmUp(for: $0, seconds: limit, WarmUp(store: try runtime.administrationStore()))
    }
}

private let rollbackCommand = CommandSpec(
    name: "rollback", summary: "Go back to the generation that was live before.",
    discussion: "It is up to date where workers still run for it (SLUICE_GENERATION names it); where not, this says how far it is behind, and refuses.",
    options: [
        GenerationEvaluation.option, reason, .value("despite", "TEXT", "Go back although a check fails, and why: for the audit log."),
        .value("samples", "N", "Name at most so many documents that differ.", default: "20"),
    ] + Consent.options
) { arguments in
    let administration = try comparing(Runtime())
    guard let previous = try await administration.previous() else { throw ClientError("no generation was live before: `sluice generation list`") }
    // Without delay, in case it is in haste: what was read of it is mostly there still.
    return try await promote(previous, administration, arguments)
}

private func warmUp(for generation: Generation, seconds: Int, _ warmUp: WarmUp) async throws {
    guard try await warmUp.isWanted(for: generation) else { return }
    Terminal.write("sluice retrieve reads \(generation.name) ahead, for \(seconds) s at most (--warm-up)\n")
    guard try await !warmUp.run(generation, within: .seconds(seconds)) else { return }
    Terminal.writeError("not all was read within \(seconds) s: until it is, questions to large tenants take longer\n")
}

/// That asks the broker what is left to be read.
private func comparing(_ runtime: Runtime) throws -> GenerationAdministration {
    let store = try runtime.administrationStore()
    return GenerationAdministration(store: store, logs: try runtime.topicLogs(store))
}

extension Runtime {
    func topicLogs(_ store: AdministrationStore) throws -> TopicLogs {
        TopicLogs(store: store, admin: try admin(), reader: try clientReader())
    }
}

private func promote(
    _ overview: GenerationOverview, _ administration: GenerationAdministration, _ arguments: ParsedArguments,
    preparing prepare: (Generation) async throws -> Void = { _ in }
) async throws -> ExitCode {
    let next = overview.generation
    guard !next.isLive else {
        Terminal.write("\(next.name) is the live generation already\n")
        return .success
    }
    var report = try await administration.report(on: overview, samples: try arguments.integer("samples", in: 0...10_000) ?? 20)
    try await GenerationEvaluation.add(to: &report, arguments)
    Terminal.write(GenerationText.text(report))
    let failed = report.checks.filter { !$0.passes }
    let despite = arguments.value("despite")
    guard failed.isEmpty || despite != nil else {
        Terminal.writeError("nothing was done: a check fails; --despite TEXT promotes all the same, and the text is audited\n")
        return .failure
    }
    if let code = try Consent.decide(arguments, question: "Promote \(next.name) in place of \(report.live.name)?") { return code }
    try await prepare(next)
    switch try await administration.promote(next, inPlaceOf: report.live, reason: despite ?? arguments.value("reason"), failed: failed) {
    case .done(let milliseconds):
        Terminal.write("\(next.name) is live, in place of \(report.live.name); it took \(Int(milliseconds.rounded(.up))) ms\n")
        return .success
    case .unchanged:
        Terminal.write("\(next.name) is the live generation already\n")
        return .success
    case .behind(let partitions):
        for one in partitions { Terminal.writeError("\(one.topic)/\(one.key.partition): \(one.offsets.count) records behind\n") }
        throw ClientError("\(next.name) is behind \(report.live.name), which stays live: run workers for it (SLUICE_GENERATION=\(next.name) sluice ingest)")
    case .changed(let live):
        throw ClientError("\(live) is live meanwhile, with which \(next.name) was not compared: nothing was done; look again")
    case .unknown:
        throw AdministrationError.unknownGeneration(next.name)
    }
}

private let dropGenerationCommand = CommandSpec(
    name: "drop", summary: "Drop a generation that is not live. At once: its rows go afterwards.",
    discussion:
        "Workers for it end. Removing its rows can be interrupted; `sluice generation drop` of a dropped generation (its name has a ~) goes on with it.",
    positionals: [name],
    options: [reason, .flag("no-wait", "Leave the rows; a later drop, of any generation, takes them away.")] + Consent.options
) { arguments in
    let administration = GenerationAdministration(store: try Runtime().administrationStore())
    let wanted = try arguments.positional("NAME")
    guard let overview = try await administration.list().first(where: { $0.generation.name == wanted }) else {
        throw AdministrationError.unknownGeneration(wanted)
    }
    if overview.state == .live { throw AdministrationError.generationIsLive(wanted) }
    if overview.state != .dropped {
        Terminal.write("\(wanted): \(overview.state.rawValue), \(overview.generation.embeddingSpace), \(overview.generation.chunker)\n")
        if let code = try Consent.decide(arguments, question: "Drop \(wanted) for good?") { return code }
        try await administration.drop(overview.generation, reason: arguments.value("reason"))
        Terminal.write("dropped \(wanted)\n")
    }
    if arguments.flag("no-wait") { return .success }
    var bar = LateProgressBar("documents", total: 0)
    for dropped in try await administration.list() where dropped.state == .dropped {
        var seen = 0
        try await administration.sweep(dropped.generation.number) { swept in
            bar.advance(by: swept - seen)
            seen = swept
        }
    }
    bar.finish()
    return .success
}

/// A generation of this program's settings, made where it is missing.
func makeGeneration(
    _ name: String, _ runtime: Runtime, chunkTokens: Int? = nil, chunkOverlap: Int? = nil, tenant: TenantID? = nil
) async throws -> (name: String, isNew: Bool) {
    let model = try runtime.models().first
    let settings = try runtime.chunkerConfiguration()
    let chunker = ChunkerConfiguration(maximumTokens: chunkTokens ?? settings.maximumTokens, overlapTokens: chunkOverlap ?? settings.overlapTokens)
    let store = try runtime.administrationStore()
    let isNew = try await store.createGeneration(
        name: name, embeddingSpace: model.space.identifier, dimension: model.space.dimension, chunker: chunker.identifier,
        parser: DocumentPreparation.parserVersion, tenant: tenant)
    if !isNew, try await store.generations().allSatisfy({ $0.generation.name != name }) {
        throw ClientError("a generation \(name) was dropped, and its outcomes are still there: `sluice maintain` takes them away; or take another name")
    }
    return (name, isNew)
}

/// - Throws: `UsageError`.
func generationName(_ text: String) throws -> String {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }) else {
        throw UsageError("a generation's name is a-z, 0-9 and _, up to 32")
    }
    return text
}
