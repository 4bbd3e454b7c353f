/// What became of a record.
package struct Outcome: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable, Hashable {
        case indexed, unchanged, deleted, applied, superseded, rejected, deferred

        /// Another follows for the same position.
        package var isFinal: Bool { self != .deferred }
    }

    package struct ChunkCounts: Hashable, Sendable {
        package let chunks: Int
        /// Vectors that were computed, and those that were kept.
        package let embedded: Int
        package let reused: Int

        package init(chunks: Int, embedded: Int, reused: Int) {
            self.chunks = chunks
            self.embedded = embedded
            self.reused = reused
        }
    }

    package let kind: Kind
    /// Where `kind` is `.rejected`; for `.deferred`, what it waits for.
    package let rejection: Rejection?
    /// Nothing for what no generation decides.
    package let generation: String?
    /// Nothing where no content was looked at; told as 0.
    package let counts: ChunkCounts?
    /// Of the closing event of a snapshot.
    package let snapshot: SnapshotTally?
    package let position: RecordPosition
    /// Of the topic, so that the same position of a topic created again is another outcome.
    package let incarnation: Int32
    package let tenant: TenantID
    /// The record's key as received.
    package let recordKey: [UInt8]?
    /// The event's `id`.
    package let correlationID: String?
    package let trace: TraceContext

    package init(
        _ kind: Kind, rejection: Rejection? = nil, generation: String? = nil, counts: ChunkCounts? = nil, snapshot: SnapshotTally? = nil,
        position: RecordPosition, incarnation: Int32, tenant: TenantID, recordKey: [UInt8]?, correlationID: String?, trace: TraceContext
    ) {
        self.kind = kind
        self.rejection = rejection
        self.generation = generation
        self.counts = counts
        self.snapshot = snapshot
        self.position = position
        self.incarnation = incarnation
        self.tenant = tenant
        self.recordKey = recordKey
        self.correlationID = correlationID
        self.trace = trace
    }

    /// From position and finality alone, so that copies can be told.
    package var id: String {
        "\(position.topic)/\(incarnation)/\(position.partition)/\(position.offset)/\(kind.isFinal ? "final" : "deferred")"
    }

    package var value: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("outcome", kind.rawValue)
            $0.member("code", rejection?.code.rawValue)
            $0.member("reason", rejection?.message)
            $0.member("generation", generation)
            $0.member("chunks", counts?.chunks ?? 0)
            $0.member("embedded", counts?.embedded ?? 0)
            $0.member("reused", counts?.reused ?? 0)
            if let snapshot { $0.member("snapshot") { snapshot.write(to: &$0) } }
            $0.member("position") { position.write(to: &$0) }
        }
        return json.bytes
    }

    /// The record for the tenant's status topic.
    package func record(at time: Timestamp) -> OutboundRecord {
        let envelope = OutboundEnvelope(
            id: id, type: .outcome, tenant: tenant, subject: nil, correlationID: correlationID, trace: trace, time: time)
        return OutboundRecord(topic: Topics.status(of: tenant), key: recordKey, value: value, headers: envelope.headers)
    }
}
