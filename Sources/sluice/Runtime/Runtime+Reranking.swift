import Configuration
import Glibc
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
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StartError("SLUICE_RERANK_KEY_FILE cannot be read") }
        defer { close(descriptor) }
        // Keys have some dozens of bytes; what is longer is another file.
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard (1..<bytes.count).contains(count), let key = RerankKey(String(decoding: bytes[..<count], as: UTF8.self)) else {
            throw StartError("SLUICE_RERANK_KEY_FILE holds no key")
        }
        return key
    }
}
