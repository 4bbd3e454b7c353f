import Glibc
import Kafka
import Synchronization
import Testing

/// The broker the tests talk to; they are skipped where there is none.
enum Broker {
    static let address = getenv("SLUICE_KAFKA_BOOTSTRAP_SERVERS").map { String(cString: $0) }
    static let absence: Comment = "SLUICE_KAFKA_BOOTSTRAP_SERVERS is not set: scripts/stack up starts a broker and writes its address"

    static func configuration(_ client: String = "kafka-tests") throws -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: try #require(address), clientID: client)
    }

    /// A topic nobody else uses.
    static func makeTopic(partitions: Int = 1, config: [(String, String)] = []) async throws -> String {
        let name = uniqueName()
        let admin = try KafkaAdmin(configuration: configuration())
        #expect(try await admin.createTopic(name, partitions: partitions, replication: 1, config: config) == .created)
        // A broker may have taken the topic on before it tells of it.
        while try await admin.topics()[name] == nil { await Task.yield() }
        return name
    }

    /// Apart from every other in this process and from those of other processes.
    static func uniqueName() -> String {
        "sluice-test-\(getpid())-\(time(nil))-\(serial.add(1, ordering: .relaxed).newValue)"
    }

    private static let serial = Atomic<Int>(0)

    static func consumer(_ topics: [String], group: String = uniqueName(), delegate: any RebalanceDelegate = FromBeginning()) throws -> KafkaConsumer {
        // The embedded broker holds a group's first join for half of the session.
        try KafkaConsumer(configuration: configuration(), groupID: group, topics: topics, sessionTimeoutMilliseconds: 6_000, delegate: delegate)
    }
}

extension Trait where Self == ConditionTrait {
    static var needsBroker: Self { .enabled(if: Broker.address != nil, Broker.absence) }
}

extension KafkaConsumer {
    /// Polls until there are `count` records: a broker that never gives them fails the test by its time limit.
    func read(_ count: Int) async throws -> [KafkaRecord] {
        var records: [KafkaRecord] = []
        while records.count < count { records += try poll(maxRecords: count - records.count, maxBytes: 64 << 20, timeoutMilliseconds: 200) }
        return records
    }

    func pollOnce() throws(KafkaError) -> [KafkaRecord] {
        try poll(maxRecords: 1_000, maxBytes: 1 << 20, timeoutMilliseconds: 200)
    }
}

struct FromBeginning: RebalanceDelegate {
    func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaStart] {
        Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) })
    }
    func revoked(_ partitions: [KafkaTopicPartition]) {}
    func lost(_ partitions: [KafkaTopicPartition]) {}
}

struct Starting: RebalanceDelegate {
    let start: KafkaStart

    func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaStart] {
        Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) })
    }
    func revoked(_ partitions: [KafkaTopicPartition]) {}
    func lost(_ partitions: [KafkaTopicPartition]) {}
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
