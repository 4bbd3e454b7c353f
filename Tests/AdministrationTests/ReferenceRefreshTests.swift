import Contract
import Foundation
import Index
import Kafka
import Testing
import Transport

/// Files that documents refer to, changed after they were indexed.
@Suite(.needsStack, .timeLimit(.minutes(2)), .serialized)
struct `Content by reference, asked for again on real workers` {
    @Test func `a file that has changed is indexed anew as the same version, and nothing is told twice`() async throws {
        try await Fleet.with { fleet async throws in
            let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-references-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appending(path: "page.txt")
            try Data("gamma first".utf8).write(to: file)
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            let record = OutboundRecord(
                topic: "sluice.documents", key: Array("\(name)/wiki/page".utf8), value: Array("{}".utf8),
                headers: [
                    ("ce_specversion", "1.0"), ("ce_id", "\(UUID())"), ("ce_type", EventType.documentUpserted.rawValue), ("ce_dataref", "file://\(file.path)"),
                ].map { RecordHeader($0, $1) })
            _ = try await fleet.producer.send(KafkaMessage(record))
            let settings = ["SLUICE_REFERENCE_FOLDERS": folder.path, "SLUICE_REFERENCE_REFRESH": "86400000"]
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

            try Data("gamma second".utf8).write(to: file)
            try await due()
            try await text("second", is: "gamma second")
            #expect(try await fleet.strings(versions) == version)
            #expect(try await fleet.strings(outcomes) == told)

            // What cannot be had any more stays as it was.
            try FileManager.default.removeItem(at: file)
            try await due()
            let soon = "select '' from sluice.reference_refresh where due_at between now() + interval '5 minutes' and now() + interval '11 minutes'"
            while try await fleet.strings(soon).isEmpty { try Task.checkCancellation() }
            try await text("second", is: "gamma second")
            try Data("gamma third".utf8).write(to: file)
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
