import CKafkaMock

/// Brokers of librdkafka's own, in this process: they speak the protocol, and fail where they are told to.
package final class MockCluster: Sendable {
    /// Requests by their keys in Kafka's protocol.
    package enum Request: Int16, Sendable, CaseIterable {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case offsetCommit = 8
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
        case initProducerID = 22
    }

    package enum Failure: Sendable, CaseIterable {
        case notLeader, requestTimedOut, notEnoughReplicas
        case coordinatorNotAvailable, notCoordinator, coordinatorLoading
        /// No answer: the connection is closed.
        case disconnect

        fileprivate var code: rd_kafka_resp_err_t {
            switch self {
            case .notLeader: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            case .coordinatorNotAvailable: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            case .notCoordinator: RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            case .coordinatorLoading: RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
            case .disconnect: RD_KAFKA_RESP_ERR__TRANSPORT
            }
        }
    }

    /// Nothing but a cluster could not be made of it.
    package struct Refused: Error {}

    /// `@unchecked`: every call is an operation on the cluster's own thread (rdkafka_mock.h), or reads what never changes.
    private struct Handles: @unchecked Sendable {
        let client: OpaquePointer
        let cluster: OpaquePointer
    }

    private let handles: Handles
    package let brokers: ClosedRange<Int32>
    package let bootstrapServers: String

    /// - Throws: `Refused`.
    package init(brokers count: Int32) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "log_level", "0", nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            rd_kafka_conf_destroy(configuration)
            throw Refused()
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, count) else {
            rd_kafka_destroy(client)
            throw Refused()
        }
        handles = Handles(client: client, cluster: cluster)
        brokers = 1...count
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(handles.cluster)
        rd_kafka_destroy(handles.client)
    }

    package func makeTopic(_ name: String, partitions: Int32) throws {
        try check(rd_kafka_mock_topic_create(handles.cluster, name, partitions, Int32(brokers.count)))
    }

    /// The next requests of this kind fail so, one after the other, whichever broker they go to.
    package func fail(_ request: Request, _ failures: [Failure]) {
        rd_kafka_mock_push_request_errors_array(handles.cluster, request.rawValue, failures.count, failures.map(\.code))
    }

    package func lead(_ topic: String, partition: Int32, by broker: Int32) throws {
        try check(rd_kafka_mock_partition_set_leader(handles.cluster, topic, partition, broker))
    }

    package func coordinate(group: String, by broker: Int32) throws {
        try check(rd_kafka_mock_coordinator_set(handles.cluster, "group", group, broker))
    }

    /// How much later every answer of this broker comes.
    package func delay(_ broker: Int32, milliseconds: Int32) throws {
        try check(rd_kafka_mock_broker_set_rtt(handles.cluster, broker, milliseconds))
    }

    /// Its connections are closed, and it takes no new ones.
    package func stop(_ broker: Int32) throws {
        try check(rd_kafka_mock_broker_set_down(handles.cluster, broker))
    }

    package func start(_ broker: Int32) throws {
        try check(rd_kafka_mock_broker_set_up(handles.cluster, broker))
    }

    private func check(_ code: rd_kafka_resp_err_t) throws {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Refused() }
    }
}
