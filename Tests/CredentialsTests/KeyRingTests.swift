import Contract
import Foundation
import Testing
import TokenSigning
import WebClient
import WebServer

@testable import Credentials

/// Keys that turn, that are kept, and that run out.
struct KeyRingTests {
    private let issuer: Issuer
    private let next: SigningKey
    private let clock = TestClock()

    init() throws {
        issuer = try Issuer.shared.get()
        next = try SigningKey(.ed25519)
    }

    private func keySet(_ keys: [String: SigningKey]) throws -> [UInt8] {
        Array(Token.keySet(try keys.map { try Token.key($1, id: $0) }).utf8)
    }

    private func ring(_ source: some KeySource, keepFor: Duration = .seconds(3600)) -> KeyRing {
        KeyRing(source, keepFor: keepFor, log: .silent) { [clock] in clock.now }
    }

    private func refusal(_ id: String, in ring: KeyRing) async -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try await ring.key(id, for: .eddsa)
            return nil
        } catch {
            return error
        }
    }

    @Test func `keys are read once and used`() async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        for _ in 0..<100 { #expect(await refusal("a", in: ring) == nil) }
        #expect(source.readings == 1)
    }

    @Test func `many uses at once wait for one reading`() async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        await withTaskGroup(of: TokenRefusal?.self) { group in
            for _ in 0..<50 { group.addTask { await refusal("a", in: ring) } }
            for await refusal in group { #expect(refusal == nil) }
        }
        #expect(source.readings == 1)
    }

    @Test func `a new key is found when a token names it, and a name that is never there costs one reading a pause`() async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        try await ring.load()
        source.publish(.success(try keySet(["a": issuer.ed, "b": next])))
        #expect(await refusal("b", in: ring) == .unknownKey)
        clock.advance(.seconds(30))
        #expect(await refusal("b", in: ring) == nil && source.readings == 2)
        for number in 0..<100 { #expect(await refusal("x\(number)", in: ring) == .unknownKey) }
        #expect(source.readings == 2)
        clock.advance(.seconds(30))
        for number in 0..<100 { #expect(await refusal("x\(number)", in: ring) == .unknownKey) }
        #expect(source.readings == 3)
        #expect(await refusal("a", in: ring) == nil)
    }

    @Test func `a key that is withdrawn is believed no longer than its set may be old`() async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        try await ring.load()
        source.publish(.success(try keySet(["b": next])))
        clock.advance(.seconds(239))
        #expect(await refusal("a", in: ring) == nil && source.readings == 1)
        clock.advance(.seconds(61))
        #expect(await refusal("a", in: ring) == .unknownKey && source.readings == 2)
    }

    @Test func `keys are read again before they are too old, while they are used`() async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        try await ring.load()
        clock.advance(.seconds(240))
        #expect(await refusal("a", in: ring) == nil)
        // Waits for the reading that was started and not waited for.
        try await ring.load()
        #expect(source.readings == 2)
        clock.advance(.seconds(239))
        #expect(await refusal("a", in: ring) == nil && source.readings == 2)
    }

    @Test(arguments: [KeyError(.unavailable), KeyError(.malformed)])
    func `the last good keys are kept while there are no others, for so long and no longer`(_ error: KeyError) async throws {
        let source = TestKeySource(try keySet(["a": issuer.ed]))
        let ring = ring(source)
        try await ring.load()
        source.publish(error.code == .malformed ? .success(Array("<html>".utf8)) : .failure(error))
        clock.advance(.seconds(3599))
        #expect(await refusal("a", in: ring) == nil && source.readings == 2)
        #expect(await refusal("b", in: ring) == .unknownKey)
        clock.advance(.seconds(1))
        #expect(await refusal("a", in: ring) == .noKeys)
        source.publish(.success(try keySet(["a": issuer.ed])))
        clock.advance(.seconds(30))
        // A source that was down is tried behind the queries' backs.
        _ = await refusal("a", in: ring)
        try await ring.load()
        #expect(await refusal("a", in: ring) == nil)
    }

    @Test func `without keys nobody is believed`() async throws {
        let source = TestKeySource([])
        source.publish(.failure(KeyError(.unavailable)))
        let ring = ring(source)
        await #expect(throws: KeyError(.unavailable)) { try await ring.load() }
        #expect(await refusal("a", in: ring) == .noKeys)
        #expect(await issuer.check(keys: ring).refusal(try issuer.token()) == .noKeys)
    }

    @Test func `a file is read again when it has changed`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-keys-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        let ring = ring(FileKeySource(file.path))
        await #expect(throws: KeyError(.unavailable)) { try await ring.load() }
        try Data(keySet(["a": issuer.ed])).write(to: file)
        clock.advance(.seconds(1))
        try await ring.load()
        #expect(await refusal("a", in: ring) == nil)
        // In place, and replaced.
        for (ids, isAtomic) in [("b", false), ("c", true)] {
            try Data(keySet([ids: next])).write(to: file, options: isAtomic ? .atomic : [])
            clock.advance(.seconds(1))
            #expect(await refusal(ids, in: ring) == nil)
            #expect(await refusal("a", in: ring) == .unknownKey)
        }
        try FileManager.default.removeItem(at: file)
        clock.advance(.seconds(1))
        #expect(await refusal("c", in: ring) == nil)
        clock.advance(.seconds(3600))
        #expect(await refusal("c", in: ring) == .noKeys)
    }

    @Test func `a folder, a pipe and an endless file are no keys`() async throws {
        let pipe = FileManager.default.temporaryDirectory.appending(path: "sluice-keys-\(UUID())")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(at: pipe) }
        for path in ["/tmp", pipe.path, "/dev/zero", "/none/there"] {
            await #expect(throws: KeyError(.unavailable)) { try await FileKeySource(path).read() }
        }
    }

    // MARK: on a server

    private static let server = Result { try WebServer() }

    private func publish(_ keys: [UInt8], _ name: String) async throws {
        let client = try WebClient { _ in true }
        let url = try #require(WebURL("http://127.0.0.1:\(Self.server.get().http)/kept/\(name)"))
        _ = try await client.send(WebRequest(url, json: keys, timeLimit: .seconds(60), maximumBodyBytes: 1 << 20))
    }

    private func source(_ path: String, port: KeyPath<WebServer, Int> = \.https) throws -> WebKeySource {
        let server = try Self.server.get()
        return try WebKeySource(
            try #require(WebURL("https://localhost:\(server[keyPath: port])\(path)")), certificateAuthorities: server.certificateAuthorities,
            maximumAge: .seconds(300))
    }

    @Test func `keys come from a server and turn there`() async throws {
        try await publish(keySet(["a": issuer.ed]), "turning")
        let ring = ring(try source("/kept/turning"))
        try await ring.load()
        #expect(await refusal("a", in: ring) == nil)
        try await publish(keySet(["b": next]), "turning")
        clock.advance(.seconds(30))
        #expect(await refusal("b", in: ring) == nil)
        #expect(await refusal("a", in: ring) == .unknownKey)
    }

    @Test(arguments: ["/missing", "/status/500", "/status/204", "/redirect/302?to=/kept/turning", "/cut", "/garbage"])
    func `an answer that has no keys is none`(_ path: String) async throws {
        await #expect(throws: KeyError(.unavailable)) { try await source(path).read() }
    }

    @Test func `an endless answer is none, and neither is one that nobody vouches for`() async throws {
        await #expect(throws: KeyError(.malformed)) { try await source("/endless/200").read() }
        for port in [\WebServer.stranger, \.misnamed, \.dead] {
            await #expect(throws: KeyError(.unavailable)) { try await source("/ok", port: port).read() }
        }
    }
}
