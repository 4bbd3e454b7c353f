import Contract
import Foundation

/// The repository's root, from where this file stands.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func tenant(_ text: String = "acme") -> TenantID { TenantID(text)! }

func position(_ offset: Int64 = 41, partition: Int32 = 2, topic: String = "sluice.documents") -> RecordPosition {
    RecordPosition(topic: topic, partition: partition, offset: offset)
}

/// Records as a publisher makes them; everything but what a test is about has a sensible default.
struct Sample {
    var topic = InputTopicName(.documents)
    var key: [UInt8]? = Array("acme/wiki/leave".utf8)
    var attributes: [(String, String)] = [
        ("specversion", "1.0"), ("id", "e1"), ("type", EventType.documentUpserted.rawValue), ("source", "wiki"), ("subject", "leave"), ("tenant", "acme"),
    ]
    var value: [UInt8]? = Array(#"{"text":"x"}"#.utf8)
    var extra: [RecordHeader] = []

    static func document(_ data: String = #"{"text":"x"}"#) -> Sample { Sample(value: Array(data.utf8)) }

    static func permissions(_ data: String) -> Sample {
        var sample = Sample(topic: InputTopicName(.permissions), value: Array(data.utf8))
        sample["type"] = EventType.permissionsChanged.rawValue
        return sample
    }

    static func group(_ data: String) -> Sample {
        var sample = Sample(topic: InputTopicName(.memberships), value: Array(data.utf8))
        sample["type"] = EventType.groupChanged.rawValue
        return sample
    }

    static func tombstone(_ topic: InputTopic = .documents) -> Sample {
        Sample(topic: InputTopicName(topic), attributes: [], value: nil)
    }

    static func query(_ data: String, type: EventType = .query) -> Sample {
        var sample = Sample(topic: InputTopicName(.queries), key: Array("q1".utf8), value: Array(data.utf8))
        sample.attributes = [("specversion", "1.0"), ("id", "q1"), ("type", type.rawValue), ("source", "portal"), ("tenant", "acme")]
        return sample
    }

    /// An attribute; nothing: it is left out.
    subscript(name: String) -> String? {
        get { attributes.first { $0.0 == name }?.1 }
        set {
            attributes.removeAll { $0.0 == name }
            if let newValue { attributes.append((name, newValue)) }
        }
    }

    func with(_ name: String, _ value: String?) -> Sample {
        var sample = self
        sample[name] = value
        return sample
    }

    func keyed(_ key: String) -> Sample {
        var sample = self
        sample.key = Array(key.utf8)
        return sample
    }

    func on(_ topic: InputTopicName) -> Sample {
        var sample = self
        sample.topic = topic
        return sample
    }

    func with(header name: String, _ value: [UInt8]?) -> Sample {
        var sample = self
        sample.extra.append(RecordHeader(name: Array(name.utf8), value: value))
        return sample
    }

    var binary: InboundRecord {
        record(value: value, headers: attributes.map { RecordHeader("ce_\($0)", $1) } + extra)
    }

    /// The same event in structured mode; the value is the data as it stands.
    var structured: InboundRecord {
        var json = JSONWriter()
        json.object { json in
            for (name, value) in attributes { json.member(name, value) }
            if let value { json.member("data") { $0.value(verbatim: value) } }
        }
        return structured(json.bytes)
    }

    func structured(_ value: [UInt8]) -> InboundRecord {
        record(value: value, headers: [RecordHeader("content-type", "Application/CloudEvents+JSON; charset=utf-8")] + extra)
    }

    func record(value: [UInt8]?, headers: [RecordHeader]) -> InboundRecord {
        InboundRecord(position: position(topic: topic.description), timestampMilliseconds: 0, key: key, value: value, headers: headers)
    }

    func decoded(_ record: InboundRecord? = nil) -> DecodedEvent {
        EventDecoder.decode(record ?? binary, on: topic) { $0.text != "ghost" }
    }

    /// Decoded in both modes; the event where both give one.
    var event: Event? {
        guard case .event(let event) = decoded(), value == nil || decoded(structured).event != nil else { return nil }
        return event
    }

    var rejected: RejectedEvent? { decoded().rejected }
    var code: RejectionCode? { rejected?.rejection.code }
    var structuredCode: RejectionCode? { decoded(structured).rejected?.rejection.code }
}

extension DecodedEvent {
    var event: Event? { if case .event(let event) = self { event } else { nil } }
    var rejected: RejectedEvent? { if case .rejected(let rejected) = self { rejected } else { nil } }
}

/// SplitMix64: a seed repeats a run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
