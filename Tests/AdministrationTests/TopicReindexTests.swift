import Contract
import Foundation
import Kafka
import MockCluster
import Testing
import WebClient
import WebServer

/// `sluice reindex` from the topics: where it begins, what it costs, and what it refuses.
@Suite(.needsStack, .timeLimit(.minutes(4)), .serialized)
struct `Reindexing from the topics, on real workers` {
    private let next = "t\(String(UInt32.random(in: 0 ... .max), radix: 36))"

    @Test func `it begins at a time or at offsets, and says what it misses`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            try await fleet.withWorkers([["ingest"]]) {
                try await fleet.publish(["early.txt": "early words"])
                let time = try #require(
                    try await fleet.strings("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')").first)
                try await fleet.publish(["late.txt": "late words"])
                let run = try await fleet.sluice(["reindex", "--into", next, "--from", time, "--gaps", "--yes", "--exit"])
                #expect(run.status == 0 && run.text.contains("will be missing"), "\(run.text)")
                let made =
                    "select subject from sluice.rendition join sluice.document using (tenant_id, document_id) join sluice.generation g using (generation_id) where g.name = '\(next)' and state = 1"
                #expect(try await fleet.strings(made) == ["late.txt"])
                let refused = try await fleet.sluice(["generation", "promote", next, "--yes"])
                #expect(refused.status == 1 && refused.text.contains("1 documents missing"), "\(refused.text)")
                // It has begun there, and cannot begin elsewhere.
                let again = try await fleet.sluice(["reindex", "--into", next, "--from", "0=0", "--gaps", "--yes", "--exit"])
                #expect(again.status == 1 && again.text.contains("has begun elsewhere"), "\(again.text)")
                let whole = try await fleet.sluice(["reindex", "--into", next, "--yes", "--exit"])
                #expect(whole.status == 1 && whole.text.contains("lacks what was published before"), "\(whole.text)")
                let nowhere = try await fleet.sluice(["reindex", "--into", "u\(next)", "--from", "999=0", "--yes"])
                #expect(nowhere.status == 1 && nowhere.text.contains("no partition sluice.documents/999"), "\(nowhere.text)")
                #expect(try await fleet.sluice(["reindex", "--into", "u\(next)", "--from", "soon", "--yes"]).status == 2)
            }
        }
    }

    @Test func `asked for again it is joined, given up it stays late, and a dropped generation comes back by no worker`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            #expect(try await fleet.sluice(["generation", "create", "g1"]).status == 0)
            let late = ["reindex", "--into", next, "--from", "30d", "--gaps", "--detach", "--yes"]
            #expect(try await fleet.sluice(late).status == 0)
            let again = try await fleet.sluice(late)
            #expect(again.status == 0 && again.text.contains("joining"), "\(again.text)")
            let other = try await fleet.sluice(["reindex", "--into", next, "--from", "1h", "--gaps", "--detach", "--yes"])
            #expect(other.status == 1 && other.text.contains("another reindex into \(next)"), "\(other.text)")
            #expect(try await fleet.sluice(["reindex", "--into", next, "--cancel", "--yes"]).status == 0)
            let whole = try await fleet.sluice(["reindex", "--into", next, "--detach", "--yes"])
            #expect(whole.status == 1 && whole.text.contains("lacks what was published before"), "\(whole.text)")

            #expect(try await fleet.sluice(["generation", "drop", next, "--yes"]).status == 0)
            let worker = try await fleet.sluice(["ingest"], settings: ["SLUICE_GENERATION": next])
            #expect(worker.status != 0 && worker.text.contains("was dropped"), "\(worker.text)")
            #expect(try await fleet.strings("select name from sluice.generation where dropped_at is null and generation_id > 0") == ["g1"])
            #expect(try await fleet.sluice(["generation", "create", next]).status == 0)
        }
    }

    /// Only where a broker deletes records: in a topic of the tenant's own.
    @Test func `where retention has passed it says which offsets are gone, and refuses`() async throws {
        try await Fleet.with { fleet async throws in
            let topic = "sluice.documents.\(fleet.tenant.text)"
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let admin = try KafkaAdmin(configuration: fleet.kafka)
            _ = try await admin.createTopic(topic, partitions: 1, replication: 1, config: [("cleanup.policy", "delete")])
            for number in 0..<4 {
                var message = KafkaMessage(topic: topic, key: Array("\(fleet.tenant)/wiki/d\(number)".utf8), value: nil, headers: [])
                message.timestampMilliseconds = Timestamp.now.microsecondsSinceEpoch / 1000
                _ = try await fleet.producer.send(message)
            }
            guard try await admin.deleteRecords(before: [KafkaTopicPartition(topic: topic, partition: 0): 2]) == .deleted else { return }
            let run = try await fleet.sluice(["reindex", "--into", next, "--yes", "--detach"])
            #expect(run.status == 1 && run.text.contains("\(topic)/0: offsets 0 to 1 are gone") && run.text.contains("--source stored"), "\(run.text)")
            let since = try await fleet.sluice(["reindex", "--into", next, "--from", "1h", "--yes", "--detach"])
            #expect(since.status == 1 && since.text.contains("\(topic)/0: begins at offset 2"), "\(since.text)")
            #expect(try await fleet.strings("select name from sluice.generation where name = '\(next)'") == [])
            #expect(try await fleet.sluice(["reindex", "--into", next, "--gaps", "--yes", "--detach"]).status == 0)
            // What retention takes meanwhile is not waited for.
            guard try await admin.deleteRecords(before: [KafkaTopicPartition(topic: topic, partition: 0): 4]) == .deleted else { return }
            let left = """
                select w.end_offset - w.start_offset || ' records' from sluice.reindex_watermark w join sluice.topic_incarnation i using (incarnation_id)
                where i.topic = '\(topic)'
                """
            #expect(try await fleet.strings(left) == ["2 records"])
            #expect(try await fleet.sluice(["reindex", "--status"]).status == 0)
            #expect(try await fleet.strings(left) == ["0 records"])
            try await admin.deleteTopic(topic)
        }
    }

    @Test func `an unchanged replay calls the model never and changes no row; other chunks embed what is new alone`() async throws {
        let server = try WebServer()
        let settings = [
            "SLUICE_EMBEDDING": "endpoint", "SLUICE_EMBEDDING_URL": "http://127.0.0.1:\(server.http)/embed/count", "SLUICE_EMBEDDING_MODEL": "m",
            "SLUICE_EMBEDDING_DIMENSION": "4",
        ]
        func embedded() async throws -> [String] {
            let asked = try JSON.parse(try await server.get("asked/count")).array ?? []
            // What the estimate measures the model's speed by is no text of a document.
            return asked.flatMap { $0["input"]?.array ?? [] }.compactMap(\.string).filter { !$0.hasPrefix("word word word") }
        }
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let long = (0..<40).map { "Sentence number \($0) of a long text." }.joined(separator: " ")
            try await fleet.withWorkers([["ingest"]], settings: settings) {
                try await fleet.publish(["a.txt": "alpha words", "b.md": "# Title\n\nbeta words", "long.txt": long])
            }
            let before = try await embedded()
            let rows = try await fleet.rows(of: "g1")
            #expect(before.count >= 3 && rows.count >= 15)

            // The whole topic again, into the same configuration.
            let ends = try await fleet.strings("select max(next_offset)::text from sluice.applied_position where consumer_group = 'sluice-ingest-g1'")
            try await fleet.tamper("update sluice.applied_position set next_offset = 0 where consumer_group = 'sluice-ingest-g1'")
            try await fleet.withWorkers([["ingest"]], settings: settings) {
                try await fleet.eventually {
                    try await fleet.strings("select max(next_offset)::text from sluice.applied_position where consumer_group = 'sluice-ingest-g1'") == ends
                }
            }
            #expect(try await embedded() == before)
            #expect(try await fleet.rows(of: "g1") == rows)

            // A generation of the same configuration: the cache has every text.
            func fill(_ generation: String, _ options: [String]) async throws {
                let run = try await fleet.sluice(["reindex", "--into", generation, "--yes", "--exit"] + options, settings: settings)
                #expect(run.status == 0, "\(run.text)")
            }
            try await fill(next, [])
            #expect(try await embedded() == before)
            #expect(try await fleet.rows(of: next, withWrites: false) == (try await fleet.rows(of: "g1", withWrites: false)))

            // Smaller chunks: short texts are what they were, and of the long one every part is new.
            try await fill("u\(next)", ["--chunk-tokens", "32", "--chunk-overlap", "0"])
            let new = try await embedded().dropFirst(before.count)
            #expect(!new.isEmpty && new.allSatisfy { $0.contains("of a long text") }, "\(new)")
            #expect(Set(new).count == new.count && Set(new).isDisjoint(with: before))
        }
    }

    @Test func `what cannot be done is refused, each with its reason`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let stored = try await fleet.sluice(["reindex", "--into", next, "--source", "stored", "--yes"])
            #expect(stored.status == 1 && stored.text.contains("no generation is live yet"), "\(stored.text)")
            try await fleet.withWorkers([["ingest"]]) { try await fleet.publish(["a.txt": "alpha"]) }
            for command in ["diff", "promote", "drop"] {
                let run = try await fleet.sluice(["generation", command, "nowhere"] + (command == "diff" ? [] : ["--yes"]))
                #expect(run.status == 1 && run.text.contains("there is no generation nowhere"), "\(run.text)")
            }
            let live = try await fleet.sluice(["reindex", "--into", "g1", "--yes"])
            #expect(live.status == 1 && live.text.contains("is the live generation"), "\(live.text)")
            let full = try await fleet.sluice(["reindex", "--into", next, "--yes"], settings: ["SLUICE_DATABASE_CAPACITY": "1048576"])
            #expect(full.status == 1 && full.text.contains("disk is nearly full"), "\(full.text)")
            #expect(try await fleet.strings("select name from sluice.generation where generation_id > 0") == ["g1"])

            // Written down and not done: neither promoted, nor begun again otherwise.
            #expect(try await fleet.sluice(["reindex", "--into", next, "--yes", "--detach"]).status == 0)
            let unfinished = try await fleet.sluice(["generation", "promote", next, "--yes"])
            #expect(unfinished.status == 1 && unfinished.text.contains("a reindex into it is under way"), "\(unfinished.text)")
            for other in [["--source", "stored"], ["--from", "1h"], ["--tenant", fleet.tenant.text]] {
                let run = try await fleet.sluice(["reindex", "--into", next, "--yes"] + other)
                #expect(run.status == 1 && run.text.contains("another reindex into \(next) is under way"), "\(run.text)")
            }

            // Ended while it works, and while it follows: as asked, and the live one is untouched.
            let rows = try await fleet.rows(of: "g1")
            let following = try fleet.start(["reindex", "--into", next, "--yes"])
            try await fleet.eventually { following.text.contains("is filled, and follows") }
            following.terminate()
            await following.ended()
            #expect(following.status == 0, "\(following.text)")
            #expect(try await fleet.rows(of: "g1") == rows)
        }
    }

    @Test func `a broker without topics is said to have none`() async throws {
        try await Fleet.with { fleet async throws in
            let cluster = try MockCluster(brokers: 1)
            let run = try await fleet.sluice(["reindex", "--into", next, "--yes"], settings: ["SLUICE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers])
            #expect(run.status == 1 && run.text.contains("no topic of documents: `sluice topics apply` makes it"), "\(run.text)")
        }
    }
}

extension WebServer {
    fileprivate func get(_ path: String) async throws -> [UInt8] {
        guard let url = WebURL("http://127.0.0.1:\(http)/\(path)") else { return [] }
        return try await WebClient { _ in true }.send(WebRequest(url, timeLimit: .seconds(60), maximumBodyBytes: 8 << 20)).body
    }
}
