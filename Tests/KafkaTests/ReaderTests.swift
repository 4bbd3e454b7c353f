import Kafka
import Testing

@Suite(.needsBroker, .timeLimit(.minutes(1)))
struct ReaderTests {
    /// Polls until there are `count` records: a broker that never gives them fails the test by its time limit.
    private func read(_ count: Int, from reader: KafkaReader) async throws -> [KafkaRecord] {
        var records: [KafkaRecord] = []
        while records.count < count { records += try await reader.poll(maxRecords: count - records.count, timeoutMilliseconds: 200) }
        return records
    }

    private func write(_ values: [String], to topic: String, partition: Int32 = 0) async throws {
        let producer = try KafkaProducer(configuration: Broker.configuration())
        _ = try await producer.send(values.map { KafkaMessage(topic: topic, partition: partition, key: nil, value: bytes($0)) })
        await producer.close()
    }

    @Test func `from the end there is what is written afterwards, in every partition, and nothing else`() async throws {
        let topic = try await Broker.makeTopic(partitions: 3)
        for partition in 0..<3 { try await write(["before"], to: topic, partition: Int32(partition)) }
        let reader = try KafkaReader(configuration: Broker.configuration())
        try await reader.startAtEnd(of: [topic])
        for partition in 0..<3 { try await write(["after \(partition)"], to: topic, partition: Int32(partition)) }
        let records = try await read(3, from: reader)
        #expect(Set(records.map(\.value)) == Set((0..<3).map { bytes("after \($0)") }))
        #expect(records.allSatisfy { $0.offset == 1 })
        await reader.close()
    }

    @Test func `several topics are read together`() async throws {
        let topics = [try await Broker.makeTopic(), try await Broker.makeTopic(partitions: 2)]
        let reader = try KafkaReader(configuration: Broker.configuration())
        try await reader.startAtEnd(of: topics)
        for topic in topics { try await write([topic], to: topic) }
        #expect(Set(try await read(2, from: reader).map(\.topic)) == Set(topics))
        await reader.close()
    }

    @Test func `a partition is read from the offset named`() async throws {
        let topic = try await Broker.makeTopic()
        try await write(["a", "b", "c", "d"], to: topic)
        let reader = try KafkaReader(configuration: Broker.configuration())
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        try await reader.start(at: [partition: 2])
        #expect(try await read(2, from: reader).map(\.value) == [bytes("c"), bytes("d")])
        try await reader.start(at: [partition: 1])
        #expect(try await read(1, from: reader).map(\.value) == [bytes("b")])
        await reader.close()
    }

    @Test func `whether anything is left between two offsets is known, also where what was there is gone`() async throws {
        let topic = try await Broker.makeTopic()
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let reader = try KafkaReader(configuration: Broker.configuration())
        #expect(try await !reader.holdsRecord(partition, in: 0..<10))
        try await write(["a", "b", "c", "d"], to: topic)
        #expect(try await reader.holdsRecord(partition, in: 0..<1))
        #expect(try await reader.holdsRecord(partition, in: 3..<4))
        #expect(try await !reader.holdsRecord(partition, in: 4..<9))
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        if try await admin.deleteRecords(before: [partition: 3]) == .deleted {
            #expect(try await !reader.holdsRecord(partition, in: 0..<3))
            #expect(try await reader.holdsRecord(partition, in: 0..<4))
        }
        await reader.close()
    }

    @Test func `a partition is read to its present end, and no further in one go than was asked`() async throws {
        let topic = try await Broker.makeTopic(partitions: 2)
        for values in [["a", "b", "c"], ["dd", "ee"]] { try await write(values, to: topic) }
        let reader = try KafkaReader(configuration: Broker.configuration())
        let (full, empty) = (KafkaTopicPartition(topic: topic, partition: 0), KafkaTopicPartition(topic: topic, partition: 1))
        let extents = try await reader.extents(of: topic)
        #expect(extents[full]?.lowerBound == 0 && extents[empty] == 0..<0)
        for start in 0..<5 as Range<Int64> {
            try await reader.start(at: [full: start])
            var offsets: [Int64] = []
            while true {
                let (records, isAtEnd) = try await reader.pollToEnd(maxRecords: 10, maxBytes: 2, timeoutMilliseconds: 200)
                #expect(records.count <= 2)
                offsets += records.map(\.offset)
                if isAtEnd { break }
            }
            #expect(offsets == Array(start..<5))
        }
        try await reader.start(at: [empty: 0])
        while try await reader.pollToEnd(maxRecords: 10, maxBytes: .max, timeoutMilliseconds: 200).isAtEnd == false {}
        await reader.close()
    }

    @Test func `a topic that is not there is unknown`() async throws {
        let reader = try KafkaReader(configuration: Broker.configuration())
        let error = await #expect(throws: KafkaError.self) { try await reader.startAtEnd(of: [Broker.uniqueName()]) }
        #expect(error?.code == .unknownTopic)
        await reader.close()
    }

    @Test func `a closed reader says so`() async throws {
        let reader = try KafkaReader(configuration: Broker.configuration())
        await reader.close()
        let error = await #expect(throws: KafkaError.self) { try await reader.poll(maxRecords: 1, timeoutMilliseconds: 0) }
        #expect(error?.code == .closed)
    }
}
