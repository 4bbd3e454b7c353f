/// What computes embeddings: models in this process, and one behind an OpenAI-compatible endpoint.
extension Settings {
    package enum EmbeddingModel: String, Sendable, CaseIterable {
        case minilm
        /// Vectors from hashes: for tests and for measuring everything else.
        case stub
        /// The model that the SLUICE_EMBEDDING_… settings describe.
        case endpoint
    }

    /// What only an endpoint has.
    static let ofEndpoint: [any AnySetting] = [
        embeddingURL, embeddingModel, embeddingDimension, embeddingKeyFile, embeddingCertificateAuthorities, embeddingQueryPrefix, embeddingPassagePrefix,
        embeddingInputTypes, embeddingMaxTokens, embeddingBatch, embeddingTimeout, embeddingQueryTimeout,
    ]

    package static let modelDirectory = Setting("SLUICE_MODEL_DIR", .text("a folder"), "Where the embedding model's files are.")

    package static let embedding = Setting(
        "SLUICE_EMBEDDING", .choices(of: EmbeddingModel.self), default: "minilm",
        "Models at hand: each generation has the one it was made with, a new one the first.")

    package static let embeddingThreads = Setting(
        "SLUICE_EMBEDDING_THREADS", .integer(1...256), default: .absent("one per core"), "Threads that compute embeddings.")

    package static let embeddingPrice = Setting(
        "SLUICE_EMBEDDING_PRICE", .number(0...1_000_000), default: "0", "What a million embedded tokens cost: for estimates alone.")

    package static let embeddingURL = Setting(
        "SLUICE_EMBEDDING_URL", .url(schemes: ["https", "http"]), default: .absent("none"),
        "An OpenAI-compatible service, up to /embeddings; passages and questions are sent to it, and nowhere else.")

    package static let embeddingModel = Setting(
        "SLUICE_EMBEDDING_MODEL", .text("a model's name"), default: .absent("none"), "The model it is to use; other weights need another name.")

    package static let embeddingDimension = Setting(
        "SLUICE_EMBEDDING_DIMENSION", .integer(1...4000), default: .absent("none"), "How many numbers the model's vectors have.")

    package static let embeddingKeyFile = Setting(
        "SLUICE_EMBEDDING_KEY_FILE", .text("a file"), default: .absent("none"), "Its key, sent as a bearer token; read at start.")

    package static let embeddingCertificateAuthorities = Setting(
        "SLUICE_EMBEDDING_CA_FILE", .text("a PEM file"), default: .absent("the system's"), "Certificate authorities of the service.")

    package static let embeddingQueryPrefix = Setting(
        "SLUICE_EMBEDDING_QUERY_PREFIX", .text(), default: .absent("none"), "Put before each question, with its blanks: \"query: \" for e5.")

    package static let embeddingPassagePrefix = Setting(
        "SLUICE_EMBEDDING_PASSAGE_PREFIX", .text(), default: .absent("none"), "Put before each passage; another one is another embedding space.")

    package static let embeddingInputTypes = Setting(
        "SLUICE_EMBEDDING_INPUT_TYPES", .pair("query, passage"), default: .absent("none"),
        "Sent as input_type with questions and passages, where the service puts such words before them itself.")

    package static let embeddingMaxTokens = Setting(
        "SLUICE_EMBEDDING_MAX_TOKENS", .integer(64...131_072, unit: "tokens"), default: "512",
        "What the model reads of a text, by an estimate from its bytes; the rest is not sent.")

    package static let embeddingBatch = Setting(
        "SLUICE_EMBEDDING_BATCH", .integer(1...2048, unit: "texts"), default: "32", "Most texts in one request; 256 KiB bound it as well.")

    /// A batch on one slow core, with two others before it.
    package static let embeddingTimeout = Setting(
        "SLUICE_EMBEDDING_TIMEOUT", .milliseconds(100...600_000), default: "60000", "How long a request of passages may take before it is tried again.")

    package static let embeddingQueryTimeout = Setting(
        "SLUICE_EMBEDDING_QUERY_TIMEOUT", .milliseconds(10...60_000), default: "5000", "How long a request of questions may take.")
}

extension SettingKind {
    /// Some of the values there are, none twice.
    fileprivate static func choices<Choice: CaseIterable & RawRepresentable<String> & Hashable & Sendable>(of: Choice.Type) -> SettingKind
    where Value == [Choice] {
        let any = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        let list: SettingKind = list("one or more of \(any)") { Choice(rawValue: $0) }
        return SettingKind(allowed: list.allowed, unit: nil) { text in
            list.parse(text).flatMap { Set($0).count == $0.count ? $0 : nil }
        }
    }
}

extension SettingKind where Value == [String] {
    fileprivate static func pair(_ allowed: String) -> SettingKind {
        let list = list(allowed)
        return SettingKind(allowed: allowed, unit: nil) { text in list.parse(text).flatMap { $0.count == 2 ? $0 : nil } }
    }
}
