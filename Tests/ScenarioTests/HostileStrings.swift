import Contract
import Foundation
import Kafka
import Testing

/// Strings that break programs, as ids, titles, principals and text: our own few, and the public list where it stands beside the checkout.
enum HostileStrings {
    static let own = [
        "' OR 1=1 --", "\"; DROP TABLE chunk; --", "${jndi:ldap://x}", "%00", "\\", "&|!()", "a & | b", ":*", "\u{202e}\u{200f}", "😀😀😀", "<script>",
        "$1", "{}", "[", "*", "?", "\u{feff}", "\t\n\r", "''", "AND OR NOT", "-- ", "/*", "\u{1}", "İ", "ß", "ﬀ", "NULL", "𝒳", " ", "../../etc/passwd",
    ]

    static func all() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let list = root.appending(path: "../shared/data/naughty-strings.json")
        guard FileManager.default.fileExists(atPath: list.path) else {
            print("the public list of hostile strings: skipped, ../shared/data/naughty-strings.json is not here")
            return own
        }
        return own + (try JSONDecoder().decode([String].self, from: Data(contentsOf: list))).filter { !$0.isEmpty }
    }
}

extension ScenarioTests {
    @Test func `hostile strings as ids, titles, principals and text end, and harm nothing`() async throws {
        let workers = try #require(Workers.running)
        let source = "hostile"
        let strings = Array(Set(try HostileStrings.all().filter { $0.utf8.count <= 400 }))
        var messages: [KafkaMessage] = []
        for (number, string) in strings.enumerated() {
            let data: [String: Any] = ["text": "word \(string)", "title": string, "mediaType": "text/plain"]
            messages.append(.event(.documents, .documentUpserted, data, workers.tenant, source, string, id: "document-\(number)"))
            let list = ["allow": ["user:\(string)", "group:hostile/\(string)"]]
            messages.append(.event(.permissions, .permissionsChanged, list, workers.tenant, source, string, id: "list-\(number)"))
        }
        let places = try await workers.producer.send(messages)
        for (message, place) in zip(messages, places) {
            let address = Mailbox.Address.outcome(topic: message.topic, partition: place.partition, offset: place.offset)
            let outcome = try await workers.mailbox.read(address)
            #expect(["indexed", "applied"].contains(outcome["outcome"]?.string), "\(String(decoding: message.key ?? [], as: UTF8.self)): \(outcome)")
        }
        let sample = strings.enumerated().filter { $0.offset % 7 == 0 }.map(\.element)
        for string in sample {
            let id = UUID().uuidString
            _ = try await workers.producer.send(
                .accessCheck(user: string, groups: [], documents: [string], tenant: workers.tenant, source: source, id: id))
            #expect(try await workers.mailbox.read(.result(id))["visible"]?.array?.map(\.bool) == [true], "\(string.debugDescription) sees its own")
            let search = UUID().uuidString
            _ = try await workers.producer.send(
                .search(string, user: "eve", groups: [], tenant: workers.tenant, source: source, id: search))
            let answer = try await workers.mailbox.read(.result(search))
            #expect(answer["status"]?.string == "ok" && answer["hits"]?.array?.isEmpty == true, "\(string.debugDescription) as a question")
        }
    }
}
