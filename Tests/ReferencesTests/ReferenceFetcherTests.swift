import Addresses
import Synchronization
import Testing
import WebClient
import WebServer

@testable import References

struct ReferenceFetcherTests {
    private static let shared = Result { try WebServer() }
    private let server: WebServer
    private let base: String

    init() throws {
        server = try Self.shared.get()
        base = "http://127.0.0.1:\(server.http)"
    }

    /// Time stands still, but for what a test moves it.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private func fetcher(
        networks: [String] = ["127.0.0.0/8"], maximumBytes: Int = 1_000_000, limit: Duration = .seconds(120), perHost: Int = 4, clock: Clock = Clock()
    ) throws -> ReferenceFetcher {
        let hosts = ["127.0.0.1", "localhost"].flatMap { host in
            ["http://\(host):\(server.http)", "http://\(host):\(server.dead)"] + [server.https, server.stranger, server.misnamed].map { "\(host):\($0)" }
        }
        let policy = try ReferencePolicy(
            hosts: (hosts + ["http://169.254.169.254", "http://[::1]:\(server.http)"]).map { try #require(HostPattern($0)) },
            privateNetworks: networks.map { try #require(AddressRange($0)) })
        return try ReferenceFetcher(
            policy: policy, limits: .init(maximumBytes: maximumBytes, timeLimit: limit, maximumTransfersPerHost: perHost),
            certificateAuthorities: server.certificateAuthorities, now: { clock.now })
    }

    private func kind(_ reference: String, _ fetcher: ReferenceFetcher) async -> ReferenceError.Kind? {
        do {
            _ = try await fetcher.fetch(reference)
            return nil
        } catch {
            #expect(!error.description.contains("127.0.0.1") && !error.description.contains("http:"))
            return error.kind
        }
    }

    private func seen(_ path: String) async throws -> Int? {
        Int(String(decoding: try await fetcher().fetch("\(base)/seen\(path)").bytes, as: UTF8.self))
    }

    @Test func `content comes with its media type`() async throws {
        let content = FetchedReference(bytes: Array("hello".utf8), mediaType: "text/plain; charset=utf-8")
        for reference in ["\(base)/ok", "https://localhost:\(server.https)/ok", "http://localhost:\(server.http)/ok#part"] {
            #expect(try await fetcher().fetch(reference) == content)
        }
        #expect(try await fetcher().fetch("\(base)/status/200?bytes=3") == FetchedReference(bytes: Array("xxx".utf8), mediaType: nil))
    }

    @Test func `what is known by its tag is sent again only once it is another`() async throws {
        let (fetcher, name) = (try fetcher(), UInt64.random(in: 0 ... .max))
        func keep(_ text: String) async throws {
            let url = try #require(WebURL("\(base)/kept/\(name)"))
            let client = try WebClient(certificateAuthorities: nil, maximumConnections: 1) { _ in true }
            _ = try await client.send(WebRequest(url, json: Array(text.utf8), timeLimit: .seconds(60), maximumBodyBytes: 1000))
        }
        try await keep("one")
        let first = try await fetcher.fetch("\(base)/kept/\(name)?tagged=1")
        let tag = try #require(first.tag)
        #expect(first.bytes == Array("one".utf8))
        #expect(try await fetcher.fetch("\(base)/kept/\(name)?tagged=1", unless: tag) == nil)
        // What leads there is asked with it as well.
        let to = "\(base)/redirect/302?to=/kept/\(name)%3Ftagged%3D1"
        #expect(try await fetcher.fetch(to, unless: tag) == nil)
        #expect(try await fetcher.fetch("\(base)/kept/\(name)?tagged=1", unless: "\"other\"") == first)
        #expect(try await fetcher.fetch("\(base)/kept/\(name)?tagged=1", unless: "no\r\nheader") == first)
        try await keep("two")
        let second = try #require(try await fetcher.fetch("\(base)/kept/\(name)?tagged=1", unless: tag))
        #expect(second.bytes == Array("two".utf8) && second.tag != tag && second.tag != nil)
        // Nobody asked: an answer without content is none.
        #expect(await kind("\(base)/status/304", fetcher) == .failed)
    }

    @Test(arguments: [404, 410, 401, 403, 400, 418, 451, 204, 206, 300, 304])
    func `an answer that will not change has failed for good`(status: Int) async throws {
        let fetcher = try fetcher()
        #expect(await kind("\(base)/status/\(status)", fetcher) == .failed)
        #expect(await kind("\(base)/ok", fetcher) == nil, "the host is not to blame")
    }

    @Test(arguments: [500, 501, 408, 425])
    func `an answer about one reference is tried again later, and the host is not left alone`(status: Int) async throws {
        let fetcher = try fetcher()
        #expect(await kind("\(base)/status/\(status)", fetcher) == .unavailable(retryAfter: nil))
        #expect(await kind("\(base)/ok", fetcher) == nil)
    }

    @Test(arguments: [429, 502, 503, 504])
    func `an overloaded host is left alone for as long as it asks`(status: Int) async throws {
        let clock = Clock()
        let fetcher = try fetcher(clock: clock)
        #expect(await kind("\(base)/status/\(status)?after=30", fetcher) == .unavailable(retryAfter: .seconds(30)))
        #expect(await kind("\(base)/left-alone/\(status)", fetcher) == .unavailable(retryAfter: .seconds(30)))
        #expect(try await seen("/left-alone/\(status)") == 0)
        clock.advance(.seconds(30))
        #expect(await kind("\(base)/ok", fetcher) == nil)
        #expect(await kind("\(base)/status/\(status)?after=99999999", fetcher) == .unavailable(retryAfter: .seconds(3_600)))
    }

    @Test func `a dead host costs one try, then one after each pause`() async throws {
        let clock = Clock()
        let fetcher = try fetcher(clock: clock)
        let dead = "http://127.0.0.1:\(server.dead)/"
        #expect(await kind(dead, fetcher) == .unavailable(retryAfter: nil))
        #expect(await kind(dead, fetcher) == .unavailable(retryAfter: .seconds(1)))
        clock.advance(.seconds(1))
        #expect(await kind(dead, fetcher) == .unavailable(retryAfter: nil))
        #expect(await kind(dead, fetcher) == .unavailable(retryAfter: .seconds(2)))
        #expect(await kind("\(base)/ok", fetcher) == nil, "another host is not to blame")
    }

    @Test(arguments: ["/hang", "/drip"])
    func `a host that hangs is left alone after one time limit`(path: String) async throws {
        let fetcher = try fetcher(limit: .milliseconds(300))
        #expect(await kind(base + path, fetcher) == .unavailable(retryAfter: nil))
        #expect(await kind("\(base)/ok", fetcher) == .unavailable(retryAfter: .seconds(1)))
    }

    @Test func `what waits for a host that hangs is sent away with the first failure`() async throws {
        let fetcher = try fetcher(limit: .milliseconds(300), perHost: 1)
        let path = "/hang/together"
        let kinds = await withTaskGroup(of: ReferenceError.Kind?.self) { group in
            for _ in 0..<50 { group.addTask { await kind(base + path, fetcher) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(kinds.filter { $0 == .unavailable(retryAfter: nil) }.count == 1)
        #expect(kinds.filter { $0 == .unavailable(retryAfter: .seconds(1)) }.count == 49)
        #expect(try await seen(path) == 1)
    }

    @Test func `an answer without end is too large, and so is one that says so`() async throws {
        for path in ["/endless/200", "/announced/1000000000", "/bytes/1001"] { #expect(await kind(base + path, try fetcher(maximumBytes: 1000)) == .tooLarge) }
        #expect(await kind("\(base)/endless/404", try fetcher(maximumBytes: 1000)) == .failed)
    }

    @Test func `compression that nobody asked for is not undone`() async throws {
        #expect(await kind("\(base)/bomb", try fetcher()) == .failed)
    }

    @Test(arguments: ["/garbage", "/endless-head", "/cut", "/nothing"])
    func `an answer that breaks off or is none may be better later`(path: String) async throws {
        #expect(await kind(base + path, try fetcher()) == .unavailable(retryAfter: nil))
    }

    @Test func `a certificate by a stranger or for another name is not believed`() async throws {
        for port in [server.stranger, server.misnamed] { #expect(await kind("https://localhost:\(port)/ok", try fetcher()) == .unavailable(retryAfter: nil)) }
    }

    // MARK: Addresses

    @Test(arguments: ["localhost", "127.0.0.1", "2130706433", "0177.1", "[::ffff:127.0.0.1]", "LOCALHOST."])
    func `an allowed host is refused at a private address`(host: String) async throws {
        let path = "/private/\(host.filter(\.isLetter))"
        #expect(await kind("http://\(host):\(server.http)\(path)", try fetcher(networks: [])) == .refused)
        #expect(try await seen(path) == 0)
    }

    @Test func `an address in a network that is not named is refused`() async throws {
        #expect(await kind("http://[::1]:\(server.http)/ok", try fetcher()) == .refused)
        #expect(await kind("http://169.254.169.254/latest/meta-data/", try fetcher()) == .refused)
    }

    // MARK: Redirects

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is followed`(status: Int) async throws {
        #expect(try await fetcher().fetch("\(base)/redirect/\(status)?to=/ok").bytes == Array("hello".utf8))
        #expect(try await fetcher().fetch("\(base)/redirect/\(status)?to=https://localhost:\(server.https)/ok").bytes == Array("hello".utf8))
    }

    @Test func `five redirects are followed, a sixth and a loop are not`() async throws {
        #expect(await kind("\(base)/chain/5", try fetcher()) == nil)
        #expect(await kind("\(base)/chain/6", try fetcher()) == .failed)
        #expect(await kind("\(base)/redirect/302?to=/redirect/302", try fetcher()) == .failed, "without a location")
        #expect(await kind("\(base)/loop/", try fetcher()) == .failed)
    }

    @Test(arguments: [
        "http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://user@localhost/", "http://[::1]/", "https://elsewhere.example/",
        "//elsewhere/",
        "http://2852039166/",
    ])
    func `a redirect is judged like any reference`(location: String) async throws {
        #expect(await kind("\(base)/redirect/302?to=\(location)", try fetcher()) == .refused)
    }

    @Test func `a redirect to a dead host is not the first host's failure`() async throws {
        let fetcher = try fetcher()
        #expect(await kind("\(base)/redirect/302?to=http://127.0.0.1:\(server.dead)/", fetcher) == .unavailable(retryAfter: nil))
        #expect(await kind("\(base)/ok", fetcher) == nil)
    }

    // MARK: Concurrency

    @Test func `so many transfers to a host at a time and no more`() async throws {
        let own = try WebServer()
        let pattern = try #require(HostPattern("http://127.0.0.1:\(own.http)"))
        let policy = try ReferencePolicy(hosts: [pattern], privateNetworks: [try #require(AddressRange("127.0.0.1"))])
        let limits = ReferenceFetcher.Limits(maximumBytes: 1_000, timeLimit: .seconds(60), maximumTransfersPerHost: 3)
        let fetcher = try ReferenceFetcher(policy: policy, limits: limits)
        let keeper = try ReferenceFetcher(policy: policy, limits: limits)
        let kinds = try await withThrowingTaskGroup(of: ReferenceError.Kind?.self) { group in
            for _ in 0..<20 { group.addTask { await kind("http://127.0.0.1:\(own.http)/turnstile", fetcher) } }
            _ = try await keeper.fetch("http://127.0.0.1:\(own.http)/open/3")
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(kinds.count == 20 && kinds.allSatisfy { $0 == nil })
        #expect(try await keeper.fetch("http://127.0.0.1:\(own.http)/peak").bytes == Array("3".utf8))
    }

    @Test func `a cancelled fetch ends, and tells nothing of the host`() async throws {
        let fetcher = try fetcher()
        let task = Task { await kind("\(base)/hang/cancelled", fetcher) }
        while try await seen("/hang/cancelled") != 1 { await Task.yield() }
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(await kind("\(base)/ok", fetcher) == nil)
    }

    @Test func `authorities that cannot be read are an error at once`() throws {
        let limits = ReferenceFetcher.Limits(maximumBytes: 1, timeLimit: .seconds(1))
        #expect(throws: ReferenceSetupError(code: .certificateAuthorities, path: "/nonexistent")) {
            _ = try ReferenceFetcher(policy: try ReferencePolicy(), limits: limits, certificateAuthorities: "/nonexistent")
        }
    }
}
