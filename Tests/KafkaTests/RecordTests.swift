import Kafka
import Testing

@Suite(.needsBroker, .timeLimit(.minutes(1)))
struct RecordTests {
    @Test func `headers keep their order, repeats and nulls, and a tombstone stays one`() async throws {
        let topic = try await Broker.makeTopic()
        let producer = try KafkaProducer(configuration: Broker.configuration(), compression: .lz4)
        let headers = [
            KafkaHeader(name: "a", value: "1"), KafkaHeader(name: "a", value: "2"), KafkaHeader(name: "null", value: nil),
            KafkaHeader(name: "empty", value: ""),
            KafkaHeader(name: [0xc3, 0x28], value: [0, 255, 0]),
        ]
        let sent = try await producer.send([
            KafkaMessage(topic: topic, timestampMilliseconds: 1_700_000_000_123, key: bytes("k"), value: bytes("v"), headers: headers),
            KafkaMessage(topic: topic, key: bytes("k"), value: nil), KafkaMessage(topic: topic, key: nil, value: []),
            KafkaMessage(topic: topic, key: [], value: [0]),
        ])
        #expect(sent.map(\.offset) == [0, 1, 2, 3])
        #expect(sent.allSatisfy { $0.partition == 0 })

        let consumer = try Broker.consumer([topic])
        let records = try await consumer.read(4)
        #expect(records.map(\.offset) == [0, 1, 2, 3])
        #expect(records.allSatisfy { $0.topic == topic })
        #expect(records[0].headers == headers)
        #expect(records[0].timestampMilliseconds == 1_700_000_000_123)
        #expect(records.map(\.key) == [bytes("k"), bytes("k"), nil, []])
        #expect(records.map(\.value) == [bytes("v"), nil, [], [0]])
        await consumer.close()
        await producer.close()
    }

    @Test func `a record of eight mebibytes passes whole`() async throws {
        let topic = try await Broker.makeTopic(config: [("max.message.bytes", "\(10 << 20)")])
        let producer = try KafkaProducer(configuration: Broker.configuration())
        let value = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        _ = try await producer.send(KafkaMessage(topic: topic, key: nil, value: value))
        let consumer = try Broker.consumer([topic])
        #expect(try await consumer.read(1)[0].value == value)
        await consumer.close()
        await producer.close()
    }

    @Test func `a record beyond the limit is refused by name`() async throws {
        let producer = try KafkaProducer(configuration: Broker.configuration())
        let message = KafkaMessage(topic: try await Broker.makeTopic(), key: nil, value: Array(repeating: 7, count: 10 << 20))
        let error = await #expect(throws: KafkaError.self) { try await producer.send(message) }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.isRetryable == false)
        await producer.close()
    }

    @Test func `a full queue makes senders wait and loses nothing`() async throws {
        let topic = try await Broker.makeTopic()
        var configuration = try Broker.configuration()
        configuration.properties["queue.buffering.max.messages"] = "10"
        let producer = try KafkaProducer(configuration: configuration)
        let sent = try await producer.send((0..<500).map { KafkaMessage(topic: topic, partition: 0, key: nil, value: bytes("\($0)")) })
        #expect(sent.map(\.offset) == Array(0..<500))
        await producer.close()
    }

    @Test func `a bound of bytes ends a poll, and the next goes on where it ended`() async throws {
        let topic = try await Broker.makeTopic()
        let producer = try KafkaProducer(configuration: Broker.configuration())
        _ = try await producer.send((0..<5).map { KafkaMessage(topic: topic, partition: 0, key: nil, value: Array(repeating: $0, count: 100)) })
        let consumer = try Broker.consumer([topic])
        var polls: [[Int64]] = []
        while polls.joined().count < 5 {
            let records = try await consumer.poll(maxRecords: 100, maxBytes: 150, timeoutMilliseconds: 200)
            if !records.isEmpty { polls.append(records.map(\.offset)) }
        }
        #expect(Array(polls.joined()) == [0, 1, 2, 3, 4])
        #expect(polls.allSatisfy { $0.count <= 2 })
        await consumer.close()
        await producer.close()
    }

    @Test func `a closed producer refuses messages`() async throws {
        let producer = try KafkaProducer(configuration: Broker.configuration())
        await producer.close()
        let error = await #expect(throws: KafkaError.self) { try await producer.send(KafkaMessage(topic: "t", key: nil, value: nil)) }
        #expect(error?.code == .closed)
    }
}
