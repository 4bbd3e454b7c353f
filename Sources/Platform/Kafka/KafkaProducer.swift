import CKafka
import Threads

/// Writes records: idempotent, in order for each partition, acknowledged by every replica in sync. Safe to share.
package final class KafkaProducer: Sendable {
    package enum Compression: String, Sendable {
        case none, lz4, zstd
    }

    private let client: KafkaClient
    private let context: ClientContext
    private let queue = ProducerQueue()

    /// - Parameters:
    ///   - lingerMilliseconds: how long a batch waits for company; 2 is lost in a commit's time and fills batches under load.
    ///   - deliveryTimeoutMilliseconds: after which a record that was not acknowledged fails with `.timedOut`.
    /// - Throws: `.invalidConfiguration`.
    package init(
        configuration: KafkaConfiguration, lingerMilliseconds: Int = 2, compression: Compression = .none, deliveryTimeoutMilliseconds: Int = 30_000,
        log: @escaping KafkaLog = { _ in }
    ) throws(KafkaError) {
        context = ClientContext(log: log)
        client = try KafkaClient.make(
            RD_KAFKA_PRODUCER, configuration, context: context,
            defaults: [
                // What Java clients do, so that a key keeps its partition whoever writes it.
                "partitioner": "murmur2_random",
                // The contract's 8 MiB of content, an envelope, and what a batch adds.
                "message.max.bytes": "\((9 << 20) + (64 << 10))",
                // Memory for what is not yet acknowledged: seven of the largest records. A full queue makes `send` wait.
                "queue.buffering.max.kbytes": "\(64 << 10)",
                "linger.ms": "\(lingerMilliseconds)", "compression.codec": compression.rawValue,
                "message.timeout.ms": "\(deliveryTimeoutMilliseconds)",
            ],
            required: ["enable.idempotence": "true", "acks": "all"], configure: { $0.routeDeliveryReports() })
        startThread(named: "kafka-producer") { [client, queue] in queue.serve(client) }
    }

    deinit {
        queue.end()
    }

    /// Errors of the transport so far; each went to the log too.
    package var transportErrorCount: Int { context.errorCount }

    /// Writes the messages in order and returns once every one is acknowledged, or has failed. Waits where the queue is full. Cancellation does not
    /// call records back: the delivery timeout bounds the wait.
    ///
    /// - Returns: where each message went, in their order.
    /// - Throws: the first failure (`.messageTooLarge`, `.unknownTopic`, `.timedOut`, `.fatal`, `.closed`); other messages may have been written.
    package func send(_ messages: [KafkaMessage]) async throws(KafkaError) -> [(partition: Int32, offset: Int64)] {
        guard !messages.isEmpty else { return [] }
        try queue.beginSend()
        defer { queue.endSend() }
        let batch = DeliveryBatch(count: messages.count)
        for (index, message) in messages.enumerated() {
            do throws(KafkaError) {
                try await enqueue(message, Delivery(batch: batch, index: index))
            } catch {
                batch.abandon(messages.count - index, error)
                break
            }
        }
        return try await batch.outcome()
    }

    /// Writes one message.
    package func send(_ message: KafkaMessage) async throws(KafkaError) -> (partition: Int32, offset: Int64) {
        try await send([message])[0]
    }

    /// Waits until everything is acknowledged or has failed.
    ///
    /// - Throws: `.timedOut`.
    package func flush(timeoutMilliseconds: Int = 10_000) async throws(KafkaError) {
        let response = await withCheckedContinuation { continuation in
            // The library blocks its caller: rare enough for a thread of its own.
            startThread(named: "kafka-flush") { [client] in
                continuation.resume(returning: rd_kafka_flush(client.pointer, Int32(clamping: timeoutMilliseconds)))
            }
        }
        try KafkaError.check(response)
    }

    /// Refuses further messages, waits for those under way, and fails with `.closed` what is left after the timeout. Again has no effect.
    package func close(timeoutMilliseconds: Int = 10_000) async {
        guard queue.beginClose() else { return }
        // What did not make it fails by its own `send`.
        try? await flush(timeoutMilliseconds: timeoutMilliseconds)
        queue.end()
    }

    private func enqueue(_ message: KafkaMessage, _ delivery: Delivery) async throws(KafkaError) {
        while true {
            let turn = queue.turn
            let response = message.produce(client, delivery)
            guard response == RD_KAFKA_RESP_ERR__QUEUE_FULL else { return try KafkaError.check(response) }
            await queue.waitForTurn(after: turn)
        }
    }
}

extension KafkaMessage {
    fileprivate func produce(_ client: KafkaClient, _ delivery: Delivery) -> rd_kafka_resp_err_t {
        let list = HeaderList(headers)
        let context = delivery.retain()
        let response = Self.withBytes(key) { key in
            Self.withBytes(value) { value in
                sluice_kafka_produce(
                    client.pointer, topic, partition ?? RD_KAFKA_PARTITION_UA, key.baseAddress, key.count, value.baseAddress, value.count,
                    timestampMilliseconds ?? 0, list.pointer, context)
            }
        }
        // Once queued, the library owns the headers, and the delivery report releases the context.
        if response == RD_KAFKA_RESP_ERR_NO_ERROR { list.surrender() } else { _ = Delivery.take(context) }
        return response
    }

    /// No bytes are a null pointer, which an empty array must not be.
    fileprivate static func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard !bytes.isEmpty else { return withUnsafeBytes(of: UInt8(0)) { body(UnsafeRawBufferPointer(start: $0.baseAddress, count: 0)) } }
        return bytes.withUnsafeBytes(body)
    }
}

/// Headers until the library takes them.
private struct HeaderList: ~Copyable {
    /// `nil` where there are none.
    let pointer: OpaquePointer?

    init(_ headers: [KafkaHeader]) {
        guard !headers.isEmpty else {
            pointer = nil
            return
        }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            header.name.withUnsafeBytes { name in
                KafkaMessage.withBytes(header.value) { value in
                    _ = rd_kafka_header_add(list, name.baseAddress, name.count, value.baseAddress, value.count)
                }
            }
        }
        pointer = list
    }

    deinit {
        if let pointer { rd_kafka_headers_destroy(pointer) }
    }

    consuming func surrender() {
        discard self
    }
}
