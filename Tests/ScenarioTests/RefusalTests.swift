import Foundation
import Postgres
import Testing

/// A retrieval worker on a database whose policies were tampered with.
@Suite(.needsStack) struct RefusalTests {
    @Test func `retrieval serves nothing where a policy is missing, and says so`() async throws {
        let serverURL = try #require(Workers.environment["SLUICE_DATABASE_URL"])
        let name = "sluice_refusal_\(UInt64.random(in: 0 ... .max))"
        var location = try #require(URLComponents(string: serverURL))
        location.path = "/\(name)"
        let url = try #require(location.string)
        try await Self.execute("create database \(name)", serverURL)
        let result: Swift.Result<Void, any Error>
        do { result = .success(try await Self.refuse(url)) } catch { result = .failure(error) }
        try await Self.execute("drop database \(name) with (force)", serverURL)
        try result.get()
    }

    private static func refuse(_ url: String) async throws {
        let program = Program(databaseURL: url)
        try await program.run(["migrate"])
        try await execute("drop policy asker on sluice.chunk", url)
        let ended = AsyncStream<String>.makeStream()
        let process = try program.start(["retrieve"]) {
            ended.continuation.yield($0)
            ended.continuation.finish()
        }
        var words = ""
        for await last in ended.stream { words += last }
        #expect(process.status == 5, "\(words)")
        #expect(words.contains("sluice.chunk has no policy for reading") && words.contains("nothing is served"), "\(words)")
    }

    private static func execute(_ sql: String, _ url: String) async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url, applicationName: "sluice scenarios"))
        try await connection.withSession { try $0.executeScript(sql) }
        await connection.close()
    }
}
