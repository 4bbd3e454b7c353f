import Contract
import Foundation
import Kafka

/// What a row publishes.
enum ScenarioEvent: Sendable {
    case document(String, text: String, container: String?, expires: String?, sequence: String?, snapshot: String?)
    case deletion(String, sequence: String?, snapshot: String?)
    /// A null value on a topic.
    case tombstone(InputTopic, String, sequence: String?, snapshot: String?)
    /// The end of a full snapshot of the table's source.
    case closing(String, count: Int)
    /// Nothing is published: the final outcome of a snapshot's end is waited for.
    case awaiting(String)
    case permission(String, allow: [String]?, deny: [String]?, parent: String?, sequence: String?)
    case group(String, members: [String], sequence: String?)
    case badInput(BadInput)
    /// The table's last record once more.
    case again
    /// Nothing: the cells are asked alone.
    case nothing

    init(_ text: String, _ error: ScenarioError) throws {
        if text.isEmpty { self = .nothing; return }
        if text == "again" { self = .again; return }
        if text.hasPrefix("send ") {
            guard let input = BadInput(rawValue: String(text.dropFirst(5))) else { throw error }
            self = .badInput(input)
            return
        }
        var words = Words(text)
        guard let verb = words.next(), let subject = words.next() else { throw error }
        let clauses = try words.clauses(error)
        let (sequence, snapshot) = (clauses["sequence"]?.first, clauses["snapshot"]?.first)
        switch verb {
        case "publish":
            self = .document(
                subject, text: clauses["text"]?.first ?? subject, container: clauses["in"]?.first, expires: clauses["expires"]?.first, sequence: sequence,
                snapshot: snapshot)
        case "delete": self = .deletion(subject, sequence: sequence, snapshot: snapshot)
        case "tombstone": self = .tombstone(.documents, subject, sequence: sequence, snapshot: snapshot)
        case "close":
            guard let count = clauses["count"]?.first.flatMap({ Int($0) }) else { throw error }
            self = .closing(subject, count: count)
        case "await": self = .awaiting(subject)
        case "permit":
            self = .permission(subject, allow: clauses["allow"], deny: clauses["deny"], parent: clauses["parent"]?.first, sequence: sequence)
        case "unpermit": self = .tombstone(.permissions, subject, sequence: sequence, snapshot: nil)
        case "group": self = .group(subject, members: clauses["has"] ?? [], sequence: sequence)
        case "ungroup": self = .tombstone(.memberships, subject, sequence: sequence, snapshot: nil)
        default: throw error
        }
    }

    /// Nothing for `again`, `await` and `nothing`.
    func message(tenant: String, source: String, id: String) -> KafkaMessage? {
        switch self {
        case .document(let subject, let text, let container, let expires, let sequence, let snapshot):
            var data: [String: Any] = ["text": text, "mediaType": "text/plain"]
            data["container"] = container
            data["expiresAt"] = expires
            return .event(.documents, .documentUpserted, data, tenant, source, subject, id: id, sequence: sequence, snapshot: snapshot)
        case .deletion(let subject, let sequence, let snapshot):
            return .event(.documents, .documentDeleted, [:], tenant, source, subject, id: id, sequence: sequence, snapshot: snapshot)
        case .closing(let snapshot, let count):
            return .event(.documents, .snapshotClosed, ["count": count], tenant, source, "", id: id, snapshot: snapshot)
        case .tombstone(let topic, let subject, let sequence, let snapshot):
            var message = KafkaMessage.event(topic, .documentDeleted, [:], tenant, source, subject, id: id, sequence: sequence, snapshot: snapshot)
            message.value = nil
            message.headers.removeAll { $0.name == Array("ce_type".utf8) }
            return message
        case .permission(let subject, let allow, let deny, let parent, let sequence):
            var data: [String: Any] = [:]
            data["allow"] = allow?.map { Self.principal($0, source) }
            data["deny"] = deny?.map { Self.principal($0, source) }
            data["parent"] = parent
            return .event(.permissions, .permissionsChanged, data, tenant, source, subject, id: id, sequence: sequence)
        case .group(let subject, let members, let sequence):
            let data = ["members": members.map { Self.principal($0, source) }]
            return .event(.memberships, .groupChanged, data, tenant, source, subject, id: id, sequence: sequence)
        case .badInput(let input):
            return input.message(tenant: tenant, source: source, id: id)
        case .again, .awaiting, .nothing:
            return nil
        }
    }

    /// `alice`, `@staff`, `everyone`.
    static func principal(_ name: String, _ source: String) -> String {
        if name == "everyone" { return name }
        return name.hasPrefix("@") ? "group:\(source)/\(name.dropFirst())" : "user:\(name)"
    }
}

/// Words and "quoted texts".
private struct Words {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func next() -> String? {
        rest = rest.drop { $0 == " " || $0 == "," }
        guard let first = rest.first else { return nil }
        if first == "\"" {
            let text = rest.dropFirst().prefix { $0 != "\"" }
            rest = rest.dropFirst(text.count + 2)
            return "\"" + text
        }
        let word = rest.prefix { $0 != " " && $0 != "," }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// What follows each keyword; `nobody` is an empty list.
    mutating func clauses(_ error: ScenarioError) throws -> [String: [String]] {
        let keywords: Set = ["in", "expires", "sequence", "snapshot", "count", "allow", "deny", "parent", "has"]
        var clauses: [String: [String]] = [:]
        var keyword: String?
        while let word = next() {
            if word.hasPrefix("\"") {
                clauses["text"] = [String(word.dropFirst())]
            } else if keywords.contains(word) {
                keyword = word
                clauses[word] = []
            } else if let keyword {
                if word != "nobody" { clauses[keyword]?.append(word) }
            } else {
                throw error
            }
        }
        return clauses
    }
}

extension KafkaMessage {
    /// A CloudEvent in binary mode.
    static func event(
        _ topic: InputTopic, _ type: EventType, _ data: [String: Any], _ tenant: String, _ source: String, _ subject: String, id: String,
        sequence: String? = nil, snapshot: String? = nil
    ) -> KafkaMessage {
        var headers = [
            KafkaHeader(name: "ce_specversion", value: "1.0"), KafkaHeader(name: "ce_id", value: id), KafkaHeader(name: "ce_type", value: type.rawValue),
            KafkaHeader(name: "content-type", value: "application/json"),
        ]
        if let sequence { headers.append(KafkaHeader(name: "ce_sequence", value: sequence)) }
        if let snapshot { headers.append(KafkaHeader(name: "ce_snapshot", value: snapshot)) }
        let value = (try? JSONSerialization.data(withJSONObject: data, options: [.sortedKeys])) ?? Data()
        return KafkaMessage(topic: topic.rawValue, key: Array("\(tenant)/\(source)/\(percentEncoded(subject))".utf8), value: Array(value), headers: headers)
    }

    static func percentEncoded(_ text: String) -> String {
        let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }
}
