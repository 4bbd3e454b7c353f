import Testing

@testable import Contract

struct RedriveTests {
    private static let odd = [
        RecordHeader(name: [0xFF], value: [0xFF, 0, 0xFE]), RecordHeader("x", "1"), RecordHeader("x", "2"), RecordHeader(name: [0x6E], value: nil),
        RecordHeader("", ""), RecordHeader("__dlq.errors.code", "old"), RecordHeader("__redrive.incarnation", "99"),
    ]

    private func record(
        key: [UInt8]? = Array("acme/wiki/leave".utf8), value: [UInt8]? = [0, 0xFF], headers: [RecordHeader] = odd, topic: String = "sluice.documents",
        timestamp: Int64 = 1_700_000_000_123
    ) -> InboundRecord {
        InboundRecord(position: position(topic: topic), timestampMilliseconds: timestamp, key: key, value: value, headers: headers)
    }

    private func buried(_ record: InboundRecord) -> DeadLetter {
        DeadLetter(record: record, group: "sluice-ingest-g1", deliveryCount: 3, rejection: Rejection(.tooLarge, .fetch, "too large"))
    }

    /// What was written, as a consumer gets it, somewhere else.
    private func delivered(_ record: OutboundRecord, timestamp: Int64 = 1_700_000_000_123) -> InboundRecord {
        InboundRecord(
            position: RecordPosition(topic: record.topic, partition: 0, offset: 7), timestampMilliseconds: timestamp, key: record.key, value: record.value,
            headers: record.headers)
    }

    private func replacing(_ name: String, _ value: [UInt8]?, in record: InboundRecord) -> InboundRecord {
        var headers = record.headers
        if let index = headers.lastIndex(where: { $0.name == Array(name.utf8) }) { headers[index] = RecordHeader(name: Array(name.utf8), value: value) }
        return InboundRecord(
            position: record.position, timestampMilliseconds: record.timestampMilliseconds, key: record.key, value: record.value, headers: headers)
    }

    private func expectSame(_ one: InboundRecord?, _ other: InboundRecord, location: SourceLocation = #_sourceLocation) {
        #expect(one?.position == other.position, sourceLocation: location)
        #expect(one?.timestampMilliseconds == other.timestampMilliseconds, sourceLocation: location)
        #expect(one?.key == other.key && one?.value == other.value && one?.headers == other.headers, sourceLocation: location)
    }

    @Test(arguments: [nil, [], [0, 0xFF]] as [[UInt8]?]) func `a dead letter read back is the record and why`(bytes: [UInt8]?) throws {
        let original = record(key: bytes, value: bytes)
        let letter = try #require(DeadLetterRecord(delivered(buried(original).outbound)))
        expectSame(letter.original, original)
        #expect(letter.errors.group == "sluice-ingest-g1" && letter.errors.deliveryCount == 3 && letter.errors.message == "too large")
        #expect(letter.errors.code == "too_large" && letter.errors.stage == "fetch")
        #expect(letter.errors.headers == Array(buried(original).outbound.headers.suffix(8)))
    }

    @Test func `a record that was another system's dead letter keeps its headers`() throws {
        let once = delivered(buried(record()).outbound)
        let original = record(headers: once.headers)
        expectSame(try #require(DeadLetterRecord(delivered(buried(original).outbound))).original, original)
    }

    @Test func `headers added after Sluice's are not the record's`() throws {
        let letter = delivered(buried(record()).outbound)
        let mirrored = InboundRecord(
            position: letter.position, timestampMilliseconds: letter.timestampMilliseconds, key: letter.key, value: letter.value,
            headers: letter.headers + [RecordHeader("mirrored", "yes")])
        expectSame(DeadLetterRecord(mirrored)?.original, record())
    }

    @Test(arguments: [
        ("partition", "-1"), ("partition", "+1"), ("partition", "2147483648"), ("partition", ""), ("offset", "9223372036854775808"), ("offset", "1 "),
        ("delivery.count", "0"), ("delivery.count", "1.0"), ("topic", ""),
    ])
    func `a dead letter with a value out of range is none`(name: String, value: String) {
        #expect(DeadLetterRecord(replacing("__dlq.errors.\(name)", Array(value.utf8), in: delivered(buried(record()).outbound))) == nil)
    }

    @Test(arguments: ["topic", "partition", "offset", "group", "delivery.count", "message", "code", "stage"])
    func `a dead letter with a header that is null, not text, missing or elsewhere is none`(name: String) {
        let letter = delivered(buried(record(headers: [])).outbound)
        #expect(DeadLetterRecord(replacing("__dlq.errors.\(name)", nil, in: letter)) == nil)
        #expect(DeadLetterRecord(replacing("__dlq.errors.\(name)", [0xFF], in: letter)) == nil)
        let without = letter.headers.filter { $0.name != Array("__dlq.errors.\(name)".utf8) }
        #expect(DeadLetterRecord(record(headers: without)) == nil)
        #expect(DeadLetterRecord(record(headers: without.reversed())) == nil)
        #expect(DeadLetterRecord(record(headers: [])) == nil)
    }

    @Test func `whose letter it is, its key tells, else its topic`() {
        func tenant(key: [UInt8]?, topic: String) -> String? {
            DeadLetterRecord(delivered(buried(record(key: key, topic: topic)).outbound))?.tenant?.text
        }
        #expect(tenant(key: Array("acme/wiki/leave".utf8), topic: "sluice.documents") == "acme")
        #expect(tenant(key: Array("acme/no key".utf8), topic: "sluice.documents.globex") == "acme")
        #expect(tenant(key: nil, topic: "sluice.documents.globex") == "globex")
        #expect(tenant(key: Array("Acme/".utf8), topic: "sluice.documents") == nil)
        #expect(tenant(key: Array("acme/1".utf8), topic: "sluice.queries") == nil)
        #expect(tenant(key: Array("acme/1".utf8), topic: "sluice.queries.globex") == "globex")
    }

    @Test(arguments: [-1, 0, 1_700_000_000_123, .max] as [Int64]) func `a redrive read back is the original record`(timestamp: Int64) throws {
        for original in [record(timestamp: timestamp), record(key: nil, value: nil, headers: [], topic: "sluice.permissions.acme", timestamp: timestamp)] {
            let letter = try #require(DeadLetterRecord(delivered(buried(original).outbound, timestamp: timestamp)))
            let outbound = Redrive(letter, incarnation: 12).outbound
            #expect(outbound.topic == "sluice.redrive" && outbound.key == original.key && outbound.value == original.value)
            // When it was redriven is not when it was published.
            let back = try #require(Redrive.original(of: delivered(outbound, timestamp: 9)))
            expectSame(back.record, original)
            #expect(back.incarnation == 12)
        }
    }

    @Test func `a record to be redone is the original for everybody, and names who redoes it`() throws {
        let outbound = Redrive(redoing: record(), incarnation: 12, group: "sluice-ingest-g2").outbound
        #expect(outbound.topic == "sluice.redrive")
        let back = try #require(Redrive.original(of: delivered(outbound, timestamp: 9)))
        expectSame(back.record, record())
        #expect(back.incarnation == 12 && Redrive.groupToRedo(delivered(outbound)) == "sluice-ingest-g2")
        let letter = try #require(DeadLetterRecord(delivered(buried(record()).outbound)))
        #expect(Redrive.groupToRedo(delivered(Redrive(letter, incarnation: 12).outbound)) == nil)
    }

    @Test func `a redrive that is buried again is the same letter`() throws {
        let letter = try #require(DeadLetterRecord(delivered(buried(record()).outbound)))
        let back = try #require(Redrive.original(of: delivered(Redrive(letter, incarnation: 1).outbound)))
        #expect(buried(back.record).outbound == buried(record()).outbound)
    }

    @Test(arguments: [
        ("__redrive.incarnation", "0"), ("__redrive.incarnation", "-1"), ("__redrive.incarnation", "2147483648"), ("__redrive.incarnation", "x"),
        ("__redrive.timestamp", "-2"), ("__redrive.timestamp", "9223372036854775808"), ("__redrive.timestamp", ""),
        ("__dlq.errors.offset", "-5"), ("__dlq.errors.topic", "sluice.queries"), ("__dlq.errors.topic", "sluice.redrive"),
        ("__dlq.errors.topic", "sluice.dlq"), ("__dlq.errors.topic", "sluice.documents.Acme"),
    ])
    func `a redrive that cannot be read back is none`(name: String, value: String) throws {
        let letter = try #require(DeadLetterRecord(delivered(buried(record()).outbound)))
        let redriven = delivered(Redrive(letter, incarnation: 1).outbound)
        #expect(Redrive.original(of: redriven) != nil)
        #expect(Redrive.original(of: replacing(name, Array(value.utf8), in: redriven)) == nil)
        #expect(Redrive.original(of: replacing(name, nil, in: redriven)) == nil)
        #expect(Redrive.original(of: replacing(name, [0xC0], in: redriven)) == nil)
    }

    @Test func `what else stands on the redrive topic is none`() throws {
        let letter = try #require(DeadLetterRecord(delivered(buried(record()).outbound)))
        let redriven = Redrive(letter, incarnation: 1).outbound
        for headers in [
            [], Self.odd, buried(record()).outbound.headers, redriven.headers + [RecordHeader("x", "1")], redriven.headers.dropLast(),
            Array(redriven.headers.suffix(2)), Array(redriven.headers.suffix(9)),
        ] {
            #expect(Redrive.original(of: record(headers: headers)) == nil)
        }
        #expect(Redrive.original(of: record(headers: Array(redriven.headers.suffix(10)))) != nil)
    }

    @Test func `a letter's id has one form`() {
        #expect(LetterID("2/41") == LetterID(partition: 2, offset: 41))
        #expect(LetterID("2/41")?.description == "2/41")
        for text in ["", "/", "2", "2/", "/41", "2/41/1", "-2/41", "2/-41", "+2/41", "2 /41", "2147483648/0", "0/9223372036854775808", "²/1"] {
            #expect(LetterID(text) == nil, "\(text)")
        }
    }
}
