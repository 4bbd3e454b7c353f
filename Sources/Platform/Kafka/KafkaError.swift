import CKafka

/// What Kafka, or the way to it, refused.
package struct KafkaError: Error, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The record is larger than the client or the topic allows.
        case messageTooLarge
        case unknownTopic
        /// No answer in time; what was asked may have happened.
        case timedOut
        /// No broker can be reached.
        case unavailable
        /// The partition is not, or no longer, this member's to read or commit.
        case notAssigned
        /// The delegate threw when partitions were assigned: see `underlying`.
        case assignmentRefused
        /// See `setting`.
        case invalidConfiguration
        /// The client was closed before.
        case closed
        /// The client has to be made anew.
        case fatal
        /// librdkafka's or Kafka's own number.
        case other(Int32)
    }

    package let code: Code
    /// Static text, of ours or the library's.
    package let reason: String
    /// Whether the same call may succeed later.
    package let isRetryable: Bool
    /// The name of the setting at fault, of `.invalidConfiguration`.
    package let setting: String?
    /// What the delegate threw, of `.assignmentRefused`. Not part of the description: its text is not ours to vouch for.
    package let underlying: (any Error)?

    package init(_ code: Code, _ reason: StaticString, isRetryable: Bool = false, setting: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.reason = "\(reason)"
        self.isRetryable = isRetryable
        self.setting = setting
        self.underlying = underlying
    }

    package var description: String {
        "Kafka: \(reason)"
    }
}

extension KafkaError {
    init(_ response: rd_kafka_resp_err_t) {
        code = Code(response)
        reason = String(cString: rd_kafka_err2str(response))
        isRetryable = Self.passing.contains(response.rawValue)
        setting = nil
        underlying = nil
    }

    static func check(_ response: rd_kafka_resp_err_t) throws(KafkaError) {
        guard response == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(response) }
    }

    /// Takes ownership of the library's error object, of which `nil` is success.
    static func check(consuming error: OpaquePointer?) throws(KafkaError) {
        guard let error else { return }
        let response = rd_kafka_error_code(error)
        rd_kafka_error_destroy(error)
        throw KafkaError(response)
    }

    static let closed = KafkaError(.closed, "the client is closed")

    /// What passes without anybody's doing: leaders and coordinators move, brokers restart, queues drain.
    private static let passing: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        ].map(\.rawValue))
}

extension KafkaError.Code {
    fileprivate init(_ response: rd_kafka_resp_err_t) {
        self =
            switch response {
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: .messageTooLarge
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: .unknownTopic
            case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
                .timedOut
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE: .unavailable
            case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
                RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH, RD_KAFKA_RESP_ERR_FENCED_MEMBER_EPOCH, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
                .notAssigned
            case RD_KAFKA_RESP_ERR__DESTROY, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: .closed
            case RD_KAFKA_RESP_ERR__FATAL: .fatal
            default: .other(response.rawValue)
            }
    }
}
