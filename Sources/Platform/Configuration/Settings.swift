import Addresses

/// Every setting of Sluice. Nothing else reads the environment.
package enum Settings {
    /// In the order in which `sluice config` shows them.
    package static let all: [any AnySetting] = [
        kafkaBootstrapServers, kafkaProperties, groupInstance, sessionTimeout, drainTimeout, topicPartitions, topicReplication,
        databaseURL, databaseIngestURL, databaseRetrievalURL, databaseAdminURL,
        modelDirectory, embedding, embeddingThreads, embeddingPrice,
        embeddingURL, embeddingModel, embeddingDimension, embeddingKeyFile, embeddingCertificateAuthorities, embeddingQueryPrefix, embeddingPassagePrefix,
        embeddingInputTypes, embeddingMaxTokens, embeddingBatch, embeddingTimeout, embeddingQueryTimeout, generation,
        chunkTokens, chunkOverlapTokens, maxDocumentBytes, intakeRecords, intakeBytes, waves, tenantWeights,
        referenceHosts, referenceFolders, referencePrivateNetworks, referenceTimeout, referenceCertificateAuthorities, referenceRefresh,
        deferLimit, snapshotDeletionLimit, snapshotClockTolerance,
        credentials, tokenKeys, tokenKeysCertificateAuthorities, tokenKeysMaxAge, tokenKeysKeep, tokenIssuer, tokenAudience, tokenLeeway,
        tokenTenantClaim, tokenTenants, tokenUserClaim, tokenGroupsClaim, tokenGroupSource, tokenOverageClaims, tokenQueryClaim,
        queryConcurrency, queryQueue, minimumPositionsWait, accessMaxStaleness, mirrorBytes, databaseCapacity,
        fusionRankConstant, fusionVectorWeight, fusionLexicalWeight, fusionDepth, fusionFeedback,
        rerankURL, rerankModel, rerankKeyFile, rerankDeadline, rerankDepth, diagnostics, auditQueryText, auditQueryTextRetention,
        maintainExpired, maintainCache, maintainOutcomes,
        httpAddress, httpPort, logLevel,
    ]

    // MARK: Kafka

    package static let kafkaBootstrapServers = Setting(
        "SLUICE_KAFKA_BOOTSTRAP_SERVERS", .text("host:port, host:port"), "Brokers to begin with.")

    package static let kafkaProperties = Setting(
        "SLUICE_KAFKA_PROPERTIES", .kafkaProperties, isSecret: true, "Passed through to librdkafka: TLS, SASL.")

    package static let groupInstance = Setting(
        "SLUICE_GROUP_INSTANCE", .text("a name of this worker alone"), default: .absent("none"),
        "Static membership: a worker back within the session timeout keeps its partitions.")

    /// Brokers accept 6,000 to 1,800,000 unless told otherwise (`group.min.session.timeout.ms`, `group.max.session.timeout.ms`).
    package static let sessionTimeout = Setting(
        "SLUICE_SESSION_TIMEOUT", .milliseconds(6000...1_800_000), default: "6000", "Silence after which a worker's partitions go to another.")

    package static let drainTimeout = Setting(
        "SLUICE_DRAIN_TIMEOUT", .milliseconds(0...1_799_999), default: "4000", "Time to finish work in hand when partitions are revoked or at shutdown.")

    package static let topicPartitions = Setting(
        "SLUICE_TOPIC_PARTITIONS", .integer(1...1024), default: "6", "Partitions of a topic that `sluice topics apply` makes.")

    package static let topicReplication = Setting(
        "SLUICE_TOPIC_REPLICATION", .integer(1...16), default: "1", "Replicas of a topic that `sluice topics apply` makes.")

    // MARK: Postgres

    package static let databaseURL = Setting(
        "SLUICE_DATABASE_URL", .url(schemes: ["postgresql", "postgres"]), isSecret: true, "Database, as its owner: migrations.")

    package static let databaseIngestURL = Setting(
        "SLUICE_DATABASE_INGEST_URL", .url(schemes: ["postgresql", "postgres"]), default: .setting("SLUICE_DATABASE_URL"), isSecret: true,
        "Database, as a member of sluice_ingest.")

    package static let databaseRetrievalURL = Setting(
        "SLUICE_DATABASE_RETRIEVAL_URL", .url(schemes: ["postgresql", "postgres"]), default: .setting("SLUICE_DATABASE_URL"), isSecret: true,
        "Database, as a member of sluice_retrieval.")

    package static let databaseAdminURL = Setting(
        "SLUICE_DATABASE_ADMIN_URL", .url(schemes: ["postgresql", "postgres"]), default: .setting("SLUICE_DATABASE_URL"), isSecret: true,
        "Database, as a member of sluice_admin.")

    // MARK: Ingestion

    package static let generation = Setting(
        "SLUICE_GENERATION", .word("a-z 0-9 _, up to 32", limit: 32) { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F },
        default: "g1", "Generation of renditions to write and to search.")

    /// The sentence encoder reads 256 tokens, two of them its own marks: longer chunks would be cut before they are embedded.
    package static let chunkTokens = Setting(
        "SLUICE_CHUNK_TOKENS", .integer(16...254, unit: "tokens"), default: "200", "Most tokens in a chunk.")

    package static let chunkOverlapTokens = Setting(
        "SLUICE_CHUNK_OVERLAP_TOKENS", .integer(0...127, unit: "tokens"), default: "32", "Tokens a chunk repeats of the one before it.")

    /// A record holds 8 MiB at most, so the default admits whatever can be published inline.
    package static let maxDocumentBytes = Setting(
        "SLUICE_MAX_DOCUMENT_BYTES", .integer(1024...1_073_741_824, unit: "bytes"), default: "8388608", "Larger documents are rejected as too_large.")

    package static let intakeRecords = Setting(
        "SLUICE_INTAKE_RECORDS", .integer(1...1_000_000, unit: "records"), default: "2000",
        "Most records in hand; a partition at its share of them pauses.")

    package static let intakeBytes = Setting(
        "SLUICE_INTAKE_BYTES", .integer(1024...17_179_869_184, unit: "bytes"), default: "33554432",
        "Most bytes in hand; a partition at its share of them pauses.")

    /// One prepares while another embeds and a third writes.
    package static let waves = Setting(
        "SLUICE_WAVES", .integer(1...64), default: "3", "Transactions' worth of documents worked on at once.")

    package static let tenantWeights = Setting(
        "SLUICE_TENANT_WEIGHTS", .weights, default: .absent("1 each"), "Shares of the work, where several tenants have some waiting.")

    package static let deferLimit = Setting(
        "SLUICE_DEFER_LIMIT", .milliseconds(0...31_536_000_000), default: "86400000",
        "How long a document waits for what it refers to before it is rejected.")

    /// A source that lists itself wrongly is more likely than one that loses a fifth of its documents.
    package static let snapshotDeletionLimit = Setting(
        "SLUICE_SNAPSHOT_DELETION_LIMIT", .integer(0...100, unit: "%"), default: "20",
        "Share of a source's documents that a full snapshot may delete without an admin's yes.")

    package static let snapshotClockTolerance = Setting(
        "SLUICE_SNAPSHOT_CLOCK_TOLERANCE", .milliseconds(0...3_600_000), default: "5000",
        "By how much a document must be older than a snapshot that does not name it to be deleted.")

    package static let referenceHosts = Setting(
        "SLUICE_REFERENCE_HOSTS", SettingKind<[HostPattern]>.hosts, default: .absent("none"),
        "Web servers that a dataref may name, by https unless written otherwise.")

    package static let referenceFolders = Setting(
        "SLUICE_REFERENCE_FOLDERS", .folders, default: .absent("none"), "Folders that a dataref may name files below.")

    package static let referencePrivateNetworks = Setting(
        "SLUICE_REFERENCE_PRIVATE_NETWORKS", SettingKind<[AddressRange]>.networks, default: .absent("none"),
        "Addresses of these servers that may be connected to though they are not public.")

    /// Six redirects and a document of the largest size pass within it; a host that hangs is known soon enough.
    package static let referenceTimeout = Setting(
        "SLUICE_REFERENCE_TIMEOUT", .milliseconds(100...600_000), default: "10000", "Time to fetch one dataref.")

    package static let referenceCertificateAuthorities = Setting(
        "SLUICE_REFERENCE_CA_FILE", .text("a PEM file"), default: .absent("the system's"), "Certificate authorities of these servers.")

    package static let referenceRefresh = Setting(
        "SLUICE_REFERENCE_REFRESH", .milliseconds(60_000...31_536_000_000), default: .absent("off"),
        "How long after it was fetched the content behind a dataref is asked for again.")

    // MARK: Retrieval

    package static let queryConcurrency = Setting(
        "SLUICE_QUERY_CONCURRENCY", .integer(1...256), default: "4", "Queries answered at a time, each on a connection of its own.")

    /// Some seconds' worth: who waits behind more is better told so.
    package static let queryQueue = Setting(
        "SLUICE_QUERY_QUEUE", .integer(1...100_000, unit: "queries"), default: "1000", "Queries that may wait; past it some are answered overloaded.")

    package static let minimumPositionsWait = Setting(
        "SLUICE_MINIMUM_POSITIONS_WAIT", .milliseconds(0...120_000), default: "5000",
        "How long a query without an expirytime waits for its minimumPositions.")

    /// A registrar that goes on says so every five seconds. The default outlasts a restart of the fleet.
    package static let accessMaxStaleness = Setting(
        "SLUICE_ACCESS_MAX_STALENESS", .milliseconds(15_000...31_536_000_000), default: "900000",
        "Silence of the registrar after which queries are refused, as nobody keeps permissions current.")

    package static let fusionRankConstant = Setting(
        "SLUICE_FUSION_RANK_CONSTANT", .number(0...1000), default: "10", "Hybrid search: damps the first ranks of either way.")

    package static let fusionVectorWeight = Setting(
        "SLUICE_FUSION_VECTOR_WEIGHT", .number(0...1000), default: "1", "Hybrid search: what a rank by vectors counts.")

    package static let fusionLexicalWeight = Setting(
        "SLUICE_FUSION_LEXICAL_WEIGHT", .number(0...1000), default: "1", "Hybrid search: what a rank by words counts.")

    package static let fusionDepth = Setting(
        "SLUICE_FUSION_DEPTH", .integer(1...10_000, unit: "passages"), default: "100", "Hybrid search: passages each way contributes.")

    package static let fusionFeedback = Setting(
        "SLUICE_FUSION_FEEDBACK", .number(0...10), default: "0.75",
        "Hybrid search: how far the first passages found move the query's vector; 0 not at all.")

    /// 100,000 passages of 384 dimensions take some 40 MB.
    package static let mirrorBytes = Setting(
        "SLUICE_MIRROR_BYTES", .integer(0...1_099_511_627_776, unit: "bytes"), default: "1073741824",
        "Memory for copies of what is searched; 0 turns them off, and tenants that do not fit are searched in the database.")

    package static let databaseCapacity = Setting(
        "SLUICE_DATABASE_CAPACITY", .integer(1_048_576...1_125_899_906_842_624, unit: "bytes"), default: .absent("unknown"),
        "How large the database may become: a reindex that would not fit is refused. The database itself cannot tell.")

    package static let diagnostics = Setting(
        "SLUICE_DIAGNOSTICS", .list("tenant, tenant"), default: .absent("none"), "Tenants whose results tell plans and durations.")

    package static let rerankURL = Setting(
        "SLUICE_RERANK_URL", .url(schemes: ["https", "http"]), default: .absent("none"),
        "A reranking service in Cohere's form; questions and passages are sent to it.")

    package static let rerankModel = Setting("SLUICE_RERANK_MODEL", .text("a model's name"), default: .absent("the service's"), "The model it is to use.")

    package static let rerankKeyFile = Setting(
        "SLUICE_RERANK_KEY_FILE", .text("a file"), default: .absent("none"), "Its key, sent as a bearer token; read at start.")

    package static let rerankDeadline = Setting(
        "SLUICE_RERANK_DEADLINE", .milliseconds(1...60_000), default: "300", "How long it is waited for; then the fused order is returned.")

    /// Cross-encoders take a few milliseconds a passage.
    package static let rerankDepth = Setting(
        "SLUICE_RERANK_DEPTH", .integer(1...1000, unit: "passages"), default: "50", "How many of the best passages are sent to it.")

    package enum Switch: String, Sendable, CaseIterable {
        case off, on
    }

    package static let auditQueryText = Setting(
        "SLUICE_AUDIT_QUERY_TEXT", SettingKind<Switch>.choice, default: "off", "Whether the audit keeps what was asked; who was shown what it always keeps.")

    package static let auditQueryTextRetention = Setting(
        "SLUICE_AUDIT_QUERY_TEXT_RETENTION", .milliseconds(1000...315_360_000_000), default: "2592000000", "How long the audit keeps what was asked.")

    // MARK: Maintenance

    package static let maintainExpired = Setting(
        "SLUICE_MAINTAIN_EXPIRED", .milliseconds(0...315_360_000_000), default: "2592000000",
        "How long past its expiresAt a document, which nobody is shown any more, is left alone by `sluice maintain`.")

    package static let maintainCache = Setting(
        "SLUICE_MAINTAIN_CACHE", .milliseconds(0...315_360_000_000), default: "2592000000",
        "How old a cached vector has to be before it goes, where no passage is made of it.")

    /// What is still to be told, or waited for, stays whatever its age.
    package static let maintainOutcomes = Setting(
        "SLUICE_MAINTAIN_OUTCOMES", .milliseconds(3_600_000...315_360_000_000), default: "2592000000",
        "How long the database keeps outcomes that were told.")

    // MARK: Operation

    package enum LogThreshold: String, Sendable, CaseIterable {
        case debug, info, warning, error
    }

    package static let httpAddress = Setting(
        "SLUICE_HTTP_ADDRESS", .text("an IPv4 or IPv6 address in figures"), default: "127.0.0.1", "Where /metrics, /livez and /readyz are served.")

    package static let httpPort = Setting(
        "SLUICE_HTTP_PORT", .integer(0...65_535), default: .absent("off"), "Port of these; 0 takes a free one.")

    package static let logLevel = Setting(
        "SLUICE_LOG_LEVEL", SettingKind<LogThreshold>.choice, default: "info", "Least important log lines to write.")
}
