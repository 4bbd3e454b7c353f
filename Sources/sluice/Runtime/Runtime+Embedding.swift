import Configuration
import Embedding
import Glibc
import WebClient

extension Runtime {
    /// The models at hand, loaded; an endpoint is asked nothing yet, so that a worker starts while it is away.
    ///
    /// - Throws: `ConfigurationError`; `StartError`; `EmbeddingError`; `WebError`.
    func models() throws -> EmbeddingModels {
        let models = try configuration.value(of: Settings.embedding).map(model)
        guard let first = models.first else { throw StartError("SLUICE_EMBEDDING names no model") }
        return EmbeddingModels(first, Array(models.dropFirst()))
    }

    private func model(_ kind: Settings.EmbeddingModel) throws -> any EmbeddingModel {
        switch kind {
        case .stub: return StubEmbedding()
        case .minilm:
            let threads = try configuration.optionalValue(of: Settings.embeddingThreads) ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            return try MiniLM(directory: try configuration.value(of: Settings.modelDirectory), threads: threads)
        case .endpoint: return try EndpointModel(try endpoint())
        }
    }

    private func endpoint() throws -> EndpointSettings {
        try configuration.require(Settings.embeddingURL, Settings.embeddingModel, Settings.embeddingDimension)
        let base = try configuration.value(of: Settings.embeddingURL)
        guard !base.contains(where: { "?#".contains($0) }), let url = WebURL(base + (base.hasSuffix("/") ? "" : "/") + "embeddings") else {
            throw StartError("SLUICE_EMBEDDING_URL is no plain web address")
        }
        var settings = EndpointSettings(
            url: url, model: try configuration.value(of: Settings.embeddingModel), dimension: try configuration.value(of: Settings.embeddingDimension))
        settings.key = try key(in: Settings.embeddingKeyFile)
        settings.certificateAuthorities = try configuration.optionalValue(of: Settings.embeddingCertificateAuthorities)
        let inputTypes = try configuration.optionalValue(of: Settings.embeddingInputTypes)
        settings.queryForm = EmbeddingForm(
            prefix: try configuration.optionalValue(of: Settings.embeddingQueryPrefix) ?? "", inputType: inputTypes?.first)
        settings.passageForm = EmbeddingForm(
            prefix: try configuration.optionalValue(of: Settings.embeddingPassagePrefix) ?? "", inputType: inputTypes?.last)
        settings.maximumTokens = try configuration.value(of: Settings.embeddingMaxTokens)
        settings.maximumTexts = try configuration.value(of: Settings.embeddingBatch)
        settings.timeLimit = try configuration.value(of: Settings.embeddingTimeout)
        settings.queryTimeLimit = try configuration.value(of: Settings.embeddingQueryTimeout)
        return settings
    }
}
