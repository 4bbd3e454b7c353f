import Foundation
import Synchronization
import Testing
import WebClient
import WebServer

@testable import Embedding

/// An OpenAI-compatible endpoint that does what it is told, on a server with faults.
struct EndpointModelTests {
    private static let shared = Result { try WebServer() }
    private let server: WebServer

    init() throws {
        server = try Self.shared.get()
    }

    private func model(_ path: String, port: Int? = nil, _ change: (inout EndpointSettings) -> Void = { _ in }) throws -> EndpointModel {
        let url = try #require(WebURL("http://127.0.0.1:\(port ?? server.http)\(path)"))
        var settings = EndpointSettings(url: url, model: "m", dimension: 4)
        change(&settings)
        return try EndpointModel(settings)
    }

    private static func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private func failure(_ model: EndpointModel, _ texts: [String] = ["a", "bb"], for purpose: EmbeddingPurpose = .passage) async -> EmbeddingError? {
        do {
            _ = try await model.embed(Self.bytes(texts), for: purpose)
            return nil
        } catch {
            return error as? EmbeddingError
        }
    }

    /// What `server.py` answers with, at length 1.
    private static func vector(_ text: String) -> [Float] {
        let state = text.utf8.reduce(0) { ($0 * 31 + Int($1)) & 0xFFFF }
        let values = [0, 4, 8, 12].map { Float(state >> $0 & 15) - 7.5 }
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / length }
    }

    private static func expect(_ batch: EmbeddingBatch, _ texts: [String], _ location: SourceLocation = #_sourceLocation) {
        #expect(batch.count == texts.count, sourceLocation: location)
        for (index, text) in texts.enumerated() where !batch.refused.contains(index) {
            for (found, wanted) in zip(batch[index], vector(text)) { #expect(abs(found - wanted) < 1e-6, "\(text)", sourceLocation: location) }
        }
    }

    private struct Asked: Decodable {
        let model: String
        let input: [String]
        let input_type: String?
    }

    /// The requests sent to the endpoint of this name.
    private func asked(_ name: String) async throws -> [Asked] {
        let url = try #require(WebURL("http://127.0.0.1:\(server.http)/asked/\(name)"))
        let response = try await WebClient { _ in true }.send(WebRequest(url, timeLimit: .seconds(120), maximumBodyBytes: 1 << 20))
        return try JSONDecoder().decode([Asked].self, from: Data(response.body))
    }

    // MARK: what is well

    @Test(arguments: ["", "unordered"])
    func `vectors come back by index, of length 1, in batches of so many texts`(_ fault: String) async throws {
        let texts = (0..<7).map { String(repeating: "x", count: $0 + 1) }
        let model = try model("/embed/\(fault)?name=batches\(fault)") { $0.maximumTexts = 3 }
        Self.expect(try await model.embed(Self.bytes(texts), for: .passage), texts)
        #expect(try await asked("batches\(fault)").map(\.input.count) == [3, 3, 1])
        #expect(try await model.embed([], for: .passage).count == 0)
    }

    @Test func `a batch is bounded in bytes as well, and a text in tokens`() async throws {
        let texts = (0..<5).map { _ in String(repeating: "word ", count: 20_000) }
        let model = try model("/embed/?name=bytes") { $0.maximumTokens = 1_000_000 }
        _ = try await model.embed(Self.bytes(texts), for: .passage)
        #expect(try await asked("bytes").map(\.input.count) == [2, 2, 1])
        let short = try self.model("/embed/?name=tokens") {
            $0.maximumTokens = 16
            $0.passageForm = EmbeddingForm(prefix: "passage: ")
        }
        _ = try await short.embed(Self.bytes(["one two three four five six seven", String(repeating: "字", count: 100)]), for: .passage)
        // Two for the model's marks, four for what is put before: ten are left. A text without spaces is cut every 48 bytes, which are more.
        #expect(try await asked("tokens").map(\.input) == [["passage: one two three four five six", "passage: "]])
    }

    @Test func `questions and passages are put as the model wants them, and its space says how`() async throws {
        let model = try model("/embed/?name=forms") {
            $0.queryForm = EmbeddingForm(prefix: "query: ", inputType: "query")
            $0.passageForm = EmbeddingForm(prefix: "passage: ", inputType: "document")
        }
        for purpose in [EmbeddingPurpose.query, .passage] { _ = try await model.embed(Self.bytes(["text"]), for: purpose) }
        let requests = try await asked("forms")
        #expect(requests.map(\.input) == [["query: text"], ["passage: text"]])
        #expect(requests.map(\.input_type) == ["query", "document"] && requests.allSatisfy { $0.model == "m" })
        #expect(model.space.identifier == "m@endpoint/4/unit/prefix \"passage: \"/input_type \"document\"")
        #expect(try self.model("/embed/").space.identifier == "m@endpoint/4/unit")
    }

    // MARK: what is wrong with the endpoint

    @Test(arguments: [
        "short", "more", "twice", "range", "negative", "no-index", "dimension", "no-array", "strings", "nan", "null", "infinite", "zero", "object", "text",
        "large",
    ])
    func `an answer out of form is an error, and no text's fault`(_ fault: String) async throws {
        let error = await failure(try model("/embed/\(fault)"))
        #expect(error?.code == .answerInvalid && error?.isRetryable == false, "\(String(describing: error))")
    }

    @Test func `an endpoint that is away or not well can be tried again`() async throws {
        var failures = [await failure(try model("/", port: server.dead)), await failure(try model("/cut"))]
        for status in [408, 425, 429, 500, 502, 503, 504, 529] { failures.append(await failure(try model("/status/\(status)"))) }
        failures.append(await failure(try model("/embed/hang") { $0.timeLimit = .milliseconds(50) }))
        failures.append(await failure(try model("/embed/hang") { $0.queryTimeLimit = .milliseconds(50) }, for: .query))
        for failure in failures { #expect(failure?.code == .endpointUnavailable && failure?.isRetryable == true) }
    }

    @Test(arguments: ["/status/401", "/status/403", "/status/404", "/status/405", "/status/410", "/redirect/307?to=/embed/", "/embed/refuse-all"])
    func `an endpoint that takes nothing is a wrong setting, and refuses no text`(_ path: String) async throws {
        let error = await failure(try model(path))
        #expect(error?.code == .endpointRefused && error?.isRetryable == false && error?.status != nil, "\(String(describing: error))")
    }

    @Test func `a redirect is not followed`() async throws {
        _ = await failure(try model("/redirect/307?to=/embed/?name=elsewhere"))
        #expect(try await asked("elsewhere").isEmpty)
    }

    @Test func `an endpoint that asks to be left alone is`() async throws {
        let now = Mutex(ContinuousClock.now)
        let url = try #require(WebURL("http://127.0.0.1:\(server.http)/embed/rest?name=rest"))
        let model = try EndpointModel(EndpointSettings(url: url, model: "m", dimension: 4)) { now.withLock { $0 } }
        for _ in 0..<3 { #expect(await failure(model)?.code == .endpointUnavailable) }
        #expect(try await asked("rest").count == 1)
        now.withLock { $0 += .seconds(30) }
        #expect(await failure(model)?.status == 429)
        #expect(try await asked("rest").count == 2)
    }

    @Test func `the key is sent`() async throws {
        #expect(await failure(try model("/embed/key") { $0.key = BearerKey(" secret\n") }) == nil)
        #expect(await failure(try model("/embed/key"))?.status == 401)
        let error = await failure(try model("/embed/key") { $0.key = BearerKey("hunter2") })
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func `a cancelled call ends as such`() async throws {
        let model = try model("/embed/hang")
        let call = Task { try await model.embed(Self.bytes(["a"]), for: .passage) }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
    }

    // MARK: what is wrong with a text

    @Test(arguments: ["refuse", "no-vector"])
    func `a text that the model does not take is refused alone`(_ fault: String) async throws {
        var texts = (0..<20).map { "text \($0)" }
        texts[3] = "unembeddable"
        texts[17] = "unembeddable too"
        let batch = try await model("/embed/\(fault)").embed(Self.bytes(texts), for: .passage)
        #expect(batch.refused == [3, 17])
        Self.expect(batch, texts)
        #expect(batch.taken.count == 18 && batch.taken.refused.isEmpty)
        #expect(batch.taken[3].elementsEqual(batch[4]))
        #expect(try await model("/embed/\(fault)").embed(Self.bytes(["unembeddable"]), for: .query).refused == [0])
    }

    @Test func `a batch that is too large for the endpoint is sent in parts`() async throws {
        let texts = (0..<9).map { "text \($0)" }
        let batch = try await model("/embed/small").embed(Self.bytes(texts), for: .passage)
        #expect(batch.refused.isEmpty)
        Self.expect(batch, texts)
    }
}
