import Contract

/// An event as a document system publishes it: what `sluice publish` and its like write.
struct SourceEvent: Sendable {
    /// What outcomes carry as `correlationid`.
    let id: String
    let type: EventType
    let key: RecordKey
    /// `nil` is a tombstone.
    let data: [UInt8]?
    let sequence: SequenceNumber?
    /// The full snapshot of its source that the document is in.
    var snapshot: SnapshotID?

    init(_ type: EventType, _ key: RecordKey, data: [UInt8]?, sequence: SequenceNumber? = nil, id: String = randomID()) {
        self.id = id
        self.type = type
        self.key = key
        self.data = data
        self.sequence = sequence
    }

    /// What names the subject on its topic: where a document's entry and the document itself meet under one key, the topic tells them apart.
    var topic: InputTopic {
        switch type {
        case .permissionsChanged: .permissions
        case .groupChanged: .memberships
        case .query, .accessCheck: .queries
        default: .documents
        }
    }

    /// In binary mode.
    func record(at time: Timestamp) -> OutboundRecord {
        var headers = [
            RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id), RecordHeader("ce_source", key.source.text),
            RecordHeader("ce_type", type.rawValue), RecordHeader("ce_tenant", key.tenant.text), RecordHeader("ce_time", time.rfc3339),
        ]
        if let sequence { headers.append(RecordHeader("ce_sequence", sequence.description)) }
        if let snapshot { headers.append(RecordHeader("ce_snapshot", snapshot.text)) }
        if data != nil { headers.append(RecordHeader("content-type", "application/json")) }
        return OutboundRecord(topic: topic.rawValue, key: key.bytes, value: data, headers: headers)
    }

    /// Whether the record fits its topic (the contract's 8 MiB): what is larger would be refused by the broker.
    var fitsRecord: Bool {
        // Headers and Kafka's own framing take well under a kibibyte beside the key.
        (data?.count ?? 0) + key.bytes.count + 1024 <= Self.maximumRecordBytes
    }

    static let maximumRecordBytes = 8 << 20
}

extension SourceEvent {
    /// - Parameter list: `nil` states no list, so that a container's parent's counts.
    static func permissions(_ key: RecordKey, list: AccessList?, parent: Subject? = nil) -> SourceEvent {
        var json = JSONWriter()
        json.object {
            if let list {
                $0.member("allow") { $0.array(list.allow) { $0.value($1.text) } }
                $0.member("deny") { $0.array(list.deny) { $0.value($1.text) } }
            }
            if let parent { $0.member("parent", parent.text) }
        }
        return SourceEvent(.permissionsChanged, key, data: json.bytes)
    }

    static func permissionsRemoved(_ key: RecordKey) -> SourceEvent { SourceEvent(.permissionsChanged, key, data: nil) }

    static func group(_ key: RecordKey, members: [Principal]) -> SourceEvent {
        var json = JSONWriter()
        json.object { $0.member("members") { $0.array(members) { $0.value($1.text) } } }
        return SourceEvent(.groupChanged, key, data: json.bytes)
    }

    static func groupRemoved(_ key: RecordKey) -> SourceEvent { SourceEvent(.groupChanged, key, data: nil) }

    static func documentDeleted(_ key: RecordKey) -> SourceEvent { SourceEvent(.documentDeleted, key, data: nil) }
}

/// The end of a full snapshot, as a document system publishes it.
struct SnapshotEnd: Sendable {
    let key: SourceKey
    let snapshot: SnapshotID
    /// Distinct documents that it names.
    let count: Int
    /// When the source began to list them.
    let begunAt: Timestamp

    /// In binary mode.
    func record(at time: Timestamp) -> OutboundRecord {
        let headers = [
            RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", randomID()), RecordHeader("ce_source", key.source.text),
            RecordHeader("ce_type", EventType.snapshotClosed.rawValue), RecordHeader("ce_tenant", key.tenant.text), RecordHeader("ce_time", time.rfc3339),
            RecordHeader("ce_snapshot", snapshot.text), RecordHeader("content-type", "application/json"),
        ]
        var json = JSONWriter()
        json.object {
            $0.member("count", count)
            $0.member("begunAt", begunAt.rfc3339)
        }
        return OutboundRecord(topic: InputTopic.documents.rawValue, key: key.bytes, value: json.bytes, headers: headers)
    }
}

/// 128 random bits in hexadecimal: an id no other event has.
func randomID() -> String {
    var generator = SystemRandomNumberGenerator()
    return [generator.next(), generator.next()].map { (half: UInt64) in
        let digits = String(half, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
}
