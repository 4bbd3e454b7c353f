import Configuration
import Contract
import Glibc
import Index
import IngestionWorker
import Parsing
import Preparation
import Retrieval
import Telemetry
import Threads

let ingestCommand = CommandSpec(
    name: "ingest",
    summary: "Run an ingestion worker: parse, chunk, embed and write documents; keep permissions current.",
    discussion: "Runs the registrar and the generation of SLUICE_GENERATION in one process. Adding a worker is starting another one. SIGTERM ends it.",
    options: [.flag("no-registrar", "Leave facts, permissions and memberships to `sluice register`.")]
) { arguments in
    try await runIngestion(registrar: !arguments.flag("no-registrar"), generation: true)
}

let registerCommand = CommandSpec(
    name: "register",
    summary: "Run the registrar alone: deletions, permissions and memberships, without any model."
) { _ in
    try await runIngestion(registrar: true, generation: false)
}

let retrieveCommand = CommandSpec(
    name: "retrieve",
    summary: "Run a retrieval worker: query events in, result events out.",
    discussion: """
        SLUICE_CREDENTIALS=signed checks tokens by the SLUICE_TOKEN_… settings (docs/credentials.md). SLUICE_CREDENTIALS=trusted must be set in so many \
        words: the asker a query names is then believed. Before it serves it proves that row-level security holds, and exits with 5 where it does not.
        """
) { _ in
    let shutdown = ShutdownSignal()
    shutdown.listen()  // first of all: asked to end while it starts, it ends as asked
    let runtime = try Runtime()
    try runtime.configuration.require(Settings.credentials)
    let concurrency = try runtime.configuration.value(of: Settings.queryConcurrency)
    let readiness = Readiness(waitingFor: ["retrieval"])
    let server = try runtime.serveProbes(readiness: readiness)
    defer { server?.stop() }
    try await proveRowSecurity(runtime, unless: shutdown)
    let log = try runtime.answerLog()
    try await log.open()
    let worker = RetrievalWorker(
        kafka: try runtime.kafka(clientID: "sluice-retrieve"), sessionTimeoutMilliseconds: try runtime.sessionTimeoutMilliseconds(),
        limits: try runtime.queryLimits(), producer: try runtime.producer(), store: try runtime.retrievalStore(connections: concurrency),
        models: try runtime.models(), authenticator: try await runtime.authenticator(), answers: try runtime.answerSettings(), recorder: log,
        log: runtime.log)
    try await worker.run(shutdown) { readiness.arrived("retrieval") }
    try? await log.close()  // without its last line the chain's end is open, as after a crash
    runtime.log.info("stopped")
    return .success
}

private func runIngestion(registrar: Bool, generation: Bool) async throws -> ExitCode {
    let shutdown = ShutdownSignal()
    shutdown.listen()
    let runtime = try Runtime()
    try leaveInTime(runtime, shutdown)
    let readiness = Readiness(waitingFor: (registrar ? ["registrar"] : []) + (generation ? ["generation"] : []))
    let server = try runtime.serveProbes(readiness: readiness)
    defer { server?.stop() }
    let kit = try runtime.ingestionKit()
    var services: [(part: String, service: IngestionService)] = []
    if registrar { services.append(("registrar", .registrar(snapshots: try runtime.snapshotPolicy(), kit))) }
    if generation { services.append(("generation", try await generationService(runtime, kit))) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (part, service) in services {
            group.addTask { try await service.run(shutdown) { readiness.arrived(part) } }
        }
        do {
            // The first part that fails ends the others, and so the process: half a worker looks alive and is not.
            for try await _ in group {}
        } catch {
            runtime.log.error("a part of the worker failed; stopping", [.reason: .string("\(error)")])
            shutdown.trigger()
            throw error
        }
    }
    runtime.log.info("stopped")
    return .success
}

/// The generation that SLUICE_GENERATION names, made where it is missing.
private func generationService(_ runtime: Runtime, _ kit: IngestionService.Kit) async throws -> IngestionService {
    let name = try runtime.configuration.value(of: Settings.generation)
    if try await kit.store.generations().allSatisfy({ $0.name != name }) {
        // Started again by what watches over it, it would read everything anew.
        if try await runtime.administrationStore().wasDropped(name) {
            throw StartError("generation \(name) was dropped: name another SLUICE_GENERATION, or make one of the name anew: `sluice generation create \(name)`")
        }
        _ = try await makeGeneration(name, runtime)
    }
    return try await generationService(named: name, runtime, kit)
}

/// A worker for a generation that is there, as the generation says: only what this program or its settings cannot do is refused.
///
/// - Parameters:
///   - rate: documents a second; nothing: as many as come.
///   - rests: whether what is made beside the live generation leaves room to those who ask of it.
func generationService(
    named name: String, rate: Int? = nil, rests: Bool = true, _ runtime: Runtime, _ kit: IngestionService.Kit
) async throws -> IngestionService {
    guard let generation = try await kit.store.generations().first(where: { $0.name == name }) else {
        throw StartError("there is no generation \(name): `sluice generation list` names them")
    }
    let models = try runtime.models()
    guard let model = models[generation.embeddingSpace], generation.parser == DocumentPreparation.parserVersion,
        let chunking = ChunkerConfiguration(identifier: generation.chunker)
    else {
        throw StartError(
            "generation \(name) was made with \(generation.embeddingSpace), \(generation.chunker), \(generation.parser); this worker has "
                + "\(models.all.map(\.space.identifier).joined(separator: " or ")), \(DocumentPreparation.parserVersion): name another SLUICE_GENERATION, "
                + "the model in SLUICE_EMBEDDING, or build one: `sluice reindex --into`")
    }
    return .generation(
        generation, preparation: DocumentPreparation(parser: try runtime.parser(), chunker: Chunker(configuration: chunking, tokenizer: model.tokenizer)),
        references: ReferenceResolver(try runtime.references()),
        deferrals: DeferralPolicy(longest: try runtime.configuration.value(of: Settings.deferLimit)), model: model,
        refreshing: try runtime.configuration.optionalValue(of: Settings.referenceRefresh).map(RefreshPolicy.init), rate: rate, rests: rests, kit)
}

/// Work in hand has the drain timeout; leaving the groups, which waits for a broker, as long again. Nothing is lost by going without.
func leaveInTime(_ runtime: Runtime, _ shutdown: ShutdownSignal) throws {
    let drain = try runtime.configuration.value(of: Settings.drainTimeout)
    let limit = drain + drain + .seconds(1)
    Task.detached {
        await shutdown.wait()
        try? await Task.sleep(for: limit)
        runtime.log.warning("the groups were not left in time; stopped all the same")
        _exit(0)  // no tidying up beside threads that still work
    }
}

/// Why a worker does not start: a misconfiguration, said with both sides.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
