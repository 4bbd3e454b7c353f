/// The CloudEvents attributes Sluice reads; all others are ignored.
enum Attribute: Int, CaseIterable {
    case id, type, specversion, source, subject, tenant, sequence, snapshot, dataref, expirytime, replytopic, traceparent, tracestate

    var name: StaticString {
        switch self {
        case .id: "id"
        case .type: "type"
        case .specversion: "specversion"
        case .source: "source"
        case .subject: "subject"
        case .tenant: "tenant"
        case .sequence: "sequence"
        case .snapshot: "snapshot"
        case .dataref: "dataref"
        case .expirytime: "expirytime"
        case .replytopic: "replytopic"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        }
    }

    /// CloudEvents lets an extension be a number or a boolean in structured mode; what the specification itself names is a string.
    var isExtension: Bool {
        switch self {
        case .id, .type, .specversion, .source, .subject: false
        default: true
        }
    }
}

extension Attribute {
    /// Carried through where it can be read; otherwise dropped.
    var isInformative: Bool { self == .traceparent || self == .tracestate }
}

/// A CloudEvent's envelope in either mode, read as far as it can be.
///
/// Reading never fails: a record that is refused still has to say whose it was, under which sequence, and what it was answered for.
struct Envelope {
    enum Reading: Equatable {
        case absent
        case text(String)
        /// Not UTF-8, or with U+0000 or a lone surrogate.
        case notText
        /// Given twice with different values, or as something that is no attribute's value.
        case outOfForm
    }

    /// Where the event's data is.
    enum Data {
        /// A null value: a tombstone.
        case null
        /// Binary mode: the record's value.
        case bytes([UInt8])
        /// Structured mode: nothing where it has no data.
        case json(JSON?)
        /// Structured mode, `data_base64`.
        case base64(String)
    }

    private var readings = [Reading](repeating: .absent, count: Attribute.allCases.count)
    private(set) var data: Data
    /// What is wrong with the envelope as a whole.
    private(set) var flaw: Rejection?
    /// A structured event in which some object, at any depth, names a member twice.
    private(set) var hasDuplicateMember = false

    subscript(attribute: Attribute) -> Reading { readings[attribute.rawValue] }

    /// The attribute, where it can be read.
    func text(_ attribute: Attribute) -> String? {
        if case .text(let text) = self[attribute] { text } else { nil }
    }

    var traceContext: TraceContext {
        TraceContext(traceparent: text(.traceparent), tracestate: text(.tracestate))
    }

    init(_ record: InboundRecord) {
        data = record.value.map(Data.bytes) ?? .null
        if Self.hasConflictingHeaders(record.headers) { flaw = .envelope("a ce_ header stands twice with different values") }
        switch (record.value, Self.mode(record.headers)) {
        case (let value?, .structured): readStructured(value)
        case (_?, .unsupported):
            flaw = .envelope("this CloudEvents format is not supported: only application/cloudevents+json")
        case (_, .binary), (nil, _): readBinary(record.headers)
        }
    }

    // MARK: - Modes

    private enum Mode { case binary, structured, unsupported }

    /// By the last content-type, as Kafka's own clients read a header that repeats.
    private static func mode(_ headers: [RecordHeader]) -> Mode {
        guard let value = headers.last(where: { $0.name.hasSameBytes(asLowercase: "content-type") })?.value else { return .binary }
        let essence = value.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        if essence.hasSameBytes(asLowercase: "application/cloudevents+json") { return .structured }
        return essence.prefix(23).hasSameBytes(asLowercase: "application/cloudevents") ? .unsupported : .binary
    }

    private static func hasConflictingHeaders(_ headers: [RecordHeader]) -> Bool {
        let attributes = headers.filter { $0.name.starts(with: attributePrefix) }
        guard attributes.count > 24 else {
            return attributes.indices.contains { index in
                attributes[..<index].contains { $0.name == attributes[index].name && $0.value != attributes[index].value }
            }
        }
        var first: [[UInt8]: [UInt8]?] = [:]
        return attributes.contains { header in
            if let known = first[header.name] { return known != header.value }
            first[header.name] = .some(header.value)
            return false
        }
    }

    private static let attributePrefix = Array("ce_".utf8)

    private mutating func readBinary(_ headers: [RecordHeader]) {
        for header in headers where header.name.starts(with: Self.attributePrefix) {
            let name = header.name.dropFirst(Self.attributePrefix.count)
            guard let attribute = Attribute.allCases.first(where: { name.hasSameBytes(as: $0.name) }) else { continue }
            let reading = Self.reading(header.value)
            switch self[attribute] {
            case .absent, reading: readings[attribute.rawValue] = reading
            default: readings[attribute.rawValue] = .outOfForm
            }
        }
    }

    private static func reading(_ value: [UInt8]?) -> Reading {
        guard let value else { return .absent }
        guard !value.contains(0), let text = String(validating: value, as: UTF8.self) else { return .notText }
        return text.isEmpty ? .outOfForm : .text(text)
    }

    private mutating func readStructured(_ value: [UInt8]) {
        data = .json(nil)
        guard let examined = try? JSON.examine(value), let event = examined.value.object else {
            flaw = flaw ?? .envelope("the structured event is not a JSON object")
            return
        }
        hasDuplicateMember = examined.hasDuplicateMember
        for attribute in Attribute.allCases {
            readings[attribute.rawValue] = Self.reading(attribute, in: event)
        }
        switch (event["data"], event["data_base64"]) {
        case (_?, _?): flaw = flaw ?? .envelope("the structured event has both data and data_base64")
        case (nil, .string(let encoded)?): data = .base64(encoded)
        case (nil, _?): flaw = flaw ?? .envelope("data_base64 is not a string")
        case (let json, nil): data = .json(json)
        }
    }

    private static func reading(_ attribute: Attribute, in event: JSONObject) -> Reading {
        let values = event.members.filter { $0.name.hasSameBytes(as: attribute.name) }
        guard values.count < 2 else { return .outOfForm }
        switch values.first?.value {
        case nil, .null: return .absent
        case .string(let text): return text.isEmpty ? .outOfForm : .text(text)
        case .unreadableString: return .notText
        case .number(let number) where attribute.isExtension: return .text(number.text)
        case .bool(let bool) where attribute.isExtension: return .text(String(bool))
        default: return .outOfForm
        }
    }
}
