import Glibc
import Synchronization
import Testing

@testable import HTTP

@Suite struct `HTTP server` {
    private let server: HTTPServer

    init() throws {
        server = try HTTPServer(port: 0) { path in
            switch path {
            case "/livez": HTTPResponse(body: "ok\n")
            case "/readyz": HTTPResponse(status: 503, body: "database\n")
            case "/metrics": HTTPResponse(contentType: "text/plain; version=0.0.4", body: String(repeating: "metric 1\n", count: 100_000))
            case "/empty": HTTPResponse(body: "")
            default: nil
            }
        }
    }

    @Test func `a path is answered with what the handler says`() throws {
        #expect(server.port != 0)
        let live = try exchange("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(live.hasPrefix("HTTP/1.1 200 ") && live.hasSuffix("\r\n\r\nok\n"))
        #expect(live.contains("Content-Type: text/plain; charset=utf-8\r\n"))
        let ready = try exchange("GET /readyz?verbose=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(ready.hasPrefix("HTTP/1.1 503 ") && ready.hasSuffix("\r\n\r\ndatabase\n"))
    }

    @Test func `a large body arrives whole and an empty one is fine`() throws {
        let metrics = try exchange("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(metrics.contains("Content-Length: 900000\r\n") && metrics.utf8.count > 900_000)
        let empty = try exchange("GET /empty HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(empty.hasPrefix("HTTP/1.1 200 ") && empty.contains("Content-Length: 0\r\n"))
    }

    @Test func `HEAD has the headers and no body`() throws {
        let answer = try exchange("HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("Content-Length: 3\r\n") && answer.hasSuffix("\r\n\r\n"))
    }

    @Test func `an unknown path is 404, another method 405 whatever its body`() throws {
        #expect(try exchange("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
        let post = try exchange("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        #expect(post.hasPrefix("HTTP/1.1 405 ") && post.contains("Allow: GET, HEAD\r\n"))
        #expect(try exchange("DELETE /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 405 "))
    }

    @Test func `garbage harms nobody`() throws {
        _ = try exchange("\0\u{1}\r\n\r\n", thenEnds: true)
        _ = try exchange("GET\r\n\r\n", thenEnds: true)
        #expect(try exchange("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func `a connection serves several requests`() throws {
        let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        let answer = try exchange(request + "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.split(separator: "HTTP/1.1 200 ").count == 2)
    }

    @Test func `a taken port and an address that is none are told apart`() throws {
        #expect(throws: HTTPError(code: .addressInUse, address: "127.0.0.1", port: server.port)) {
            _ = try HTTPServer(port: server.port) { _ in nil }
        }
        #expect(throws: HTTPError(code: .invalidAddress, address: "localhost", port: 0)) {
            _ = try HTTPServer(address: "localhost", port: 0) { _ in nil }
        }
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        #expect(throws: HTTPError(code: .addressUnavailable, address: "192.0.2.1", port: 0)) {
            _ = try HTTPServer(address: "192.0.2.1", port: 0) { _ in nil }
        }
    }

    @Test func `once stopped, the port is free again and the handler is let go`() throws {
        final class Witness: Sendable {}
        weak var released: Witness?
        let port: UInt16
        do {
            let witness = Witness()
            released = witness
            let server = try HTTPServer(port: 0) { [witness] _ in withExtendedLifetime(witness) { nil } }
            port = server.port
            server.stop()
            server.stop()
        }
        #expect(released == nil)
        let successor = try HTTPServer(port: port) { _ in nil }
        successor.stop()
    }

    /// Sends the request and reads until the server closes.
    ///
    /// - Parameter thenEnds: closes our half first, so that a server still waiting for more learns that there is none.
    private func exchange(_ request: String, thenEnds: Bool = false) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let address = try #require(SocketAddress("127.0.0.1", port: server.port))
        let connected = address.withPointer { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        try #require(connected == 0)
        let bytes = Array(request.utf8)
        try #require(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        if thenEnds { shutdown(descriptor, Int32(SHUT_WR)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
