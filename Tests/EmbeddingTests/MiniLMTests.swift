import Embedding
import Testing

@Suite(.enabled(if: Reference.modelIsPresent, "no model: set SLUICE_MODEL_DIR or run set-up"))
struct MiniLMTests {
    let reference: Reference

    init() throws {
        reference = try Reference()
    }

    @Test(arguments: [MiniLM.Precision.fastest, .float32])
    func `every vector points where the reference's does`(precision: MiniLM.Precision) async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 2, precision: precision)
        let batch = try await model.embed(reference.texts, for: .passage)
        #expect(batch.count == 200 && batch.dimension == Reference.dimension)
        for index in reference.texts.indices {
            let likeness = cosine(batch[index], reference.vector(index))
            #expect(likeness >= 0.9999, "text \(index)")
            #expect(abs(batch[index].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
    }

    @Test func `a text has the same vector alone and in a batch`() async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 2)
        let batch = try await model.embed(reference.texts, for: .passage)
        for index in stride(from: 0, to: reference.texts.count, by: 7) {
            let alone = try await model.embed([reference.texts[index]], for: .passage)
            #expect(cosine(alone[0], batch[index]) >= 0.99999, "text \(index)")
        }
    }

    @Test func `concurrent callers each get their own vectors`() async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 2)
        let texts = Array(reference.texts.prefix(40))
        let whole = try await model.embed(texts, for: .passage)
        try await withThrowingTaskGroup(of: (Int, EmbeddingBatch).self) { group in
            for index in texts.indices { group.addTask { (index, try await model.embed([texts[index], texts[(index + 1) % texts.count]], for: .passage)) } }
            for try await (index, pair) in group {
                #expect(cosine(pair[0], whole[index]) >= 0.99999)
                #expect(cosine(pair[1], whole[(index + 1) % texts.count]) >= 0.99999)
            }
        }
    }

    @Test func `no texts make no vectors`() async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 1)
        #expect(try await model.embed([], for: .passage).count == 0)
    }

    @Test func `the space names the weights`() async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 1)
        #expect(model.space.dimension == Reference.dimension && model.space.normalised)
        #expect(model.space == (try MiniLM(directory: Reference.modelDirectory, threads: 1)).space)
    }

    @Test func `a cancelled call throws, and the next is answered`() async throws {
        let model = try MiniLM(directory: Reference.modelDirectory, threads: 1)
        let texts = reference.texts
        let call = Task { try await model.embed(texts + texts + texts, for: .passage) }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await model.embed([Array("leave".utf8)], for: .passage).count == 1)
    }
}
