import Kafka
import Synchronization
import Testing

@Suite(.needsBroker, .timeLimit(.minutes(2)))
struct GroupTests {
    private func fill(_ topic: String, partitions: Int32 = 1, each count: Int) async throws {
        let producer = try KafkaProducer(configuration: Broker.configuration())
        _ = try await producer.send(
            (0..<partitions).flatMap { partition in
                (0..<count).map { KafkaMessage(topic: topic, partition: partition, key: nil, value: bytes("\($0)")) }
            })
        await producer.close()
    }

    @Test func `an assigned partition starts where the delegate says`() async throws {
        let topic = try await Broker.makeTopic()
        try await fill(topic, each: 10)
        let consumer = try Broker.consumer([topic], delegate: Starting(start: .offset(7)))
        #expect(try await consumer.read(3).map(\.offset) == [7, 8, 9])
        #expect(await consumer.lag == [KafkaTopicPartition(topic: topic, partition: 0): 0])
        await consumer.close()
    }

    @Test func `what was committed is where the next member goes on`() async throws {
        let topic = try await Broker.makeTopic()
        let group = Broker.uniqueName()
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        // The last one by itself: the embedded broker tells a partition's end as if its last batch held one record.
        try await fill(topic, each: 9)
        try await fill(topic, each: 1)
        let first = try Broker.consumer([topic], group: group, delegate: Starting(start: .stored))
        #expect(try await first.read(10).first?.offset == 0)
        #expect(try await first.committed([partition]).isEmpty)
        try await first.commit([partition: 4])
        #expect(try await first.committed([partition]) == [partition: 4])
        #expect(try await first.watermarks(topic: topic, partition: 0) == (0, 10))
        await first.close()
        let second = try Broker.consumer([topic], group: group, delegate: Starting(start: .stored))
        #expect(try await second.read(6).first?.offset == 4)
        await second.close()
    }

    @Test func `lag is what is left to poll`() async throws {
        let topic = try await Broker.makeTopic()
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        try await fill(topic, each: 10)
        let consumer = try Broker.consumer([topic])
        _ = try await consumer.read(3)
        #expect(await consumer.lag == [partition: 7])
        _ = try await consumer.read(7)
        #expect(await consumer.lag == [partition: 0])
        await consumer.close()
    }

    @Test func `a partition somebody else may hold is neither committed, paused nor sought`() async throws {
        let topic = try await Broker.makeTopic()
        let consumer = try Broker.consumer([topic])
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        for refused in [
            await #expect(throws: KafkaError.self, performing: { try await consumer.commit([partition: 1]) }),
            await #expect(throws: KafkaError.self, performing: { try await consumer.pause([partition]) }),
            await #expect(throws: KafkaError.self, performing: { try await consumer.seek(partition, to: 0) }),
        ] {
            #expect(refused?.code == .notAssigned)
        }
        await consumer.close()
        let closed = await #expect(throws: KafkaError.self) { try await consumer.pollOnce() }
        #expect(closed?.code == .closed)
    }

    @Test func `a paused partition is silent, and goes on without a gap`() async throws {
        let topic = try await Broker.makeTopic()
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        try await fill(topic, each: 10)
        let consumer = try Broker.consumer([topic])
        #expect(try await consumer.read(3).map(\.offset) == [0, 1, 2])
        try await consumer.pause([partition])
        #expect(try await consumer.pollOnce().isEmpty)
        try await consumer.resume([partition])
        #expect(try await consumer.read(2).map(\.offset) == [3, 4])
        try await consumer.seek(partition, to: 1)
        #expect(try await consumer.read(2).map(\.offset) == [1, 2])
        await consumer.close()
    }

    @Test func `a refused assignment ends the poll with the delegate's error, and the consumer still closes`() async throws {
        let topic = try await Broker.makeTopic()
        try await fill(topic, each: 1)
        let consumer = try Broker.consumer([topic], delegate: Refusing())
        var refusal: KafkaError?
        while refusal == nil {
            do throws(KafkaError) {
                #expect(try await consumer.pollOnce().isEmpty)
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.code == .assignmentRefused)
        #expect(refusal?.underlying is Refusing.Refusal)
        #expect(await consumer.assignment.isEmpty)
        await consumer.close()
    }

    @Test func `members that come and go lose no record, and none goes on reading what it gave up`() async throws {
        let topic = try await Broker.makeTopic(partitions: 4)
        let group = Broker.uniqueName()
        try await fill(topic, partitions: 4, each: 50)
        let positions = Positions()
        let first = try Broker.consumer([topic], group: group, delegate: positions.member("first"))
        try await consume(first, "first", into: positions) { positions.count >= 200 }
        #expect(await first.assignment.count == 4)

        let second = try Broker.consumer([topic], group: group, delegate: positions.member("second"))
        // Both have to poll for a rebalance to come about.
        while positions.held(by: "first").count != 2 || positions.held(by: "second").count != 2 {
            try await positions.take(first.pollOnce(), by: "first")
            try await positions.take(second.pollOnce(), by: "second")
        }
        try await fill(topic, partitions: 4, each: 50)
        while positions.count < 400 {
            try await positions.take(first.pollOnce(), by: "first")
            try await positions.take(second.pollOnce(), by: "second")
        }

        await first.close()
        #expect(positions.held(by: "first").isEmpty)
        try await fill(topic, partitions: 4, each: 50)
        try await consume(second, "second", into: positions) { positions.count >= 600 }
        #expect(await second.assignment.count == 4)
        await second.close()
        #expect(positions.violations.isEmpty)
        #expect(positions.count == 600)
    }

    private func consume(_ consumer: KafkaConsumer, _ name: String, into positions: Positions, until isDone: () -> Bool) async throws {
        while !isDone() { try await positions.take(consumer.pollOnce(), by: name) }
    }

    @Test func `a topic that comes to match the pattern is read from its beginning`() async throws {
        let prefix = Broker.uniqueName()
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        _ = try await admin.createTopic("\(prefix).one", partitions: 1, replication: 1)
        try await fill("\(prefix).one", each: 1)
        let consumer = try Broker.consumer(["^\(prefix)\\..*"])
        #expect(try await consumer.read(1)[0].topic == "\(prefix).one")
        _ = try await admin.createTopic("\(prefix).two", partitions: 1, replication: 1)
        try await fill("\(prefix).two", each: 1)
        #expect(try await consumer.read(1)[0].topic == "\(prefix).two")
        await consumer.close()
    }
}

private struct Refusing: RebalanceDelegate {
    struct Refusal: Error {}

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart] { throw Refusal() }
    func revoked(_ partitions: [KafkaTopicPartition]) {}
    func lost(_ partitions: [KafkaTopicPartition]) {}
}

/// Positions as an application keeps them: beside the data, shared by the members, so that each goes on exactly where the other ended.
final class Positions: Sendable {
    private struct State {
        var next: [KafkaTopicPartition: Int64] = [:]
        var holders: [KafkaTopicPartition: String] = [:]
        var count = 0
        var violations: [String] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }
    var violations: [String] { state.withLock { $0.violations } }

    func next(of partition: KafkaTopicPartition) -> Int64 { state.withLock { $0.next[partition, default: 0] } }

    func held(by name: String) -> [KafkaTopicPartition] {
        state.withLock { state in state.holders.filter { $0.value == name }.map(\.key) }
    }

    func take(_ records: [KafkaRecord], by name: String) {
        state.withLock { state in
            for record in records {
                let partition = record.topicPartition
                if state.holders[partition] != name { state.violations.append("\(name) reads \(partition.partition) and does not hold it") }
                if state.next[partition, default: 0] != record.offset { state.violations.append("\(partition.partition) goes on at \(record.offset)") }
                state.next[partition] = record.offset + 1
                state.count += 1
            }
        }
    }

    func member(_ name: String) -> Member { Member(name: name, positions: self) }

    struct Member: RebalanceDelegate {
        let name: String
        let positions: Positions

        func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaStart] {
            positions.state.withLock { state in
                for partition in partitions {
                    if let holder = state.holders.updateValue(name, forKey: partition) { state.violations.append("\(name) takes what \(holder) holds") }
                }
                return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .offset(state.next[$0, default: 0])) })
            }
        }

        func revoked(_ partitions: [KafkaTopicPartition]) {
            positions.state.withLock { state in for partition in partitions { state.holders[partition] = nil } }
        }

        func lost(_ partitions: [KafkaTopicPartition]) { revoked(partitions) }
    }
}
