import Synchronization
import Testing
import WebClient
import WebServer

@testable import Retrieval

/// A reranking service that does what it is told, on a server with faults.
struct RerankerTests {
    private static let shared = Result { try WebServer() }
    private static let passages = ["1", "4", "2", "3"]
    private let server: WebServer
    private let clock = Clock()

    init() throws {
        server = try Self.shared.get()
    }

    /// Time stands still, but for what a test moves it.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private func reranker(_ path: String, port: Int? = nil, key: String? = nil) throws -> HTTPReranker {
        let url = try #require(WebURL("http://127.0.0.1:\(port ?? server.http)\(path)"))
        return try HTTPReranker(url, model: "m", key: key.flatMap(BearerKey.init)) { [clock] in clock.now }
    }

    private func failure(_ reranker: HTTPReranker, within limit: Duration = .seconds(120)) async -> RerankError.Code? {
        do {
            _ = try await reranker.order(Self.passages, for: "question", within: limit)
            return nil
        } catch {
            return (error as? RerankError)?.code
        }
    }

    @Test(arguments: ["", "unordered"])
    func `passages come back by score`(_ fault: String) async throws {
        #expect(try await reranker("/rerank/\(fault)").order(Self.passages, for: "question", within: .seconds(120)) == [1, 3, 2, 0])
    }

    @Test func `an answer may have fewer, and nothing is not sent`() async throws {
        #expect(try await reranker("/rerank/short").order(Self.passages, for: "question", within: .seconds(120)) == [1])
        #expect(try await reranker("/none", port: server.dead).order([], for: "question", within: .seconds(120)) == [])
    }

    @Test(arguments: ["more", "range", "negative", "fraction", "duplicate", "nan", "infinite", "scoreless", "text"])
    func `an answer out of form is no order`(_ fault: String) async throws {
        #expect(await failure(try reranker("/rerank/\(fault)")) == .malformed)
    }

    @Test func `a service that is slow, broken or not there fails`() async throws {
        #expect(await failure(try reranker("/rerank/hang"), within: .milliseconds(50)) == .late)
        #expect(await failure(try reranker("/status/500")) == .refused)
        #expect(await failure(try reranker("/redirect/307?to=/rerank/")) == .refused)
        #expect(await failure(try reranker("/cut")) == .unreachable)
        #expect(await failure(try reranker("/endless/200")) == .malformed)
        #expect(await failure(try reranker("/", port: server.dead)) == .unreachable)
    }

    @Test func `the key is sent and shown to nobody`() async throws {
        #expect(await failure(try reranker("/rerank/key", key: " secret\n")) == nil)
        #expect(await failure(try reranker("/rerank/key")) == .refused)
        #expect(BearerKey("secret").map { "\($0)" } == "a key")
        for text in ["", " ", "a b", "a\nb", "a\u{7F}"] { #expect(BearerKey(text) == nil) }
    }

    @Test func `a service that fails again and again is left alone, then tried by one`() async throws {
        let failing = try reranker("/status/503")
        for _ in 0..<3 { #expect(await failure(failing) == .refused) }
        #expect(await failure(failing) == .paused)
        clock.advance(.seconds(1))
        #expect(await failure(failing) == .refused)
        clock.advance(.seconds(1))
        #expect(await failure(failing) == .paused)
        clock.advance(.seconds(1))
        #expect(await failure(failing) == .refused)
    }

    @Test func `a cancelled request tells nothing of the service`() async throws {
        let reranker = try reranker("/rerank/hang")
        let task = Task { await failure(reranker) }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(await failure(reranker, within: .milliseconds(20)) == .late)
    }

    @Test func `a breaker closes again once a probe succeeds, and pauses no longer than a minute`() {
        var breaker = CircuitBreaker()
        var now = ContinuousClock.now
        func expect(_ answers: Bool..., after pause: Duration = .zero, _ location: SourceLocation = #_sourceLocation) {
            now += pause
            for expected in answers {
                let answer = breaker.admits(at: now)
                #expect(answer == expected, sourceLocation: location)
            }
        }
        for _ in 0..<2 { breaker.fail(at: now) }
        expect(true)
        breaker.succeed()
        for _ in 0..<3 { breaker.fail(at: now) }
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            expect(false, after: .seconds(pause) - .milliseconds(1))
            expect(true, false, after: .milliseconds(1))
            breaker.fail(at: now)
        }
        expect(true, after: .seconds(60))
        breaker.abandon(at: now)
        expect(true)
        breaker.succeed()
        expect(true, true)
    }
}
