/// A record to be published.
package struct OutboundRecord: Hashable, Sendable {
    package let topic: String
    package let key: [UInt8]?
    package let value: [UInt8]?
    package let headers: [RecordHeader]

    package init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader]) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// The attributes of a CloudEvent that Sluice writes, in binary mode.
struct OutboundEnvelope {
    /// What Sluice calls itself as a `source`.
    static let source = "sluice"

    let id: String
    let type: EventType
    let tenant: TenantID
    let subject: String?
    /// The `id` of the event that caused it.
    let correlationID: String?
    let trace: TraceContext
    let time: Timestamp

    var headers: [RecordHeader] {
        let attributes: [(String, String?)] = [
            ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", Self.source), ("ce_type", type.rawValue), ("ce_subject", subject),
            ("ce_tenant", tenant.text), ("ce_time", time.rfc3339), ("ce_correlationid", correlationID),
            ("ce_traceparent", trace.traceparent), ("ce_tracestate", trace.tracestate), ("content-type", "application/json"),
        ]
        return attributes.compactMap { name, value in value.map { RecordHeader(name, $0) } }
    }
}
