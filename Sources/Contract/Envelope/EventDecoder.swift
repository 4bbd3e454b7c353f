/// From a record to an event, or to the reason why it is none.
package enum EventDecoder {
    /// An event's id comes back on what is written about it; past this it could outgrow that record.
    package static let maximumIDBytes = 64 * 1024

    /// Decodes a record of the documents, permissions or memberships topic, in either CloudEvents mode.
    ///
    /// The first of these that fails gives the code: the key's form, the topic's tenant, the tenant's registration, each attribute's form,
    /// the agreement of key and attributes, the type, the group's name, the data.
    ///
    /// - Parameter topic: the topic the record was published to; for a redrive, originally.
    /// - Parameter isRegistered: asked at most once, after the key was read.
    package static func decode(_ record: InboundRecord, on topic: InputTopicName, isRegistered: (TenantID) -> Bool) -> DecodedEvent {
        var reading = EventReading(record, topic)
        do {
            return try reading.decoded(isRegistered)
        } catch {
            return .rejected(reading.rejected(for: error))
        }
    }
}

/// One record being read: what is known of it when a check fails is what its rejection tells.
private struct EventReading {
    private let topic: InputTopicName
    private let recordKey: [UInt8]?
    private let envelope: Envelope
    private let isTombstone: Bool
    private var key: RecordKey?
    private var changesNothing = false
    /// The data as an object; nothing until it was asked for, or where it cannot be read.
    private var object: JSONObject?

    init(_ record: InboundRecord, _ topic: InputTopicName) {
        self.topic = topic
        recordKey = record.key
        envelope = Envelope(record)
        isTombstone = record.value == nil
    }

    private var id: String? {
        envelope.text(.id).flatMap { $0.utf8.count <= EventDecoder.maximumIDBytes ? $0 : nil }
    }

    private var sequence: SequenceNumber? { envelope.text(.sequence).flatMap(SequenceNumber.init(parsing:)) }
    private var type: EventType? { envelope.text(.type).flatMap(EventType.init(rawValue:)) }

    private var snapshot: SnapshotID? { topic.topic == .documents ? envelope.text(.snapshot).flatMap { SnapshotID($0) } : nil }

    // MARK: - In order

    mutating func decoded(_ isRegistered: (TenantID) -> Bool) throws(Rejection) -> DecodedEvent {
        if topic.topic == .documents, type == .snapshotClosed, !isTombstone, let key = recordKey.flatMap(SourceKey.init(parsing:)) {
            return .snapshotClosed(try snapshotClosed(key, isRegistered))
        }
        return .event(try event(isRegistered))
    }

    private mutating func event(_ isRegistered: (TenantID) -> Bool) throws(Rejection) -> Event {
        let key = try readKey()
        try checkTenant(key.tenant, isRegistered)
        try checkForms()
        guard agrees(.tenant, key.tenant.text), agrees(.source, key.source.text), agrees(.subject, key.subject.text) else { throw .keysDisagree }
        return Event(key: key, id: id, sequence: sequence, snapshot: snapshot, trace: envelope.traceContext, payload: try payload(of: key))
    }

    private mutating func snapshotClosed(_ key: SourceKey, _ isRegistered: (TenantID) -> Bool) throws(Rejection) -> SnapshotClosed {
        try checkTenant(key.tenant, isRegistered)
        try checkForms()
        guard agrees(.tenant, key.tenant.text), agrees(.source, key.source.text), envelope[.subject] == .absent else { throw .keysDisagree }
        guard let snapshot else { throw .envelope("the closing event does not name its snapshot") }
        return try SnapshotClosed(key, snapshot, id: id, trace: envelope.traceContext, try data())
    }

    private mutating func checkTenant(_ tenant: TenantID, _ isRegistered: (TenantID) -> Bool) throws(Rejection) {
        changesNothing = true
        if let owner = topic.tenant, owner != tenant {
            throw Rejection(.keyMismatch, .envelope, "the topic carries another tenant alone")
        }
        guard isRegistered(tenant) else { throw Rejection(.unknownTenant, .envelope, "the key's tenant is not registered") }
        changesNothing = false
    }

    private mutating func readKey() throws(Rejection) -> RecordKey {
        guard let recordKey else { throw .envelope("the record has no key") }
        do {
            let key = try RecordKey(reading: recordKey)
            self.key = key
            return key
        } catch .invalidText {
            throw Rejection(.invalidText, .envelope, "the key's subject holds U+0000")
        } catch {
            throw .envelope("the key is not tenant/source/subject in its canonical form")
        }
    }

    private func checkForms() throws(Rejection) {
        if let flaw = envelope.flaw { throw flaw }
        if envelope.hasDuplicateMember { throw .data("a JSON object names a member twice") }
        for attribute in Attribute.allCases where !attribute.isInformative {
            switch envelope[attribute] {
            case .outOfForm: throw .envelope("an attribute is out of form")
            case .notText where attribute == .id || attribute == .subject || attribute == .dataref:
                throw Rejection(.invalidText, .envelope, "an attribute is not text")
            case .notText: throw .envelope("an attribute is not text")
            case .absent where !isTombstone && (attribute == .id || attribute == .type || attribute == .specversion):
                throw .envelope("id, type or specversion is missing")
            case .absent, .text: break
            }
        }
        if let version = envelope.text(.specversion), version != "1.0" { throw .envelope("specversion is not 1.0") }
        if envelope.text(.id) != nil, id == nil { throw .envelope("the id is longer than 65,536 bytes") }
        if envelope.text(.sequence) != nil, sequence == nil { throw .envelope("sequence is not 1 to 18 decimal digits") }
        if topic.topic == .documents, envelope.text(.snapshot) != nil, snapshot == nil { throw .envelope("snapshot is out of form") }
        if let tenant = envelope.text(.tenant), TenantID(tenant) == nil { throw .envelope("tenant is out of form") }
        if let source = envelope.text(.source), SourceName(source) == nil { throw .envelope("source is out of form") }
        if let subject = envelope.text(.subject), Subject(subject) == nil { throw .envelope("subject is longer than 1,024 bytes") }
    }

    private func agrees(_ attribute: Attribute, _ part: String) -> Bool {
        envelope.text(attribute).map { $0.hasSameBytes(as: part) } ?? true
    }

    // MARK: - Payloads

    private mutating func payload(of key: RecordKey) throws(Rejection) -> Event.Payload {
        if topic.topic == .memberships, !key.subject.text.isComposed { throw .envelope("the group's name is not NFC") }
        if isTombstone { return try tombstone() }
        guard let type, topic.topic.types.contains(type) else { throw Rejection(.unknownType, .envelope, "this topic has no such type") }
        switch type {
        case .documentUpserted: return .documentUpserted(try DocumentUpserted(try data(allowingNone: true), dataref: envelope.text(.dataref)))
        case .documentDeleted:
            _ = try data(allowingNone: true)
            return .documentDeleted
        case .permissionsChanged: return .permissionsChanged(try PermissionsChanged(try data()))
        case .groupChanged: return .groupChanged(try GroupChanged(try data()))
        case .snapshotClosed: throw .envelope("the closing event of a snapshot has a key without a subject")
        case .query, .accessCheck, .result, .accessCheckResult, .outcome:
            throw Rejection(.unknownType, .envelope, "this topic has no such type")
        }
    }

    private func tombstone() throws(Rejection) -> Event.Payload {
        switch topic.topic {
        case .documents: return .documentDeleted
        case .permissions: return .permissionsRemoved
        case .memberships: return .groupRemoved
        case .queries, .redrive: throw Rejection(.unknownType, .envelope, "this topic has no tombstones")
        }
    }

    private mutating func data(allowingNone: Bool = false) throws(Rejection) -> JSONObject {
        let read = try envelope.readData()
        guard let read else {
            guard allowingNone else { throw .data("the event has no data") }
            let none = JSONObject(members: [])
            object = none
            return none
        }
        object = read
        return read
    }

    // MARK: - What is left

    mutating func rejected(for rejection: Rejection) -> RejectedEvent {
        var facts: DocumentFacts?
        if topic.topic == .documents, !isTombstone, !changesNothing, key != nil, type == .documentUpserted {
            if object == nil { object = try? envelope.readData() }
            facts = object.flatMap { try? DocumentFacts($0) }
        }
        return RejectedEvent(
            rejection: rejection, key: key, tenant: key?.tenant ?? recordKey.flatMap(RecordKey.tenant(of:)), id: id, sequence: sequence,
            snapshot: namesItsDocument ? snapshot : nil, trace: envelope.traceContext, type: type, isTombstone: isTombstone, documentFacts: facts,
            changesNothing: changesNothing || key == nil)
    }

    /// Whether a record that was refused names the document of its key beyond doubt: one that is in a snapshot must not be counted for another.
    private var namesItsDocument: Bool {
        guard let key, !changesNothing, type != .snapshotClosed else { return false }
        let parts: [(Attribute, String)] = [(.tenant, key.tenant.text), (.source, key.source.text), (.subject, key.subject.text)]
        return parts.allSatisfy { envelope[$0] == .absent || envelope.text($0)?.hasSameBytes(as: $1) == true }
    }
}

extension Rejection {
    fileprivate static let keysDisagree = Rejection(.keyMismatch, .envelope, "tenant, source or subject disagrees with the key")
}

extension Envelope {
    /// The event's data: an object, or nothing where there is none.
    func readData() throws(Rejection) -> JSONObject? {
        let json: JSON
        var hasDuplicateMember = hasDuplicateMember
        switch data {
        case .null, .json(nil): return nil
        case .json(let value?): json = value
        case .bytes(let bytes):
            if bytes.isEmpty { return nil }
            (json, hasDuplicateMember) = try Self.examine(bytes)
        case .base64(let encoded):
            guard let bytes = Base64.decode(encoded) else { throw .data("data_base64 is not base64") }
            let examined = try Self.examine(bytes)
            json = examined.0
            hasDuplicateMember = hasDuplicateMember || examined.1
        }
        guard !hasDuplicateMember else { throw .data("a JSON object names a member twice") }
        guard !json.isNull else { return nil }
        guard let object = json.object else { throw .data("the data is not a JSON object") }
        return object
    }

    private static func examine(_ bytes: [UInt8]) throws(Rejection) -> (JSON, Bool) {
        do {
            let examined = try JSON.examine(bytes)
            return (examined.value, examined.hasDuplicateMember)
        } catch {
            throw .data("the data is not JSON")
        }
    }
}
