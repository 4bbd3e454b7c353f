import Contract
import Embedding
import Index
import Telemetry
import Words

@testable import Retrieval

/// Something an asker might ask to learn whether a document exists.
struct Probe: Sendable, CustomStringConvertible {
    let type: EventType
    /// Of the event.
    let data: String
    let attributes: [String: String]
    /// Whether it can be answered otherwise once the document is visible.
    let tells: Bool
    /// Whether it embeds the same text, whatever document it asks for.
    let embedsAlike: Bool

    var description: String { "\(type.rawValue) \(data) \(attributes)" }

    static let asker = Principal("user:asker")!
    static let group = Principal("group:leaks/staff")!

    private static let named = #""asker":{"user":"\#(asker.text)","groups":["\#(group.text)"]}"#

    /// Each way to ask for a secret, by any of what names it; always as many, in the same order.
    static func all(for secret: Secret) -> [Probe] {
        searches(for: secret) + checks(for: secret) + refused(secret)
    }

    private static func searches(for secret: Secret) -> [Probe] {
        let common = "\(Library.words[0]) \(Library.words[1])"
        let texts = [common, secret.word, secret.text, "\\\"\(Library.words[0]) \(secret.word)\\\" \(Library.words[2])", "\(secret.word.prefix(5))*"]
        let filters = [
            #""source":["\#(secret.source)"]"#, #""container":["\#(secret.container)"]"#, #""mediaType":["\#(secret.mediaType)"]"#,
            #""language":["\#(secret.language)"]"#, #""tags":["\#(secret.tag)"]"#, #""metadata":{"project":["\#(secret.project)"]}"#,
            #""modifiedAfter":"2020-01-01T00:00:00Z""#, #""source":["\#(secret.source)","\#(Organisation.source)"]"#,
        ]
        let shortest = #""limit":1"#
        let options = [
            shortest, #""limit":100"#, #""limit":100,"perDocument":1"#, #""limit":100,"collapseDuplicates":true"#,
            #""limit":100,"neighbours":2,"context":{"maxTokens":1000}"#,
        ]
        return ["hybrid", "vector", "lexical"].flatMap { mode in
            texts.flatMap { text in
                let names = text != common
                func probe(_ rest: String, tells: Bool) -> Probe {
                    Probe(
                        type: .query, data: #"{"text":"\#(text)","mode":"\#(mode)",\#(rest),\#(named)}"#, attributes: [:], tells: tells,
                        embedsAlike: mode == "lexical" || !names)
                }
                // The one passage of the shortest answer may be another.
                return options.map { probe($0, tells: $0 != shortest) } + filters.map { probe(#""limit":100,"filter":{\#($0)}"#, tells: true) }
            }
        }
    }

    private static func checks(for secret: Secret) -> [Probe] {
        let asked = #"{"source":"\#(secret.source)","document":"\#(secret.document)"}"#
        let container = #"{"source":"\#(secret.source)","document":"\#(secret.container)"}"#
        let visible = #"{"source":"\#(Organisation.source)","document":"open-1"}"#
        let lists = [(asked, true), ("\(visible),\(asked),\(visible)", true), (container, false)]
        return lists.map { list, tells in
            Probe(type: .accessCheck, data: #"{"documents":[\#(list)],\#(named)}"#, attributes: [:], tells: tells, embedsAlike: true)
        }
    }

    /// Questions that are refused, and name it all the same.
    private static func refused(_ secret: Secret) -> [Probe] {
        let positions = #""minimumPositions":[{"topic":"sluice.documents","partition":0,"offset":1001}]"#
        let cases: [(String, [String: String])] = [
            (positions, [:]), (#""filter":{"document":["\#(secret.document)"]}"#, [:]), (#""limit":0"#, [:]),
            (#""limit":1"#, ["expirytime": "2020-01-01T00:00:00Z"]), (#""limit":1"#, ["replytopic": "sluice.results.\(secret.source)"]),
            (#""limit":1"#, ["replytopic": "sluice.results.\(LeakWorld.strangerID.text)"]), (#""limit":1"#, ["tenant": "nobody-\(secret.source)"]),
        ]
        return cases.map { rest, attributes in
            Probe(type: .query, data: #"{"text":"\#(secret.word)",\#(rest),\#(named)}"#, attributes: attributes, tells: false, embedsAlike: true)
        }
    }
}

/// A worker without its broker: from a record to the bytes of its answer.
struct Prober: Sendable {
    private let responder: QueryResponder
    private let decoder = QueryDecoder(trust: .named, supported: .all)
    private static let topic = InputTopicName(InputTopic.queries.rawValue)!

    /// Answers that nobody keeps.
    private struct Unrecorded: AnswerRecorder {
        func record(_ entries: [AnswerEntry]) {}
    }

    init(_ store: RetrievalStore) {
        let answerer = QueryAnswerer(
            store: store, embedders: QueryEmbedders(EmbeddingModels(Library.model)), settings: AnswerSettings(), analyzer: TermAnalyzer())
        responder = QueryResponder(
            tenants: TenantRegistry(store: store), answerer: answerer, recorder: Unrecorded(), positionsWait: .zero, group: "probes", log: Log(level: .error))
    }

    /// All of it that does not depend on the question's id or the time.
    func answer(_ probe: Probe) async throws -> [UInt8] {
        let attributes = ["specversion": "1.0", "id": "probe", "type": probe.type.rawValue, "source": "probes", "tenant": LeakWorld.tenantID.text]
            .merging(probe.attributes) { $1 }
        let record = InboundRecord(
            position: RecordPosition(topic: InputTopic.queries.rawValue, partition: 0, offset: 0), timestampMilliseconds: 0, key: nil,
            value: Array(probe.data.utf8), headers: attributes.map { RecordHeader("ce_\($0.key)", $0.value) })
        let query = HeldQuery(record: record, decoded: decoder.decode(record, on: Self.topic) { _ in true }, receivedAt: .now)
        switch try await responder.respond(to: query) {
        case .later(let pause): return Array("later \(pause)".utf8)
        case .reply(.answer(.result(let result), _)): return result.value
        case .reply(.answer(.check(let result), _)): return result.value
        case .reply(.answer(.notYet, _)): return Array("not yet".utf8)
        case .reply(.answer(.noTenant, _)): return Array("no tenant".utf8)
        case .reply(.error(let error, _)): return Array(error.rawValue.utf8)
        case .reply(.deadLetter(_, let rejection)): return Array(rejection.description.utf8)
        }
    }
}
