import Contract
import Foundation
import Kafka

/// Records that cannot succeed, or look as if they could not, by what the tables call them.
enum BadInput: String, Sendable, CaseIterable {
    case notJSON = "a document that is not JSON"
    case notAnObject = "a document whose data is an array"
    case memberTwice = "a document that names a member twice"
    case unknownType = "a document of an unknown type"
    case foreignType = "a membership event to the documents topic"
    case unknownTenant = "a document of an unregistered tenant"
    case keyMismatch = "a document whose subject is not its key's"
    case tenantMismatch = "a document whose tenant is not its key's"
    /// Not "without": a compacted topic of Apache Kafka takes no record without a key.
    case noKey = "a document whose key is empty"
    case keyInOtherForm = "a document whose key is percent-encoded in lower case"
    case longSubject = "a document of a subject of 1,025 bytes"
    case noID = "a document without an id"
    case conflictingHeaders = "a document whose id stands twice with different values"
    case longSequence = "a document of a sequence of 19 digits"
    case nulInText = "a document with NUL in its text"
    case nulInTitle = "a document with NUL in its title"
    case nulInMetadata = "a document with NUL in its metadata"
    case nulInSubject = "a document with NUL in its subject"
    case loneSurrogate = "a document with a lone surrogate in its text"
    case wrongEncoding = "a text document in bytes that are not UTF-8"
    case longTitle = "a document of a title of 8,193 bytes"
    case neitherTextNorBytes = "a document without content"
    case byReference = "a document by reference"
    case unsupportedMediaType = "a document of a media type nobody reads"
    case brokenStructured = "a structured event that is not JSON"
    case manyPrincipals = "an entry of 10,001 principals"
    case principalOutOfForm = "an entry with a principal out of form"
    case emptyEntry = "an entry that states nothing"
    case manyMembers = "a group of 10,001 members"
    case mostPrincipals = "an entry of 10,000 principals"
    case manyGroups = "an access check of an asker of 1,001 groups"
    case mostGroups = "an access check of an asker of 1,000 groups"

    func message(tenant: String, source: String, id: String) -> KafkaMessage {
        func document(_ data: [String: Any] = ["text": "words"]) -> KafkaMessage {
            .event(.documents, .documentUpserted, data, tenant, source, "page", id: id)
        }
        func raw(_ json: String) -> KafkaMessage { document().with { $0.value = Array(json.utf8) } }
        func principals(_ count: Int) -> [String] { (0..<count).map { "user:u\($0)" } }
        func check(groups: Int) -> KafkaMessage {
            .accessCheck(user: "alice", groups: (0..<groups).map { "g\($0)" }, documents: ["page"], tenant: tenant, source: source, id: id)
        }
        switch self {
        case .notJSON: return raw("{\"text\": ")
        case .notAnObject: return raw("[1]")
        case .memberTwice: return raw("{\"text\": \"a\", \"text\": \"b\"}")
        case .unknownType: return document().with { $0.set("ce_type", "io.sluice.document.upserted.v9") }
        case .foreignType: return document().with { $0.set("ce_type", EventType.groupChanged.rawValue) }
        case .unknownTenant: return document().with { $0.key = Array("not-\(tenant)/\(source)/page".utf8) }
        case .keyMismatch: return document().with { $0.set("ce_subject", "another") }
        case .tenantMismatch: return document().with { $0.set("ce_tenant", "another") }
        case .noKey: return document().with { $0.key = [] }
        case .keyInOtherForm: return document().with { $0.key = Array("\(tenant)/\(source)/p%c3%a4ge".utf8) }
        case .longSubject: return .event(.documents, .documentUpserted, [:], tenant, source, String(repeating: "a", count: 1025), id: id)
        case .noID: return document().with { message in message.headers.removeAll { $0.name == Array("ce_id".utf8) } }
        case .conflictingHeaders: return document().with { $0.headers.append(KafkaHeader(name: "ce_id", value: "another")) }
        case .longSequence: return document().with { $0.set("ce_sequence", "1234567890123456789") }
        case .nulInText: return raw("{\"text\": \"a\\u0000b\"}")
        case .nulInTitle: return raw("{\"text\": \"a\", \"title\": \"a\\u0000b\"}")
        case .nulInMetadata: return raw("{\"text\": \"a\", \"metadata\": {\"a\": [\"\\u0000\"]}}")
        case .nulInSubject: return document().with { $0.key = Array("\(tenant)/\(source)/a%00b".utf8) }
        case .loneSurrogate: return raw("{\"text\": \"a\\ud800b\"}")
        case .wrongEncoding: return document(["base64": Data([0x67, 0xFC, 0x6E]).base64EncodedString(), "mediaType": "text/plain"])
        case .longTitle: return document(["text": "a", "title": String(repeating: "t", count: 8193)])
        case .neitherTextNorBytes: return document(["title": "a"])
        case .byReference: return document(["title": "a"]).with { $0.set("ce_dataref", "https://wiki.example/page") }
        case .unsupportedMediaType: return document(["text": "a", "mediaType": "application/x-nobody-reads-this"])
        case .brokenStructured: return raw("{").with { $0.set("content-type", "application/cloudevents+json") }
        case .manyPrincipals: return .event(.permissions, .permissionsChanged, ["allow": principals(10_001)], tenant, source, "page", id: id)
        case .principalOutOfForm: return .event(.permissions, .permissionsChanged, ["allow": ["alice"]], tenant, source, "page", id: id)
        case .emptyEntry: return .event(.permissions, .permissionsChanged, [:], tenant, source, "page", id: id)
        case .manyMembers: return .event(.memberships, .groupChanged, ["members": principals(10_001)], tenant, source, "staff", id: id)
        case .mostPrincipals:
            return .event(.permissions, .permissionsChanged, ["allow": principals(9999) + ["user:alice"]], tenant, source, "page", id: id)
        case .manyGroups: return check(groups: 1001)
        case .mostGroups: return check(groups: 1000)
        }
    }
}

extension KafkaMessage {
    fileprivate func with(_ change: (inout KafkaMessage) -> Void) -> KafkaMessage {
        var changed = self
        change(&changed)
        return changed
    }

    fileprivate mutating func set(_ header: String, _ value: String) {
        headers.removeAll { $0.name == Array(header.utf8) }
        headers.append(KafkaHeader(name: header, value: value))
    }

    static func accessCheck(user: String, groups: [String], documents: [String], tenant: String, source: String, id: String) -> KafkaMessage {
        question(
            .accessCheck, ["asker": asker(user, groups, source), "documents": documents.map { ["source": source, "document": $0] }], tenant, id: id)
    }

    /// For any of the words, unless another mode is wanted.
    static func search(
        _ text: String, mode: String = "lexical", user: String, groups: [String] = [], limit: Int = 100, tenant: String, source: String, id: String
    ) -> KafkaMessage {
        question(.query, ["asker": asker(user, groups, source), "text": text, "mode": mode, "limit": limit], tenant, id: id)
    }

    private static func asker(_ user: String, _ groups: [String], _ source: String) -> [String: Any] {
        ["user": "user:\(user)", "groups": groups.map { "group:\(source)/\($0)" }]
    }

    private static func question(_ type: EventType, _ data: [String: Any], _ tenant: String, id: String) -> KafkaMessage {
        var message = event(.queries, type, data, tenant, "scenarios", "", id: id)
        message.key = Array(id.utf8)
        message.set("ce_tenant", tenant)
        message.set("ce_source", "scenarios")
        return message
    }
}
