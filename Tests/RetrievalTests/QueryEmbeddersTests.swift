import Embedding
import Testing

@testable import Retrieval

struct QueryEmbeddersTests {
    private let small = StubEmbedding(dimension: 4)
    private let large = StubEmbedding(dimension: 8)
    private let text = Array("leave".utf8)

    @Test func `a query is embedded in the space last seen live, at first the first model's`() async throws {
        let embedders = QueryEmbedders(EmbeddingModels(small, [large]))
        #expect(embedders.liveSpace == small.space.identifier)
        #expect(try await embedders.embed(text, in: embedders.liveSpace)?.count == 4)
        embedders.saw(large.space.identifier)
        #expect(try await embedders.embed(text, in: embedders.liveSpace)?.count == 8)
    }

    @Test func `a space that no model at hand has gives no vector`() async throws {
        let embedders = QueryEmbedders(EmbeddingModels(small))
        embedders.saw(large.space.identifier)
        #expect(try await embedders.embed(text, in: embedders.liveSpace) == nil)
    }
}
