import Contract
import Foundation
import Testing

@testable import sluice

@Suite struct `Publishing` {
    private let key: RecordKey

    init() throws {
        key = RecordKey(
            tenant: try #require(TenantID("acme")), source: try #require(SourceName("wiki")), subject: try #require(Subject("hr/parental leave.md")))
    }

    /// What a worker makes of an event.
    private func decoded(_ event: SourceEvent) throws -> Event {
        let record = event.record(at: Timestamp(microsecondsSinceEpoch: 0))
        let inbound = InboundRecord(
            position: RecordPosition(topic: record.topic, partition: 0, offset: 0), timestampMilliseconds: 0, key: record.key, value: record.value,
            headers: record.headers)
        let topic = try #require(InputTopicName(record.topic))
        guard case .event(let event) = EventDecoder.decode(inbound, on: topic, isRegistered: { $0.text == "acme" }) else {
            throw ClientError("rejected")
        }
        return event
    }

    @Test func `a document arrives as it was published`() throws {
        let details = DocumentDetails(
            mediaType: "text/markdown", title: "Ti\"tle", uri: "https://x.example/a", container: Subject("hr"), language: "en",
            modifiedAt: Timestamp(rfc3339: "2026-03-01T09:00:00Z"))
        let published = SourceEvent.document(key, content: Array("# Größe\r\n".utf8), details)
        let event = try decoded(published)
        #expect(event.key == key)
        #expect(event.id == published.id)
        guard case .documentUpserted(let document) = event.payload else { throw ClientError("no document") }
        #expect(document.content == .text(Array("# Größe\r\n".utf8)))
        #expect(document.mediaType == details.mediaType)
        #expect(document.title == details.title)
        #expect(document.uri == details.uri)
        #expect(document.language == details.language)
        #expect(document.modifiedAt == details.modifiedAt)
        #expect(document.facts.container == details.container)
    }

    @Test(arguments: [[0xFF], [0, 1], [0xE4, 0xF6, 0xFC, 0x80], Array(0...255)] as [[UInt8]])
    func `bytes that are no text travel in base64`(content: [UInt8]) throws {
        guard case .documentUpserted(let document) = try decoded(.document(key, content: content, DocumentDetails())).payload else {
            throw ClientError("no document")
        }
        #expect(document.content == .bytes(content))
    }

    @Test func `entries, memberships and their removal arrive as they were published`() throws {
        let list = AccessList(allow: [try #require(Principal("group:okta/staff"))], deny: [try #require(Principal("user:mallory"))])
        let parent = try #require(Subject("all"))
        guard case .permissionsChanged(let entry) = try decoded(.permissions(key, list: list, parent: parent)).payload else {
            throw ClientError("no entry")
        }
        #expect(entry == PermissionsChanged(list: list, parent: parent))
        guard case .permissionsChanged(let inherited) = try decoded(.permissions(key, list: nil, parent: parent)).payload else {
            throw ClientError("no entry")
        }
        #expect(inherited.list == nil)
        guard case .groupChanged(let group) = try decoded(.group(key, members: list.allow)).payload else { throw ClientError("no group") }
        #expect(group.members == list.allow)
        guard case .permissionsRemoved = try decoded(.permissionsRemoved(key)).payload, case .groupRemoved = try decoded(.groupRemoved(key)).payload,
            case .documentDeleted = try decoded(.documentDeleted(key)).payload
        else { throw ClientError("no removal") }
    }

    @Test func `ids differ and have 32 digits`() {
        let ids = Set((0..<100).map { _ in randomID() })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { $0.count == 32 })
    }

    @Test func `media types come from endings, and endings can be told`() throws {
        let table = try MediaTypeTable(overrides: ["adoc=text/plain", "MD=text/plain"])
        #expect(table[path: "a/b.HTML"] == "text/html")
        #expect(table[path: "a/b.adoc"] == "text/plain")
        #expect(table[path: "b.md"] == "text/plain")
        #expect(table[path: "a.html/b"] == nil)
        #expect(table[path: ".html"] == nil)
        #expect(throws: UsageError.self) { try MediaTypeTable(overrides: ["adoc"]) }
    }

    @Test func `a uri is its base and the subject, encoded but for slashes`() {
        #expect(uri("https://x.example/a", "hr/leave & more ü.md") == "https://x.example/a/hr/leave%20%26%20more%20%C3%BC.md")
        #expect(uri("https://x.example/a/", "\n") == "https://x.example/a/%0A")
    }

    @Test func `folders are walked in byte order, without hidden files and circles`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(randomID())").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/b/.git", withIntermediateDirectories: true)
        for name in ["b/z.txt", "b/B.txt", "a.txt", ".hidden", "b/.git/config", "é.txt"] {
            #expect(FileManager.default.createFile(atPath: "\(root)/\(name)", contents: Data("x".utf8)))
        }
        try FileManager.default.createSymbolicLink(atPath: root + "/b/loop", withDestinationPath: root)
        try FileManager.default.createSymbolicLink(atPath: root + "/link.txt", withDestinationPath: root + "/a.txt")
        #expect(try FileTree.files(at: [root]).map(\.subject) == ["a.txt", "b/B.txt", "b/z.txt", "link.txt", "é.txt"])
        #expect(try FileTree.files(at: [root + "/b/z.txt"]).map(\.subject) == ["z.txt"])
        #expect(throws: UsageError.self) { try FileTree.files(at: [root, root + "/a.txt"]) }
        #expect(throws: ClientError.self) { try FileTree.files(at: [root + "/none"]) }
    }

    @Test func `an outcome counts once, for who waits for it, when it is final`() throws {
        func report(_ outcome: String, offset: Int) throws -> OutcomeReport {
            try #require(
                OutcomeReport(
                    value: Array(
                        """
                        {"outcome": "\(outcome)", "code": null, "reason": null, "generation": "g1", "chunks": 12, "embedded": 3, "reused": 9,
                         "position": {"topic": "sluice.documents", "partition": 2, "offset": \(offset)}}
                        """.utf8)))
        }
        let position = RecordPosition(topic: "sluice.documents", partition: 2, offset: 41)
        var pending = PendingOutcomes()
        pending.expect([position])
        #expect(!pending.receive(try report("indexed", offset: 40)))
        #expect(!pending.receive(try report("deferred", offset: 41)))
        #expect(pending.count == 1)
        #expect(pending.receive(try report("indexed", offset: 41)))
        #expect(!pending.receive(try report("indexed", offset: 41)))
        #expect(pending.count == 0)
        #expect(pending.reports[position]?.counts == Outcome.ChunkCounts(chunks: 12, embedded: 3, reused: 9))
        #expect(OutcomeReport(value: nil) == nil)
        #expect(OutcomeReport(value: Array("{}".utf8)) == nil)
    }

    @Test func `a summary names what was rejected and why`() throws {
        let value = """
            {"outcome": "rejected", "code": "invalid_text", "reason": "the content holds a NUL", "chunks": 0, "embedded": 0, "reused": 0,
             "position": {"topic": "sluice.documents", "partition": 0, "offset": 0}}
            """
        var summary = PublishSummary()
        summary.add(try #require(OutcomeReport(value: Array(value.utf8))), subject: "a\u{1B}[31m.bin")
        summary.addTooLarge(subject: "big.txt")
        #expect(summary.rejected == 2)
        #expect(
            summary.render(elapsed: .milliseconds(500)) == """
                2 documents in 0.5 s (4/s): 0 indexed, 2 rejected
                0 chunks: 0 embedded, 0 reused

                REJECTED    CODE          WHY
                a [31m.bin  invalid_text  the content holds a NUL
                big.txt     too_large     larger than a record may be (8 MiB); it was not sent

                """)
    }
}
