import Kafka
import Testing

@Suite(.needsBroker, .timeLimit(.minutes(1)))
struct AdminTests {
    @Test func `creating a topic twice says so and changes nothing`() async throws {
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        let name = Broker.uniqueName()
        #expect(try await admin.createTopic(name, partitions: 3, replication: 1, config: [("cleanup.policy", "compact")]) == .created)
        #expect(try await admin.createTopic(name, partitions: 5, replication: 1) == .alreadyExists)
        #expect(try await admin.topics()[name] == 3)
        #expect(try await admin.describeConfig(topic: name)["cleanup.policy"] == "compact")
    }

    @Test func `a topic's id is its own and stays`() async throws {
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        let (one, two) = (try await Broker.makeTopic(), try await Broker.makeTopic())
        let id = try await admin.topicID(of: one)
        #expect(try await admin.topicID(of: one) == id)
        #expect(try await admin.topicID(of: two) != id || id == nil)
    }

    @Test func `a topic that does not exist is named as such`() async throws {
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        let name = Broker.uniqueName()
        let undescribed = await #expect(throws: KafkaError.self) { try await admin.topicID(of: name) }
        #expect(undescribed?.code == .unknownTopic)
        let undeleted = await #expect(throws: KafkaError.self) { try await admin.deleteTopic(name) }
        #expect(undeleted?.code == .unknownTopic)
    }

    @Test func `a deleted topic is gone`() async throws {
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        let name = try await Broker.makeTopic()
        try await admin.deleteTopic(name)
        // Brokers agree to it at once and forget it soon: one that never does fails the test by its time limit.
        while try await admin.topics()[name] != nil {}
    }

    @Test func `records before an offset are gone, where the broker can do that`() async throws {
        let topic = try await Broker.makeTopic()
        let producer = try KafkaProducer(configuration: Broker.configuration())
        _ = try await producer.send(["a", "b", "c"].map { KafkaMessage(topic: topic, key: nil, value: bytes($0)) })
        await producer.close()
        let admin = try KafkaAdmin(configuration: Broker.configuration())
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let deletion = try await admin.deleteRecords(before: [partition: 2])
        let reader = try KafkaReader(configuration: Broker.configuration())
        #expect(try await reader.extents(of: topic)[partition]?.lowerBound == (deletion == .deleted ? 2 : 0))
        await reader.close()
        #expect(try await admin.deleteRecords(before: [:]) == .deleted)
    }
}
