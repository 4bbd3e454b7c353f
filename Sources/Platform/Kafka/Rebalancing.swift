import CKafka

/// Where reading a newly assigned partition begins.
package enum KafkaStart: Hashable, Sendable {
    case beginning
    /// The next record to read.
    case offset(Int64)
    /// The group's committed offset, or the beginning where there is none.
    case stored
}

/// Follows a consumer's assignment. Called inside `poll` and `close`, on the consumer's thread, before the group goes on: keep it short of the session timeout.
///
/// A delegate that knows its consumer may use it by `assumeIsolated`, so as to commit what it has before the partitions go.
package protocol RebalanceDelegate: Sendable {
    /// New partitions, in addition to those held. A partition the answer does not name starts from `.stored`.
    ///
    /// - Throws: to hold none of them: the poll then throws `.assignmentRefused`, and the consumer is to be closed.
    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaStart]
    /// These are about to go to another member; until this returns they can still be committed.
    func revoked(_ partitions: [KafkaTopicPartition])
    /// These are gone: another member may be reading them already.
    func lost(_ partitions: [KafkaTopicPartition])
}

/// What a consumer holds, kept in step with the group from inside the library's callback.
///
/// `@unchecked`: the callback only ever runs inside `rd_kafka_consumer_poll` and `rd_kafka_consumer_close` (rdkafka.h, `rd_kafka_conf_set_rebalance_cb`),
/// which the consumer's thread alone calls; so does everything else here.
final class Rebalancing: @unchecked Sendable {
    private let delegate: any RebalanceDelegate
    private(set) var starts: [KafkaTopicPartition: KafkaStart] = [:]
    private(set) var hasJoined = false
    /// Taken away since they were last asked for.
    private var departed: Set<KafkaTopicPartition> = []
    private var refusal: KafkaError?

    init(delegate: any RebalanceDelegate) {
        self.delegate = delegate
    }

    func holds(_ partition: KafkaTopicPartition) -> Bool {
        starts[partition] != nil
    }

    func takeDeparted() -> Set<KafkaTopicPartition> {
        defer { departed = [] }
        return departed
    }

    func takeRefusal() -> KafkaError? {
        defer { refusal = nil }
        return refusal
    }

    func serve(_ client: OpaquePointer, _ event: rd_kafka_resp_err_t, _ list: UnsafePointer<rd_kafka_topic_partition_list_t>) {
        var partitions: [KafkaTopicPartition] = []
        TopicPartitionList.forEach(in: list) { partition, _ in partitions.append(partition) }
        if event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            assign(partitions, client)
        } else {
            release(partitions, client)
        }
    }

    private func assign(_ partitions: [KafkaTopicPartition], _ client: OpaquePointer) {
        var held: [KafkaTopicPartition: KafkaStart] = [:]
        do {
            let chosen = try delegate.assigned(partitions)
            for partition in partitions { held[partition] = chosen[partition] ?? .stored }
        } catch {
            refusal = KafkaError(.assignmentRefused, "the assigned partitions were refused", underlying: error)
            // Makes the poll return at once. An empty assignment goes on below: without one, the library waits for it and cannot even be closed.
            rd_kafka_yield(client)
        }
        let list = TopicPartitionList(held.mapValues(\.libraryOffset))
        // Nothing is held before the library says so.
        let isHeld =
            isCooperative(client)
            ? succeeds(rd_kafka_incremental_assign(client, list.pointer))
            : rd_kafka_assign(client, list.pointer) == RD_KAFKA_RESP_ERR_NO_ERROR
        if isHeld {
            starts.merge(held) { _, new in new }
            // A pause outlives the assignment it was meant for.
            rd_kafka_resume_partitions(client, list.pointer)
            hasJoined = refusal == nil
        }
    }

    private func release(_ partitions: [KafkaTopicPartition], _ client: OpaquePointer) {
        // Refused partitions come by here too; the library would take none of a list with one it does not know.
        let held = partitions.filter(holds)
        departed.formUnion(held)
        if rd_kafka_assignment_lost(client) != 0 {
            for partition in held { starts[partition] = nil }
            delegate.lost(held)
        } else {
            delegate.revoked(held)
            for partition in held { starts[partition] = nil }
        }
        if isCooperative(client) {
            let list = TopicPartitionList(held)
            _ = succeeds(rd_kafka_incremental_unassign(client, list.pointer))
        } else {
            rd_kafka_assign(client, nil)
        }
    }

    private func isCooperative(_ client: OpaquePointer) -> Bool {
        rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
    }

    /// Takes ownership of the error. It cannot be helped here: the library reports a fatal one by the next poll.
    private func succeeds(_ error: OpaquePointer?) -> Bool {
        guard let error else { return true }
        rd_kafka_error_destroy(error)
        return false
    }
}

extension KafkaStart {
    fileprivate var libraryOffset: Int64 {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .offset(let offset): offset
        case .stored: Int64(RD_KAFKA_OFFSET_STORED)
        }
    }
}
