import Embedding
import Testing

struct StubEmbeddingTests {
    @Test func `the same text has the same unit vector, another text another`() async throws {
        let stub = StubEmbedding()
        let batch = try await stub.embed([Array("leave".utf8), Array("leave".utf8), Array("notice".utf8), []], for: .passage)
        #expect(batch.count == 4)
        #expect(batch[0].elementsEqual(batch[1]))
        #expect(abs(cosine(batch[0], batch[2])) < 0.3)
        for index in 0..<4 { #expect(abs(batch[index].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5) }
    }

    @Test func `a word is a token`() {
        #expect(StubEmbedding().tokenizer.tokenCount("  two\twords\n") == 2)
    }
}
