import Kafka
import Synchronization
import Testing

/// What needs no broker: where there is none, the errors say so.
@Suite(.timeLimit(.minutes(1)))
struct OfflineTests {
    /// Port 1 of this machine: nobody listens there.
    private let nowhere = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "kafka-tests")

    @Test func `a broker that is not there is a retryable error of its own`() async throws {
        let admin = try KafkaAdmin(configuration: nowhere, timeoutMilliseconds: 500)
        let error = await #expect(throws: KafkaError.self) { try await admin.topics() }
        #expect(error?.code == .unavailable || error?.code == .timedOut)
        #expect(error?.isRetryable == true)
    }

    @Test func `a record nobody acknowledges fails in time`() async throws {
        let producer = try KafkaProducer(configuration: nowhere, deliveryTimeoutMilliseconds: 300)
        let error = await #expect(throws: KafkaError.self) { try await producer.send(KafkaMessage(topic: "t", key: nil, value: [1])) }
        #expect(error?.code == .timedOut)
        #expect(error?.isRetryable == true)
        await producer.close()
    }

    @Test func `closing fails what is under way instead of leaving it waiting`() async throws {
        let producer = try KafkaProducer(configuration: nowhere, deliveryTimeoutMilliseconds: 600_000)
        // Whichever of the two comes first: a closed producer refuses, and one that closes fails what it has.
        let sending = Task { _ = try await producer.send(KafkaMessage(topic: "t", key: nil, value: [1])) }
        await producer.close(timeoutMilliseconds: 0)
        let error = await #expect(throws: KafkaError.self) { try await sending.value }
        #expect(error?.code == .closed)
    }

    @Test func `errors of the transport are logged and counted, and a poll goes on`() async throws {
        let lines = Lines()
        let consumer = try KafkaConsumer(
            configuration: nowhere, groupID: "g", topics: ["t"], sessionTimeoutMilliseconds: 6_000, delegate: FromBeginning(), log: lines.append)
        while consumer.transportErrorCount == 0 { #expect(try await consumer.pollOnce().isEmpty) }
        #expect(lines.count > 0)
        await consumer.close()
    }

    @Test func `a wrong setting is refused by its name`() throws {
        var configuration = nowhere
        configuration.properties["sasl.mechanisim"] = "PLAIN"
        let error = #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.setting == "sasl.mechanisim")
    }

    @Test func `a configuration's description has no values`() {
        let configuration = KafkaConfiguration(bootstrapServers: "secret:1", clientID: "secret", properties: ["sasl.password": "secret"])
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("secret")) }
        #expect("\(configuration)".contains("sasl.password"))
    }
}

private final class Lines: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    func append(_ line: KafkaLogLine) { state.withLock { $0 += 1 } }
}
