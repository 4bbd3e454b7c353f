import Contract
import Testing

struct OutboundTests {
    private let time = Timestamp(rfc3339: "2026-03-01T09:00:00Z")!

    @Test func `an outcome's id derives from position and finality`() {
        func outcome(_ kind: Outcome.Kind) -> Outcome {
            Outcome(
                kind, position: position(), incarnation: 1, tenant: tenant(), recordKey: [1], correlationID: "e",
                trace: TraceContext(traceparent: "t", tracestate: "s"))
        }
        #expect(outcome(.indexed).id == outcome(.superseded).id && outcome(.indexed).id != outcome(.deferred).id)
        let record = outcome(.indexed).record(at: time)
        #expect(record.topic == "sluice.status.acme" && record.key == [1])
        for header in [
            RecordHeader("ce_traceparent", "t"), RecordHeader("ce_tracestate", "s"), RecordHeader("ce_correlationid", "e"),
            RecordHeader("content-type", "application/json"),
        ] {
            #expect(record.headers.contains(header))
        }
    }

    @Test func `a dead letter is the record byte for byte, then why`() {
        let odd = [
            RecordHeader(name: [0xFF], value: [0xFF, 0, 0xFE]), RecordHeader("x", "1"), RecordHeader("x", "2"), RecordHeader(name: [0x6E], value: nil),
            RecordHeader("__dlq.errors.code", "old"),
        ]
        let record = InboundRecord(position: position(), timestampMilliseconds: 0, key: [0, 0xFF], value: nil, headers: odd)
        let letter = DeadLetter(record: record, group: "g", deliveryCount: 3, rejection: Rejection(.tooLarge, .fetch, "too large")).outbound
        #expect(letter.topic == "sluice.dlq" && letter.key == record.key && letter.value == nil)
        #expect(Array(letter.headers.prefix(5)) == odd)
        #expect(
            letter.headers.dropFirst(5).map { String(decoding: $0.name, as: UTF8.self) }
                == ["topic", "partition", "offset", "group", "delivery.count", "message", "code", "stage"].map { "__dlq.errors.\($0)" })
        #expect(letter.headers.last(where: { $0.name == Array("__dlq.errors.code".utf8) })?.value == Array("too_large".utf8))
    }

    @Test func `every rejection code has the contract's name`() {
        #expect(
            RejectionCode.allCases.map(\.rawValue) == [
                "malformed_envelope", "malformed_data", "unknown_type", "key_mismatch", "unknown_tenant", "too_large", "unsupported_media_type", "invalid_text",
                "parse_failed", "parse_limit",
                "encrypted", "reference_refused", "reference_failed", "embedding_rejected", "quota_exceeded",
            ])
    }
}
