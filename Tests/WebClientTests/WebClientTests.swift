import Addresses
import Synchronization
import Testing
import WebServer

@testable import WebClient

struct WebClientTests {
    private static let shared = Result { try WebServer() }
    private let server: WebServer

    init() throws {
        server = try Self.shared.get()
    }

    private func client(authorities: String? = nil, maximumConnections: Int = 16) throws -> WebClient {
        try WebClient(certificateAuthorities: authorities, maximumConnections: maximumConnections) { _ in true }
    }

    private func request(_ text: String, limit: Duration = .seconds(120), maximumBodyBytes: Int = 1_000_000, headers: [WebHeader] = []) throws -> WebRequest {
        WebRequest(try #require(WebURL(text)), headers: headers, timeLimit: limit, maximumBodyBytes: maximumBodyBytes)
    }

    private func get(_ path: String, from client: WebClient, limit: Duration = .seconds(120), maximumBodyBytes: Int = 1_000_000) async throws -> WebResponse {
        try await client.send(try request("http://127.0.0.1:\(server.http)\(path)", limit: limit, maximumBodyBytes: maximumBodyBytes))
    }

    @Test func `an answer has status, headers and body`() async throws {
        let response = try await get("/ok", from: try client())
        #expect(response.status == 200 && response.body == Array("hello".utf8))
        #expect(response.header("content-TYPE") == "text/plain; charset=utf-8" && response.header("Location") == nil)
        let missing = try await get("/missing", from: try client())
        #expect(missing.status == 404 && missing.body == Array("nothing here".utf8))
    }

    @Test func `a request says what it was told to and asks for no compression`() async throws {
        let headers = [try #require(WebHeader("X-Sluice", "a: b; c")), try #require(WebHeader("X-Empty", ""))]
        let response = try await client().send(try request("http://127.0.0.1:\(server.http)/head", headers: headers))
        let lines = String(decoding: response.body, as: UTF8.self).split(whereSeparator: \.isNewline)
        #expect(lines.contains("X-Sluice: a: b; c") && lines.contains { $0.hasPrefix("X-Empty:") } && lines.contains("User-Agent: sluice"))
        #expect(!lines.contains { $0.lowercased().hasPrefix("accept-encoding") || $0.lowercased().hasPrefix("cookie") })
    }

    @Test func `a body is posted as JSON, at once and whatever its size`() async throws {
        for count in [2, 3_000_000] {
            let json = [UInt8(ascii: "[")] + [UInt8](repeating: UInt8(ascii: " "), count: count - 2) + [UInt8(ascii: "]")]
            let url = try #require(WebURL("http://127.0.0.1:\(server.http)/echo"))
            let response = try await client().send(WebRequest(url, json: json, timeLimit: .seconds(120), maximumBodyBytes: 4_000_000))
            let head = String(decoding: response.body.dropLast(count), as: UTF8.self).split(whereSeparator: \.isNewline)
            #expect(response.body.suffix(count).elementsEqual(json) && head.first == "POST")
            #expect(head.contains("Content-Type: application/json") && head.contains("Content-Length: \(count)"))
            #expect(!head.contains { $0.hasPrefix("Expect") })
        }
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let response = try await get("/redirect/302?to=/followed", from: try client())
        #expect(response.status == 302 && response.header("Location") == "/followed")
        #expect(try await get("/seen/followed", from: try client()).body == Array("0".utf8))
    }

    @Test func `a connection serves one request after the other`() async throws {
        let own = try WebServer()
        let client = try client()
        for _ in 0..<20 { _ = try await client.send(try request("http://127.0.0.1:\(own.http)/ok")) }
        let connections = try await client.send(try request("http://127.0.0.1:\(own.http)/connections"))
        #expect(connections.body == Array("1".utf8))
    }

    @Test func `many requests at once all get their own answer`() async throws {
        let client = try client(maximumConnections: 8)
        let sizes = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for size in 1...200 { group.addTask { (size, try await get("/bytes/\(size)", from: client).body.count) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sizes.count == 200 && sizes.allSatisfy { $0 == $1 })
    }

    @Test(arguments: ["/hang", "/drip", "/announced/100"])
    func `an answer that does not end in time is given up`(path: String) async throws {
        await #expect(throws: WebError(.timedOut)) { _ = try await get(path, from: try client(), limit: .milliseconds(300)) }
    }

    @Test(arguments: ["/endless/200", "/announced/1001", "/bytes/1001"])
    func `a body beyond the limit is given up`(path: String) async throws {
        await #expect(throws: WebError(.tooLarge)) { _ = try await get(path, from: try client(), maximumBodyBytes: 1000) }
    }

    @Test func `a body as large as the limit is taken`() async throws {
        #expect(try await get("/bytes/1000", from: try client(), maximumBodyBytes: 1000).body.count == 1000)
        #expect(try await get("/bytes/0", from: try client(), maximumBodyBytes: 0).body.isEmpty)
    }

    @Test func `an endless error message is cut`() async throws {
        let response = try await get("/endless/500", from: try client(), maximumBodyBytes: 10)
        #expect(response.status == 500 && response.body.count <= 65_536)
        let announced = try await get("/status/404?bytes=70000", from: try client())
        #expect(announced.status == 404 && announced.body.isEmpty)
    }

    @Test func `an endless head, an answer that is none, and one cut short`() async throws {
        await #expect(throws: WebError(.malformed)) { _ = try await get("/endless-head", from: try client()) }
        await #expect(throws: WebError(.malformed)) { _ = try await get("/garbage", from: try client()) }
        await #expect(throws: WebError(.interrupted)) { _ = try await get("/cut", from: try client()) }
        await #expect(throws: WebError(.interrupted)) { _ = try await get("/nothing", from: try client()) }
    }

    @Test func `compressed bytes stay as they are`() async throws {
        let response = try await get("/bomb", from: try client())
        #expect(response.body.count < 100_000 && response.header("Content-Encoding") == "gzip")
        #expect(try await get("/transfer/chunked", from: try client()).body.count < 100_000)
        await #expect(throws: WebError(.malformed)) { _ = try await get("/transfer/gzip,chunked", from: try client()) }
    }

    @Test func `a host that is dead or has no address`() async throws {
        let client = try client()
        await #expect(throws: WebError(.unreachable)) { _ = try await client.send(try request("http://127.0.0.1:\(server.dead)/")) }
        // `.invalid` never resolves (RFC 6761). Without a name server at hand the resolver may be slow to say so.
        let nowhere = try request("http://nowhere.invalid/", limit: .milliseconds(2000))
        await #expect { _ = try await client.send(nowhere) } throws: { [WebError(.unresolved), WebError(.timedOut)].contains($0 as? WebError) }
    }

    @Test func `Retry-After is told in seconds`() async throws {
        #expect(try await get("/status/503?after=120", from: try client()).retryAfter == .seconds(120))
        #expect(try await get("/status/503", from: try client()).retryAfter == nil)
        #expect(try await get("/status/503?after=soon", from: try client()).retryAfter == nil)
        let date = try await get("/status/503?after=Fri,%2031%20Dec%202106%2023:59:59%20GMT", from: try client()).retryAfter
        #expect(date.map { $0 > .seconds(3600) } == true)
    }

    // MARK: TLS

    @Test func `only an authority that is trusted is believed, and only for its host`() async throws {
        let client = try client(authorities: server.certificateAuthorities)
        for host in ["localhost", "127.0.0.1"] {
            #expect(try await client.send(try request("https://\(host):\(server.https)/ok")).status == 200)
        }
        await #expect(throws: WebError(.untrusted)) { _ = try await client.send(try request("https://localhost:\(server.stranger)/ok")) }
        await #expect(throws: WebError(.untrusted)) { _ = try await client.send(try request("https://localhost:\(server.misnamed)/ok")) }
        let public_ = try self.client()
        await #expect(throws: WebError(.untrusted)) { _ = try await public_.send(try request("https://localhost:\(server.https)/ok")) }
    }

    @Test func `plain HTTP where TLS is expected is an interruption`() async throws {
        let client = try client(authorities: server.certificateAuthorities)
        await #expect(throws: WebError(.interrupted)) { _ = try await client.send(try request("https://127.0.0.1:\(server.http)/ok")) }
    }

    @Test(arguments: ["/nonexistent/ca.pem", "/", ""])
    func `a file of authorities that cannot be read is an error at once`(path: String) {
        #expect(throws: WebError(.certificateAuthorities)) { _ = try client(authorities: path) }
    }

    // MARK: Addresses

    @Test func `an address is judged after resolution and before anything is sent`() async throws {
        let asked = Mutex<Set<IPAddress>>([])
        let client = try WebClient { address in
            asked.withLock { _ = $0.insert(address) }
            return false
        }
        for host in ["127.0.0.1", "localhost", "2130706433"] {
            await #expect(throws: WebError(.addressRefused)) { _ = try await client.send(try request("http://\(host):\(server.http)/judged")) }
        }
        #expect(asked.withLock { $0.contains { $0.description == "127.0.0.1" } })
        #expect(try await get("/seen/judged", from: try self.client()).body == Array("0".utf8))
    }

    @Test func `a refused address is passed over where the host has another`() async throws {
        let client = try WebClient { $0.version == .v4 }
        #expect(try await client.send(try request("http://localhost:\(server.http)/ok")).status == 200)
    }

    // MARK: Ends

    @Test func `cancelling the task aborts the transfer`() async throws {
        let client = try client()
        let task = Task { try await get("/hang/cancelled", from: client) }
        while try await get("/seen/hang/cancelled", from: client).body != Array("1".utf8) { await Task.yield() }
        task.cancel()
        await #expect(throws: WebError(.cancelled)) { _ = try await task.value }
        let early = Task { try await get("/hang", from: client) }
        early.cancel()
        await #expect(throws: WebError(.cancelled)) { _ = try await early.value }
        #expect(try await get("/ok", from: client).status == 200)
    }

    @Test func `clients come and go`() async throws {
        for _ in 0..<50 { #expect(try await get("/ok", from: try client()).status == 200) }
        for _ in 0..<50 { _ = try client() }
    }

    @Test func `an error tells a reason and nothing of the request`() {
        for code in WebError.Code.allCases { #expect(WebError(code).description.hasPrefix("\(code.rawValue): ")) }
    }
}
