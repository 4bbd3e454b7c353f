import Administration
import Configuration
import Contract
import Embedding
import HTTP
import Index
import IngestionWorker
import Kafka
import Parsing
import Preparation
import References
import Retrieval
import Telemetry
import Transport

/// What commands are made of, from the settings.
struct Runtime: Sendable {
    let configuration: Configuration
    let log: Log

    init() throws {
        configuration = try Configuration.validated(environment: processEnvironment())
        let threshold = try configuration.value(of: Settings.logLevel)
        log = Log(level: LogLevel(rawValue: threshold.rawValue) ?? .info)
        for unknown in configuration.unknownSettings {
            log.warning("no such setting", [.setting: .string(unknown.name), .suggestion: .string(unknown.nearest ?? "none")])
        }
    }

    // MARK: Kafka

    func kafka(clientID: String) throws -> KafkaConfiguration {
        let properties = try configuration.optionalValue(of: Settings.kafkaProperties) ?? []
        return KafkaConfiguration(
            bootstrapServers: try configuration.value(of: Settings.kafkaBootstrapServers), clientID: clientID,
            properties: Dictionary(properties.map { ($0.name, $0.value) }) { $1 })
    }

    func sessionTimeoutMilliseconds() throws -> Int {
        Int(try configuration.value(of: Settings.sessionTimeout) / .milliseconds(1))
    }

    func producer() throws -> KafkaProducer {
        try KafkaProducer(configuration: kafka(clientID: "sluice"), log: log.kafka)
    }

    func admin() throws -> KafkaAdmin {
        try KafkaAdmin(configuration: kafka(clientID: "sluice-admin"), log: log.kafka)
    }

    // MARK: Postgres

    /// How much ingestion takes in, and in which turns.
    func intake() throws -> IngestionService.Intake {
        IngestionService.Intake(
            records: try configuration.value(of: Settings.intakeRecords), bytes: try configuration.value(of: Settings.intakeBytes),
            waves: try configuration.value(of: Settings.waves), weights: try tenantWeights())
    }

    func ingestionKit() throws -> IngestionService.Kit {
        IngestionService.Kit(
            kafka: try kafka(clientID: "sluice-ingest"), sessionTimeoutMilliseconds: try sessionTimeoutMilliseconds(),
            drainTimeout: try configuration.value(of: Settings.drainTimeout), instance: try configuration.optionalValue(of: Settings.groupInstance),
            intake: try intake(), store: try ingestionStore(), producer: try producer(), admin: try admin(), log: log)
    }

    func snapshotPolicy() throws -> SnapshotPolicy {
        SnapshotPolicy(
            deletionLimit: try configuration.value(of: Settings.snapshotDeletionLimit),
            clockTolerance: try configuration.value(of: Settings.snapshotClockTolerance))
    }

    func ingestionStore() throws -> IngestionStore {
        let url = try configuration.value(of: Settings.databaseIngestURL)
        // Below Kafka's session timeout: a worker frozen inside a transaction must not hold up its successor.
        let patience = try configuration.value(of: Settings.sessionTimeout) - .seconds(1)
        // A wave each, those that fetch references and those of stored texts too; and the registrar's two members, positions, and what is tried again. Opened
        // as needed.
        let connections = 3 * (try configuration.value(of: Settings.waves)) + 4
        return IngestionStore(pool: IndexRole.ingest.pool(url: url, connections: connections, applicationName: "sluice ingest", patience: patience))
    }

    func retrievalStore(connections: Int) throws -> RetrievalStore {
        let url = try configuration.value(of: Settings.databaseRetrievalURL)
        let bytes = try configuration.value(of: Settings.mirrorBytes)
        let log = log
        let pools = ["sluice mirror", "sluice mirror ahead"].map { IndexRole.retrieval.pool(url: url, connections: 1, applicationName: $0) }
        let mirrors =
            bytes == 0
            ? nil
            : Mirrors(pool: pools[0], ahead: pools[1], byteLimit: bytes) {
                log.warning("a tenant's mirror could not be read; it is searched by rows", [.reason: .string("\($0)")])
            }
        return RetrievalStore(pool: IndexRole.retrieval.pool(url: url, connections: connections, applicationName: "sluice retrieve"), mirrors: mirrors)
    }

    /// How many queries are taken in and answered at once, and how long they may wait.
    func queryLimits() throws -> RetrievalWorker.Limits {
        RetrievalWorker.Limits(
            concurrency: try configuration.value(of: Settings.queryConcurrency), queue: try configuration.value(of: Settings.queryQueue),
            positionsWait: try configuration.value(of: Settings.minimumPositionsWait), drainTimeout: try configuration.value(of: Settings.drainTimeout),
            weights: try tenantWeights())
    }

    func answerSettings() throws -> AnswerSettings {
        let fusion = FusionSettings(
            rankConstant: try configuration.value(of: Settings.fusionRankConstant), vectorWeight: try configuration.value(of: Settings.fusionVectorWeight),
            lexicalWeight: try configuration.value(of: Settings.fusionLexicalWeight), depth: try configuration.value(of: Settings.fusionDepth),
            feedback: RelevanceFeedback(weight: Float(try configuration.value(of: Settings.fusionFeedback))))
        let diagnostics = try configuration.optionalValue(of: Settings.diagnostics) ?? []
        let reranking = try reranker().map {
            Reranking(
                reranker: $0, depth: try configuration.value(of: Settings.rerankDepth), limit: try configuration.value(of: Settings.rerankDeadline))
        }
        return AnswerSettings(
            fusion: fusion, reranking: reranking, maximumStaleness: try configuration.value(of: Settings.accessMaxStaleness),
            diagnostics: Set(diagnostics.compactMap { TenantID($0) }))
    }

    private func tenantWeights() throws -> [String: Double] {
        let weights = try configuration.optionalValue(of: Settings.tenantWeights) ?? []
        return Dictionary(weights.map { ($0.name, $0.weight) }) { $1 }
    }

    /// The audit of this retrieval worker.
    func answerLog() throws -> AnswerLog {
        let keepsText = try configuration.value(of: Settings.auditQueryText) == .on
        return AnswerLog(
            pool: IndexRole.retrieval.pool(
                url: try configuration.value(of: Settings.databaseRetrievalURL), connections: 1, applicationName: "sluice retrieve audit"),
            host: ProcessOwner.host, textRetention: keepsText ? try configuration.value(of: Settings.auditQueryTextRetention) : nil, now: { .now })
    }

    /// - Parameter patience: after which the server ends a statement.
    func administrationStore(patience: Duration = .seconds(30)) throws -> AdministrationStore {
        let url = try configuration.value(of: Settings.databaseAdminURL)
        return AdministrationStore(pool: IndexRole.admin.pool(url: url, connections: 1, applicationName: "sluice admin", patience: patience))
    }

    func topicAdministration() throws -> TopicAdministration {
        TopicAdministration(
            admin: try admin(), partitions: try configuration.value(of: Settings.topicPartitions),
            replication: try configuration.value(of: Settings.topicReplication))
    }

    func tenantAdministration() throws -> TenantAdministration {
        TenantAdministration(store: try administrationStore(), topics: try topicAdministration())
    }

    // MARK: content

    func chunkerConfiguration() throws -> ChunkerConfiguration {
        ChunkerConfiguration(
            maximumTokens: try configuration.value(of: Settings.chunkTokens), overlapTokens: try configuration.value(of: Settings.chunkOverlapTokens))
    }

    func parser() throws -> DocumentParser {
        var limits = ParsingLimits()
        limits.maximumBytes = try configuration.value(of: Settings.maxDocumentBytes)
        return DocumentParser(limits: limits)
    }

    /// What documents may refer to, and how it is fetched.
    func references() throws -> ReferenceFetcher {
        let policy = try ReferencePolicy(
            hosts: try configuration.optionalValue(of: Settings.referenceHosts) ?? [],
            folders: try configuration.optionalValue(of: Settings.referenceFolders) ?? [],
            privateNetworks: try configuration.optionalValue(of: Settings.referencePrivateNetworks) ?? [])
        let limits = ReferenceFetcher.Limits(
            maximumBytes: try configuration.value(of: Settings.maxDocumentBytes), timeLimit: try configuration.value(of: Settings.referenceTimeout))
        return try ReferenceFetcher(
            policy: policy, limits: limits, certificateAuthorities: try configuration.optionalValue(of: Settings.referenceCertificateAuthorities))
    }

    func chunker(_ model: any EmbeddingModel) throws -> Chunker {
        Chunker(configuration: try chunkerConfiguration(), tokenizer: model.tokenizer)
    }

    // MARK: operation

    /// Serves /metrics, /livez and /readyz where a port is set.
    func serveProbes(readiness: Readiness) throws -> HTTPServer? {
        guard let port = try configuration.optionalValue(of: Settings.httpPort) else { return nil }
        let metrics = Metrics(WorkerMetrics.all)
        let server = try HTTPServer(address: try configuration.value(of: Settings.httpAddress), port: UInt16(port)) { path in
            switch path {
            case "/metrics": HTTPResponse(contentType: Metrics.contentType, body: metrics.render())
            case "/livez": HTTPResponse(body: "alive\n")
            case "/readyz": readiness.isReady ? HTTPResponse(body: "ready\n") : HTTPResponse(status: 503, body: "starting\n")
            default: nil
            }
        }
        log.info("serving probes", [.address: .string(server.address), .port: .int(Int(server.port))])
        return server
    }
}
