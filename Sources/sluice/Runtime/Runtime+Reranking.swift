import Configuration
import Retrieval
import WebClient

extension Runtime {
    /// What puts the best passages in a better order; nothing where no service is set.
    func reranker() throws -> (any Reranker)? {
        guard let text = try configuration.optionalValue(of: Settings.rerankURL) else { return nil }
        guard let url = WebURL(text) else { throw StartError("SLUICE_RERANK_URL is no plain web address") }
        return try HTTPReranker(url, model: try configuration.optionalValue(of: Settings.rerankModel), key: try key(in: Settings.rerankKeyFile))
    }

    /// The key of a service, where a file is set.
    func key(in file: Setting<String>) throws -> BearerKey? {
        guard let path = try configuration.optionalValue(of: file) else { return nil }
        // Keys have some dozens of bytes.
        guard let key = SecretFile.read(path, maximumBytes: 4096).flatMap(BearerKey.init) else {
            throw StartError("\(file.name) cannot be read, or holds no key")
        }
        return key
    }
}
