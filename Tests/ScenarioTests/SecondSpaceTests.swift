import Contract
import Foundation
import Kafka
import Testing
import WebClient
import WebServer

/// Generations of two embedding spaces side by side, through the workers themselves.
///
/// Each test's second generation has a name, and so a consumer group, of its own: the embedded broker may take a group that is used again for one that still
/// has its old member.
@Suite(.needsStack, .timeLimit(.minutes(4)), .serialized) struct SecondSpaceTests {
    private static let documents = [
        "leave": "Parents are entitled to fourteen weeks of paid leave after the birth of a child. Tell your manager two months before.",
        "travel": "Travel costs are paid back within ten days. Hand in the original receipts for train, flight and hotel together with the form.",
        "password": "Passwords have at least sixteen characters. Never write them down, and never tell them to anybody, not even to the service desk.",
        "canteen": "The canteen serves lunch from half past eleven to two o'clock. There is a vegetarian dish every day, and fish on Fridays.",
        "parking": "Bicycles may be left in the basement. Cars need a permit for the car park, which the reception hands out every January.",
    ]

    @Test(.enabled(if: SecondModel.isInstalled, Comment(rawValue: SecondModel.hint)))
    func `a second space is built beside the first, made live, asked in other languages, and left again`() async throws {
        let model = try SecondModel()
        let settings = [
            "SLUICE_EMBEDDING": "stub, endpoint", "SLUICE_EMBEDDING_URL": model.url, "SLUICE_EMBEDDING_MODEL": "multilingual-e5-small",
            "SLUICE_EMBEDDING_DIMENSION": "384", "SLUICE_EMBEDDING_INPUT_TYPES": "query, passage", "SLUICE_EMBEDDING_QUERY_TIMEOUT": "60000",
        ]
        try await Workers.with(settings: settings) {
            let workers = try #require(Workers.running)
            for (subject, text) in Self.documents { #expect(try await workers.publish(subject, text)["outcome"]?.string == "indexed") }
            // The first space's vectors are hashes: they find a text by itself, and nothing else.
            func finds(_ subject: String, by question: String, in generation: String) async throws {
                let answer = try await workers.ask(question)
                #expect(answer["status"]?.string == "ok" && answer["generation"]?.string == generation)
                #expect(answer["hits"]?.array?.first?["document"]?.string == subject, "\(question)")
            }
            try await finds("leave", by: Self.documents["leave"] ?? "", in: "g1")

            try workers.start(["ingest", "--no-registrar"], settings: ["SLUICE_GENERATION": "multilingual", "SLUICE_EMBEDDING": "endpoint"])
            try await workers.waits(for: "multilingual", toHave: Self.documents.count)
            try await finds("travel", by: Self.documents["travel"] ?? "", in: "g1")

            try await workers.promote("multilingual")
            for (subject, question) in [
                ("leave", "Combien de semaines de congé ont les parents après une naissance ?"), ("travel", "出差的费用什么时候报销？"),
                ("password", "Wie lang muss ein Kennwort sein?"), ("canteen", "¿Cuándo se puede almorzar?"),
            ] { try await finds(subject, by: question, in: "multilingual") }

            try await workers.rollBack()
            for (subject, text) in Self.documents { try await finds(subject, by: text, in: "g1") }
            #expect(
                try await workers.strings("select distinct embedding_space from sluice.embedding_cache order by 1")
                    == ["multilingual-e5-small@endpoint/384/unit/input_type \"passage\"", "stub@1/384/unit"])
        }
    }

    @Test func `queries follow the live generation from one space to another and back, and words need no model`() async throws {
        let server = try WebServer()
        let settings = [
            "SLUICE_EMBEDDING": "endpoint, stub", "SLUICE_EMBEDDING_URL": "http://127.0.0.1:\(server.http)/embed/unordered",
            "SLUICE_EMBEDDING_MODEL": "m", "SLUICE_EMBEDDING_DIMENSION": "4",
        ]
        try await Workers.with(settings: settings) {
            let workers = try #require(Workers.running)
            for (subject, text) in Self.documents { #expect(try await workers.publish(subject, text)["outcome"]?.string == "indexed") }
            try workers.start(["ingest", "--no-registrar"], settings: ["SLUICE_GENERATION": "hashes", "SLUICE_EMBEDDING": "stub, endpoint"])
            try await workers.waits(for: "hashes", toHave: Self.documents.count)
            func everyTextFindsItself(in generation: String) async throws {
                for (subject, text) in Self.documents {
                    let answer = try await workers.ask(text)
                    #expect(answer["status"]?.string == "ok" && answer["generation"]?.string == generation)
                    #expect(answer["hits"]?.array?.first?["document"]?.string == subject)
                }
            }
            try await everyTextFindsItself(in: "g1")
            try await workers.promote("hashes")
            try await everyTextFindsItself(in: "hashes")
            try await workers.rollBack()
            try await everyTextFindsItself(in: "g1")
            // A space that no model at hand has, and back.
            try await workers.execute("update sluice.generation set embedding_space = 'gone/4' where name = 'g1'")
            for _ in 0..<2 { #expect(try await workers.ask("receipts")["status"]?.string == "unavailable") }
            let words = try await workers.ask("receipts", mode: "lexical")
            #expect(words["status"]?.string == "ok" && words["hits"]?.array?.first?["document"]?.string == "travel")
            try await workers.promote("hashes")
            #expect(try await workers.ask("receipts")["generation"]?.string == "hashes")
        }
    }

    @Test func `an endpoint that is away buries nothing, and one that refuses a text rejects that document alone`() async throws {
        let server = try WebServer()
        let settings = [
            "SLUICE_EMBEDDING": "endpoint", "SLUICE_EMBEDDING_URL": "http://127.0.0.1:\(server.http)/embed/gate", "SLUICE_EMBEDDING_MODEL": "m",
            "SLUICE_EMBEDDING_DIMENSION": "4",
        ]
        try await Workers.with(settings: settings) {
            let workers = try #require(Workers.running)
            let texts = ["one": "some words", "bad": "unembeddable words", "two": "other words"]
            var places: [String: Mailbox.Address] = [:]
            for (subject, text) in texts { places[subject] = try await workers.send(subject, text) }
            // Tried more than once, so it is not given up after the first.
            while try await (JSON.parse(server.get("asked/gate")).array ?? []).count < 3 {
                try workers.mailbox.check()
                try await Task.sleep(for: .milliseconds(50))
            }
            let ended = "select topic from sluice.outcome join sluice.topic_incarnation using (incarnation_id) where topic = 'sluice.documents'"
            #expect(try await workers.strings(ended) == [])
            _ = try await server.get("gate/gate")
            for (subject, place) in places {
                let outcome = try await workers.mailbox.read(place)
                #expect(outcome["outcome"]?.string == (subject == "bad" ? "rejected" : "indexed"), "\(subject)")
                #expect(outcome["code"]?.string == (subject == "bad" ? "embedding_rejected" : nil))
            }
            let answer = try await workers.ask("some words")
            #expect(answer["hits"]?.array?.compactMap { $0["document"]?.string }.sorted() == ["one", "two"])
            #expect(try await workers.ask("unembeddable")["error"]?["code"]?.string == "embedding_rejected")
        }
    }
}

extension Workers {
    fileprivate static let source = "handbook"

    /// Publishes a document that everyone may see.
    /// - Returns: where its outcome will be.
    fileprivate func send(_ subject: String, _ text: String) async throws -> Mailbox.Address {
        let id = "\(subject)-\(UUID())"
        for message in [
            KafkaMessage.event(.permissions, .permissionsChanged, ["allow": ["everyone"]], tenant, Self.source, subject, id: "list-\(id)"),
            .event(.documents, .documentUpserted, ["text": text, "mediaType": "text/plain"], tenant, Self.source, subject, id: id),
        ] {
            let (partition, offset) = try await producer.send(message)
            if message.topic == InputTopic.documents.rawValue { return .outcome(topic: message.topic, partition: partition, offset: offset) }
            _ = try await mailbox.read(.outcome(topic: message.topic, partition: partition, offset: offset))
        }
        throw ScenarioError("nothing was published")
    }

    fileprivate func publish(_ subject: String, _ text: String) async throws -> JSON {
        try await mailbox.read(try await send(subject, text))
    }

    fileprivate func ask(_ text: String, mode: String = "vector") async throws -> JSON {
        let id = UUID().uuidString
        _ = try await producer.send(.search(text, mode: mode, user: "alice", limit: 3, tenant: tenant, source: Self.source, id: id))
        return try await mailbox.read(.result(id))
    }

    /// Until a generation that is not live, and so tells nothing, has made so many renditions.
    fileprivate func waits(for generation: String, toHave count: Int) async throws {
        let made = "select count(*)::text from sluice.rendition join sluice.generation using (generation_id) where name = '\(generation)' and state = 1"
        while try await strings(made) != ["\(count)"] {
            try mailbox.check()
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    fileprivate func promote(_ generation: String) async throws { try await run(["generation", "promote", generation, "--yes"]) }

    fileprivate func rollBack() async throws { try await run(["generation", "rollback", "--yes"]) }
}

extension WebServer {
    fileprivate func get(_ path: String) async throws -> [UInt8] {
        guard let url = WebURL("http://127.0.0.1:\(http)/\(path)") else { throw ScenarioError("no such address: \(path)") }
        return try await WebClient { _ in true }.send(WebRequest(url, timeLimit: .seconds(60), maximumBodyBytes: 1 << 20)).body
    }
}
