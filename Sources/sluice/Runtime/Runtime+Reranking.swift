import Configuration
import Retrieval
import WebClient

extension Runtime {
    /// What puts the best passages in a better order; nothing where no service is set.
    func reranker() throws -> (any Reranker)? {
        guard let text = try configuration.optionalValue(of: Settings.rerankURL) else { return nil }
        guard let url = WebURL(text) else { throw StartError("SLUICE_RERANK_URL is no plain web address") }
        return try HTTPReranker(url, model: try configuration.optionalValue(of: Settings.rerankModel), key: try rerankKey())
    }

    private func rerankKey() throws -> RerankKey? {
        guard let path = try configuration.optionalValue(of: Settings.rerankKeyFile) else { return nil }
        // Keys have some dozens of bytes.
        guard let key = SecretFile.read(path, maximumBytes: 4096).flatMap(RerankKey.init) else {
            throw StartError("SLUICE_RERANK_KEY_FILE cannot be read, or holds no key")
        }
        return key
    }
}
