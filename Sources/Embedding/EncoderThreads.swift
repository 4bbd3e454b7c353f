import Dispatch
import Foundation
import Synchronization

/// Threads of their own for the encoder, which would block the cooperative pool: each takes the next step when it has finished one.
///
/// Steps run in the order they came, but those of small requests (a query) before those of large ones (a document's chunks).
final class EncoderThreads: Sendable {
    /// Runs `body` with the encoder of the thread it is on, or the error that kept the thread from having one.
    typealias Step = @Sendable (Result<BertEncoder, any Error>) -> Void

    private let queue = StepQueue()
    private let count: Int

    /// - Parameter makeEncoder: called once on each thread.
    init(count: Int, makeEncoder: @escaping @Sendable () throws -> BertEncoder) {
        self.count = max(1, count)
        for index in 0..<self.count {
            let thread = Thread { [queue] in
                let encoder = Result { try makeEncoder() }
                while let step = queue.next() { step(encoder) }
            }
            thread.name = "embedding-\(index)"
            thread.start()
        }
    }

    deinit {
        queue.release(count)
    }

    func submit(_ steps: [Step], urgent: Bool) {
        queue.append(steps, urgent: urgent)
    }
}

/// Two lanes of steps; the urgent one is emptied first.
private final class StepQueue: Sendable {
    private struct Lanes {
        var urgent: [EncoderThreads.Step] = []
        var ordinary: [EncoderThreads.Step] = []
        /// Where the ordinary lane begins: steps before are done.
        var head = 0
    }

    private let lanes = Mutex(Lanes())
    private let available = DispatchSemaphore(value: 0)

    func append(_ steps: [EncoderThreads.Step], urgent: Bool) {
        lanes.withLock { lanes in
            if urgent { lanes.urgent += steps } else { lanes.ordinary += steps }
        }
        for _ in steps { available.signal() }
    }

    /// Waits for a step; nil when released and none is left.
    func next() -> EncoderThreads.Step? {
        available.wait()
        return lanes.withLock { lanes in
            if !lanes.urgent.isEmpty { return lanes.urgent.removeFirst() }
            guard lanes.head < lanes.ordinary.count else { return nil }
            defer {
                lanes.head += 1
                if lanes.head == lanes.ordinary.count {
                    lanes.ordinary.removeAll(keepingCapacity: true)
                    lanes.head = 0
                }
            }
            return lanes.ordinary[lanes.head]
        }
    }

    /// Lets so many threads go once all steps are taken.
    func release(_ threads: Int) {
        for _ in 0..<threads { available.signal() }
    }
}
