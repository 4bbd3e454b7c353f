import CKafka
import Synchronization

/// Who is sending, and the thread that serves their delivery reports until nobody is.
final class ProducerQueue: Sendable {
    private enum Phase {
        /// Can move to `closing`, `ended`.
        case open
        /// Takes no new messages. Can move to `ended`.
        case closing
        /// What is left fails. The end.
        case ended
    }

    private struct State {
        var phase = Phase.open
        var sends = 0
        var turn: UInt64 = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// - Throws: `.closed`.
    func beginSend() throws(KafkaError) {
        let isOpen = state.withLock { state in
            guard case .open = state.phase else { return false }
            state.sends += 1
            return true
        }
        guard isOpen else { throw .closed }
    }

    func endSend() {
        state.withLock { $0.sends -= 1 }
    }

    /// Whether this is the call that closes.
    func beginClose() -> Bool {
        state.withLock { state in
            guard case .open = state.phase else { return false }
            state.phase = .closing
            return true
        }
    }

    func end() {
        state.withLock { $0.phase = .ended }
    }

    /// How often reports were served. Read before producing, so that space that comes free meanwhile is not missed.
    var turn: UInt64 {
        state.withLock { $0.turn }
    }

    func waitForTurn(after turn: UInt64) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.turn == turn else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Serves delivery reports, on the producer's thread. Goes on until the queue has ended and the last send has its reports.
    func serve(_ client: KafkaClient) {
        while true {
            // A report ends the wait; the timeout bounds how late an end is noticed.
            rd_kafka_poll(client.pointer, 100)
            // Only now: inside its report, a record still takes up space.
            nextTurn()
            let (hasEnded, sends) = state.withLock { state in
                if case .ended = state.phase { (true, state.sends) } else { (false, state.sends) }
            }
            guard hasEnded else { continue }
            guard sends > 0 else { return }
            rd_kafka_purge(client.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
    }

    private func nextTurn() {
        let waiters = state.withLock { state in
            state.turn &+= 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// One message's part in its batch, from the call that queues it to its report.
final class Delivery: Sendable {
    private let batch: DeliveryBatch
    private let index: Int

    init(batch: DeliveryBatch, index: Int) {
        self.batch = batch
        self.index = index
    }

    /// The library's context for the message: `take` gives it back, once.
    func retain() -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(self).toOpaque()
    }

    static func take(_ context: UnsafeMutableRawPointer) -> Delivery {
        Unmanaged<Delivery>.fromOpaque(context).takeRetainedValue()
    }

    func complete(_ message: rd_kafka_message_t) {
        if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            batch.succeed(index, (message.partition, message.offset))
        } else {
            batch.abandon(1, KafkaError(message.err))
        }
    }
}

/// The messages of one `send`, and who waits for them.
final class DeliveryBatch: Sendable {
    typealias Positions = [(partition: Int32, offset: Int64)]

    private struct State {
        var positions: Positions
        var outstanding: Int
        var failure: KafkaError?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(positions: Array(repeating: (-1, -1), count: count), outstanding: count))
    }

    func succeed(_ index: Int, _ position: (partition: Int32, offset: Int64)) {
        settle(1) { $0.positions[index] = position }
    }

    /// So many messages have failed; the first error is the batch's.
    func abandon(_ count: Int, _ error: KafkaError) {
        settle(count) { $0.failure = $0.failure ?? error }
    }

    func outcome() async throws(KafkaError) -> Positions {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.outstanding > 0 else { return true }
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        let (positions, failure) = state.withLock { ($0.positions, $0.failure) }
        if let failure { throw failure }
        return positions
    }

    private func settle(_ count: Int, _ change: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            state.outstanding -= count
            guard state.outstanding == 0 else { return nil }
            return state.waiter.take()
        }
        waiter?.resume()
    }
}
