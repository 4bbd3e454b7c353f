import CKafka
import Glibc
import Threads

/// Topics: making, describing and deleting them, and the records at their beginning. Its calls block a thread of its own, one after the other.
package actor KafkaAdmin {
    package enum Creation: Sendable {
        case created, alreadyExists
    }

    package enum Deletion: Sendable {
        case deleted
        /// The broker has no such request: its records stay until their retention is over.
        case unsupported
    }

    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let makeClient: @Sendable () throws(KafkaError) -> KafkaClient
    private var client: KafkaClient
    private let timeoutMilliseconds: Int32

    /// Of one try of a question: a broker that is well answers within milliseconds, one that has just gone never.
    private static let tryMilliseconds: Int32 = 3_000
    private static let knownIntervalMicroseconds: UInt32 = 20_000

    /// - Parameter timeoutMilliseconds: of each call, after which it throws `.timedOut`.
    /// - Throws: `.invalidConfiguration`.
    package init(configuration: KafkaConfiguration, timeoutMilliseconds: Int = 15_000, log: @escaping KafkaLog = { _ in }) throws(KafkaError) {
        executor = ThreadExecutor(name: "kafka-admin")
        // Of the two kinds of client, the one that joins no group.
        makeClient = { () throws(KafkaError) in try KafkaClient.make(RD_KAFKA_PRODUCER, configuration, context: ClientContext(log: log), defaults: [:]) }
        client = try makeClient()
        self.timeoutMilliseconds = Int32(clamping: timeoutMilliseconds)
    }

    /// A broker that has made a topic may tell of it only a moment later: that is waited for, a few seconds at most.
    ///
    /// - Parameter config: the topic's settings by Kafka's names, such as `cleanup.policy`.
    package func createTopic(
        _ name: String, partitions: Int, replication: Int, config: [(String, String)] = []
    ) throws(KafkaError) -> Creation {
        var topic: OpaquePointer? = rd_kafka_NewTopic_new(name, Int32(clamping: partitions), Int32(clamping: replication), nil, 0)
        guard topic != nil else {
            throw KafkaError(.other(RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue), "the topic's name or partition count is not possible")
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (name, value) in config { try KafkaError.check(rd_kafka_NewTopic_set_config(topic, name, value)) }
        let event = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS) { client, options, queue in
            rd_kafka_CreateTopics(client, &topic, 1, options, queue)
        }
        var count = 0
        let outcome = try only(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.pointer), &count), count)
        let response = rd_kafka_topic_result_error(outcome)
        if response == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return .alreadyExists }
        try KafkaError.check(response)
        waitUntilKnown(name)
        return .created
    }

    private func waitUntilKnown(_ topic: String) {
        let deadline = Deadline.after(.milliseconds(Int64(Self.tryMilliseconds)))
        while !deadline.hasPassed {
            do throws(KafkaError) {
                _ = try describedIDs(of: [topic])
                return
            } catch {
                // The topic is made, whatever keeps the broker from telling.
                guard error.code == .unknownTopic else { return }
                usleep(Self.knownIntervalMicroseconds)
            }
        }
    }

    /// - Throws: `.unknownTopic`.
    package func deleteTopic(_ name: String) throws(KafkaError) {
        var topic: OpaquePointer? = rd_kafka_DeleteTopic_new(name)
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        let event = try request(RD_KAFKA_ADMIN_OP_DELETETOPICS) { client, options, queue in
            rd_kafka_DeleteTopics(client, &topic, 1, options, queue)
        }
        var count = 0
        let outcome = try only(rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.pointer), &count), count)
        try KafkaError.check(rd_kafka_topic_result_error(outcome))
    }

    /// Deletes what stands before these offsets, for good.
    ///
    /// - Throws: `.unknownTopic`; the first partition's failure, where others may have succeeded.
    package func deleteRecords(before offsets: [KafkaTopicPartition: Int64]) throws(KafkaError) -> Deletion {
        guard !offsets.isEmpty else { return .deleted }
        let list = TopicPartitionList(offsets)
        var deletion: OpaquePointer? = rd_kafka_DeleteRecords_new(list.pointer)
        defer { rd_kafka_DeleteRecords_destroy(deletion) }
        do throws(KafkaError) {
            let event = try request(RD_KAFKA_ADMIN_OP_DELETERECORDS) { client, options, queue in
                rd_kafka_DeleteRecords(client, &deletion, 1, options, queue)
            }
            guard let outcome = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.pointer)) else { return .deleted }
            for index in 0..<Int(outcome.pointee.cnt) { try KafkaError.check(outcome.pointee.elems[index].err) }
            return .deleted
        } catch {
            switch error.code {
            case .other(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE.rawValue), .other(RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION.rawValue): return .unsupported
            // The embedded broker hangs up on what it does not know, and answers the next request.
            case .unavailable where (try? topics()) != nil: return .unsupported
            default: throw error
            }
        }
    }

    /// The topic's settings as they apply, defaults among them; those without a value, or with a secret one, are left out.
    ///
    /// - Throws: `.unknownTopic`.
    package func describeConfig(topic: String) throws(KafkaError) -> [String: String] {
        var resource: OpaquePointer? = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) { client, options, queue in
            rd_kafka_DescribeConfigs(client, &resource, 1, options, queue)
        }
        var count = 0
        let outcome = try only(rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.pointer), &count), count)
        try KafkaError.check(rd_kafka_ConfigResource_error(outcome))
        guard let entries = rd_kafka_ConfigResource_configs(outcome, &count) else { return [:] }
        var config: [String: String] = [:]
        for index in 0..<count {
            guard let entry = entries[index], let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry) else { continue }
            config[String(cString: name)] = String(cString: value)
        }
        return config
    }

    /// Every topic with its number of partitions.
    package func topics() throws(KafkaError) -> [String: Int] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let response = rd_kafka_metadata(client.pointer, 1, nil, &metadata, timeoutMilliseconds)
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        try KafkaError.check(response)
        guard let list = metadata?.pointee else { return [:] }
        var topics: [String: Int] = [:]
        for index in 0..<Int(list.topic_cnt) {
            let topic = list.topics[index]
            guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            topics[String(cString: topic.topic)] = Int(topic.partition_cnt)
        }
        return topics
    }

    /// What tells a topic from one of the same name before it: a UUID in base64, or `nil` where the broker gives none.
    ///
    /// - Throws: `.unknownTopic`.
    package func topicID(of topic: String) throws(KafkaError) -> String? {
        try topicIDs(of: [topic])[topic]
    }

    /// As `topicID(of:)`, of several topics in one request; those without an id are left out.
    ///
    /// A client may go on waiting for a broker that has gone: tried again by one made anew, until the time of a call has passed.
    package func topicIDs(of topics: [String]) throws(KafkaError) -> [String: String] {
        guard !topics.isEmpty else { return [:] }
        let deadline = Deadline.after(.milliseconds(Int64(timeoutMilliseconds)))
        while true {
            do throws(KafkaError) {
                return try describedIDs(of: topics)
            } catch {
                guard error.isRetryable, !deadline.hasPassed else { throw error }
                client = try makeClient()
            }
        }
    }

    private func describedIDs(of topics: [String]) throws(KafkaError) -> [String: String] {
        let names = TopicCollection(topics)
        let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, milliseconds: min(Self.tryMilliseconds, timeoutMilliseconds)) { client, options, queue in
            rd_kafka_DescribeTopics(client, names.pointer, options, queue)
        }
        var count = 0
        guard let descriptions = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event.pointer), &count) else { return [:] }
        var ids: [String: String] = [:]
        for description in UnsafeBufferPointer(start: descriptions, count: count) {
            // The error object belongs to the result.
            if let error = rd_kafka_TopicDescription_error(description) { try KafkaError.check(rd_kafka_error_code(error)) }
            guard let name = rd_kafka_TopicDescription_name(description), let id = rd_kafka_TopicDescription_topic_id(description) else { continue }
            guard rd_kafka_Uuid_most_significant_bits(id) != 0 || rd_kafka_Uuid_least_significant_bits(id) != 0 else { continue }
            ids[String(cString: name)] = rd_kafka_Uuid_base64str(id).map { String(cString: $0) }
        }
        return ids
    }

    /// Sends one request and waits for its answer.
    private func request(
        _ operation: rd_kafka_admin_op_t, milliseconds: Int32? = nil,
        _ send: (_ client: OpaquePointer, _ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws(KafkaError) -> AdminEvent {
        let call = AdminCall(client, operation)
        try KafkaError.check(rd_kafka_AdminOptions_set_request_timeout(call.options, milliseconds ?? timeoutMilliseconds, nil, 0))
        send(client.pointer, call.options, call.queue)
        // The request times out by itself; its answer is then an event like any other.
        guard let event = rd_kafka_queue_poll(call.queue, -1) else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
        let answer = AdminEvent(pointer: event)
        // Errors of connections wait for somebody to take them to the log.
        rd_kafka_poll(client.pointer, 0)
        try KafkaError.check(rd_kafka_event_error(event))
        return answer
    }

    /// The one element of an answer about one topic.
    private func only(_ elements: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) throws(KafkaError) -> OpaquePointer {
        guard count == 1, let element = elements?[0] else {
            throw KafkaError(.other(RD_KAFKA_RESP_ERR__BAD_MSG.rawValue), "the broker's answer is not about the one topic asked for")
        }
        return element
    }
}

/// The options of one request and the queue its answer comes by.
private struct AdminCall: ~Copyable {
    let options: OpaquePointer
    let queue: OpaquePointer

    init(_ client: KafkaClient, _ operation: rd_kafka_admin_op_t) {
        options = rd_kafka_AdminOptions_new(client.pointer, operation)
        queue = rd_kafka_queue_new(client.pointer)
    }

    deinit {
        rd_kafka_queue_destroy(queue)
        rd_kafka_AdminOptions_destroy(options)
    }
}

/// A request's answer; everything read from it is valid while it lives.
private struct AdminEvent: ~Copyable {
    let pointer: OpaquePointer

    deinit {
        rd_kafka_event_destroy(pointer)
    }
}

private struct TopicCollection: ~Copyable {
    let pointer: OpaquePointer

    init(_ topics: [String]) {
        let names = topics.map { strdup($0) }
        defer { names.forEach { free($0) } }
        var pointers = names.map { UnsafePointer<CChar>($0) }
        pointer = rd_kafka_TopicCollection_of_topic_names(&pointers, topics.count)
    }

    deinit {
        rd_kafka_TopicCollection_destroy(pointer)
    }
}
