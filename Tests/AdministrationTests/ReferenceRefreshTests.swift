import Contract
import Foundation
import Index
import Kafka
import Testing
import Transport
import WebClient
import WebServer

/// Files and pages that documents refer to, changed after they were indexed.
@Suite(.needsStack, .timeLimit(.minutes(2)), .serialized)
struct `Content by reference, asked for again on real workers` {
    @Test(arguments: [false, true])
    func `content that has changed is indexed anew as the same version, and nothing is told twice`(isPage: Bool) async throws {
        let content: any ReferredContent = if isPage { try Page() } else { try File() }
        defer { content.end() }
        try await Fleet.with { fleet async throws in
            try await content.put("gamma first")
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            let record = OutboundRecord(
                topic: "sluice.documents", key: Array("\(name)/wiki/page".utf8), value: Array("{}".utf8),
                headers: [
                    ("ce_specversion", "1.0"), ("ce_id", "\(UUID())"), ("ce_type", EventType.documentUpserted.rawValue), ("ce_dataref", content.reference),
                ].map { RecordHeader($0, $1) })
            _ = try await fleet.producer.send(KafkaMessage(record))
            let settings = content.settings.merging(["SLUICE_REFERENCE_REFRESH": "86400000"]) { $1 }
            let (ingest, retrieve) = (try fleet.start(["ingest"], settings: settings), try fleet.start(["retrieve"]))
            try await ingest.joins(["sluice-registrar", "sluice-ingest-g1"])
            try await retrieve.joins(["sluice-retrieval"])
            let workers = [ingest, retrieve]
            #expect(try await fleet.sluice(["permit", "page", "--tenant", name, "--source", "wiki", "--allow", "everyone"]).status == 0)
            func due() async throws {
                while try await fleet.strings("update sluice.reference_refresh set due_at = now() where lease is null returning ''").isEmpty {
                    try Task.checkCancellation()
                }
            }
            func text(_ question: String, is expected: String?) async throws {
                while true {
                    let run = try await fleet.sluice(["query", question, "--tenant", name, "--as", "user:alice", "--mode", "lexical", "--json"])
                    let hits = try JSON.parse(Array(run.text.utf8))["hits"]?.array ?? []
                    if hits.first?["text"]?.string == expected { return }
                    try Task.checkCancellation()
                }
            }
            try await text("gamma", is: "gamma first")
            let outcomes = "select concat_ws(' ', consumer_group, outcome, record_offset) from sluice.outcome where consumer_group like '%ingest%' order by 1"
            let told = try await fleet.strings(outcomes)
            #expect(told.count == 1)
            let versions = "select concat_ws(' ', record_offset, state) from sluice.rendition where tenant_id > 0"
            let version = try await fleet.strings(versions)

            try await due()
            try await content.seesNoChange()
            try await content.put("gamma second")
            try await due()
            try await text("second", is: "gamma second")
            #expect(try await fleet.strings(versions) == version)
            #expect(try await fleet.strings(outcomes) == told)

            // What cannot be had any more stays as it was.
            try await content.put(nil)
            try await due()
            let soon = "select '' from sluice.reference_refresh where due_at between now() + interval '5 minutes' and now() + interval '11 minutes'"
            while try await fleet.strings(soon).isEmpty { try Task.checkCancellation() }
            try await text("second", is: "gamma second")
            try await content.put("gamma third")
            try await due()
            try await text("third", is: "gamma third")
            for worker in workers {
                worker.terminate()
                await worker.ended()
                #expect(worker.status == 0, "\(worker.text.suffix(2000))")
            }
        }
    }
}

/// What a document refers to.
private protocol ReferredContent: Sendable {
    var reference: String { get }
    /// That allow it.
    var settings: [String: String] { get }
    /// Nothing: it is not there.
    func put(_ text: String?) async throws
    /// Once it has been asked for again.
    func seesNoChange() async throws
    func end()
}

private struct File: ReferredContent {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-references-\(UUID())")
    private var file: URL { folder.appending(path: "page.txt") }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    var reference: String { "file://\(file.path)" }
    var settings: [String: String] { ["SLUICE_REFERENCE_FOLDERS": folder.path] }

    func put(_ text: String?) throws {
        if let text { try Data(text.utf8).write(to: file) } else { try FileManager.default.removeItem(at: file) }
    }

    func seesNoChange() {}

    func end() { try? FileManager.default.removeItem(at: folder) }
}

private struct Page: ReferredContent {
    private let server: WebServer
    private let name = "page-\(UUID())"
    private var base: String { "http://127.0.0.1:\(server.http)" }

    init() throws { server = try WebServer() }

    var reference: String { "\(base)/kept/\(name)?tagged=1" }
    var settings: [String: String] { ["SLUICE_REFERENCE_HOSTS": base, "SLUICE_REFERENCE_PRIVATE_NETWORKS": "127.0.0.1"] }

    func put(_ text: String?) async throws {
        let url = try #require(WebURL("\(base)/kept/\(name)"))
        let request = WebRequest(url, json: Array((text ?? "").utf8), timeLimit: .seconds(60), maximumBodyBytes: 1000)
        _ = try await WebClient { _ in true }.send(request)
    }

    /// It is asked with the tag that came with it, and sends it once.
    func seesNoChange() async throws {
        let url = try #require(WebURL("\(base)/asked/\(name)"))
        while true {
            let body = try await WebClient { _ in true }.send(WebRequest(url, timeLimit: .seconds(60), maximumBodyBytes: 1 << 20)).body
            let statuses = (try JSON.parse(body).array ?? []).compactMap(\.integer)
            #expect(statuses.filter { $0 == 200 }.count == 1)
            if statuses.last == 304 { return }
            try Task.checkCancellation()
        }
    }

    func end() {}
}
