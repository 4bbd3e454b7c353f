/// A record's header. Names need not be UTF-8; a value may be null.
package struct RecordHeader: Hashable, Sendable {
    package let name: [UInt8]
    package let value: [UInt8]?

    package init(name: [UInt8], value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ value: String) {
        self.init(name: Array(name.utf8), value: Array(value.utf8))
    }
}

/// A record as the broker delivered it.
package struct InboundRecord: Sendable {
    package let position: RecordPosition
    /// Milliseconds since the epoch, as the broker or the producer stamped it.
    package let timestampMilliseconds: Int64
    package let key: [UInt8]?
    /// Null for a tombstone.
    package let value: [UInt8]?
    /// In the record's order; names may repeat.
    package let headers: [RecordHeader]

    package init(position: RecordPosition, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader]) {
        self.position = position
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
        self.headers = headers
    }

    package var topic: String { position.topic }
    package var partition: Int32 { position.partition }
    package var offset: Int64 { position.offset }
}

/// W3C trace context, carried from what came in to what goes out.
package struct TraceContext: Hashable, Sendable {
    package let traceparent: String?
    package let tracestate: String?

    package init(traceparent: String? = nil, tracestate: String? = nil) {
        self.traceparent = traceparent
        self.tracestate = tracestate
    }
}
