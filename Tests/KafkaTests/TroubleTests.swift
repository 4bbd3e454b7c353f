import Kafka
import MockCluster
import Synchronization
import Testing

/// What brokers may answer while records are produced and consumed. That a test ends is what shows that nothing stalls.
@Suite(.timeLimit(.minutes(2)))
struct TroubleTests {
    enum Trouble: CaseIterable {
        case failedProduces, failedFetches, failedMetadata, failedMembership, failedCommits
        case droppedConnections, delays, movedLeaders, movedCoordinator, stoppedBrokers
    }

    private static let (topic, group) = ("documents", "workers")
    private static let partitions: Int32 = 4
    private static let (rounds, recordsEach) = (6, 100)

    @Test(arguments: Trouble.allCases)
    func `every acknowledged record is consumed, without a gap`(trouble: Trouble) async throws {
        let cluster = try MockCluster(brokers: 3)
        try cluster.makeTopic(Self.topic, partitions: Self.partitions)
        let configuration = KafkaConfiguration(
            bootstrapServers: cluster.bootstrapServers, clientID: "kafka-tests", properties: ["reconnect.backoff.max.ms": "500", "retry.backoff.ms": "20"])
        let producer = try KafkaProducer(configuration: configuration)
        let positions = Positions()
        let consumer = try KafkaConsumer(
            configuration: configuration, groupID: Self.group, topics: [Self.topic], sessionTimeoutMilliseconds: 6_000, delegate: positions.member("worker"))

        var consumed: [Place: [UInt8]] = [:]
        var acknowledged: [Place: [UInt8]] = [:]
        for round in 0..<Self.rounds {
            // The first without: both have to have met the brokers before these fail.
            if round > 0 { try cause(trouble, cluster, round) }
            let messages = (0..<Self.recordsEach).map { index in
                KafkaMessage(topic: Self.topic, partition: Int32(index) % Self.partitions, key: nil, value: bytes("\(round)/\(index)"))
            }
            async let sent = producer.send(messages)
            for (place, message) in zip(try await sent, messages) {
                acknowledged[Place(partition: place.partition, offset: place.offset)] = message.value
            }
            while acknowledged.keys.contains(where: { consumed[$0] == nil }) {
                let records = try await consumer.pollOnce()
                positions.take(records, by: "worker")
                for record in records { consumed[Place(partition: record.partition, offset: record.offset)] = record.value }
            }
            // The broker's copy of the positions, which may fail and be written again.
            try? await consumer.commit(Dictionary(uniqueKeysWithValues: positions.held(by: "worker").map { ($0, positions.next(of: $0)) }))
        }
        #expect(acknowledged.count == Self.rounds * Self.recordsEach)
        // These brokers do not tell a repeated request: what was retried may stand there twice, the second time unacknowledged.
        #expect(acknowledged.allSatisfy { consumed[$0] == $1 })
        #expect(positions.violations.isEmpty)
        await consumer.close()
        await producer.close()
    }

    private func cause(_ trouble: Trouble, _ cluster: MockCluster, _ round: Int) throws {
        let broker = Int32(round) % Int32(cluster.brokers.count) + 1
        switch trouble {
        case .failedProduces: cluster.fail(.produce, [.notLeader, .requestTimedOut, .notEnoughReplicas, .disconnect])
        case .failedFetches: cluster.fail(.fetch, [.notLeader, .requestTimedOut, .disconnect, .notLeader])
        case .failedMetadata: cluster.fail(.metadata, [.requestTimedOut, .disconnect])
        case .failedMembership:
            cluster.fail(.heartbeat, [.coordinatorNotAvailable, .notCoordinator])
            cluster.fail(.findCoordinator, [.coordinatorNotAvailable, .coordinatorLoading, .disconnect])
            cluster.fail(.joinGroup, [.coordinatorNotAvailable])
            cluster.fail(.syncGroup, [.notCoordinator])
        case .failedCommits: cluster.fail(.offsetCommit, [.coordinatorNotAvailable, .coordinatorLoading, .requestTimedOut])
        case .droppedConnections: for request in [MockCluster.Request.produce, .fetch, .heartbeat] { cluster.fail(request, [.disconnect, .disconnect]) }
        case .delays: for broker in cluster.brokers { try cluster.delay(broker, milliseconds: Int32(round % 3) * 150) }
        case .movedLeaders:
            for partition in 0..<Self.partitions {
                try cluster.lead(Self.topic, partition: partition, by: (broker + partition) % Int32(cluster.brokers.count) + 1)
            }
        case .movedCoordinator: try cluster.coordinate(group: Self.group, by: broker)
        case .stoppedBrokers:
            // Its partitions go to the others, then it is back.
            let others = cluster.brokers.filter { $0 != broker }
            try cluster.stop(broker)
            for partition in 0..<Self.partitions { try cluster.lead(Self.topic, partition: partition, by: others[Int(partition) % others.count]) }
            try cluster.coordinate(group: Self.group, by: others[0])
            for broker in others { try cluster.start(broker) }
        }
    }

    private struct Place: Hashable {
        let partition: Int32
        let offset: Int64
    }
}
