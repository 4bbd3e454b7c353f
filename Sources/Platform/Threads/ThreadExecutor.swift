import Glibc

/// One operating-system thread that runs an actor's jobs in the order they came: where blocking C is called.
///
/// The actor stores it and returns it as its executor; the thread ends once the last reference is gone and every job has run, so that no job is ever stranded.
///
/// ```swift
/// actor Connection {
///     private let executor = ThreadExecutor(name: "postgres")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
/// }
/// ```
package final class ThreadExecutor: SerialExecutor, Sendable {
    private let queue = WorkQueue()

    /// - Parameter name: the thread's name, of which Linux shows 15 bytes.
    package init(name: String) {
        startThread(named: name) { [queue] in queue.run() }
    }

    deinit {
        queue.close()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The closure holds the executor, so that it outlives the job it runs.
        let job = UnownedJob(job)
        queue.append { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs `body` on this thread and blocks the calling one until it has: the way from a C callback on one thread to an actor on another.
    ///
    /// Must not be called from the cooperative pool, nor in a circle of threads that wait for one another. On the thread itself it simply runs.
    package func performAndWait<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        guard !queue.isCurrent else { return try body() }
        let outcome = Monitor<Swift.Result<Result, any Error>?>(nil)
        queue.append {
            let result = Swift.Result { try body() }
            outcome.update { $0 = result }
        }
        return try outcome.wait { $0 }.get()
    }

    package func checkIsolated() {
        precondition(queue.isCurrent, "not on the executor's thread")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        queue.isCurrent
    }
}

/// What the thread has still to do. Shared by the executor, which fills it, and the thread, which outlives the executor by what is left.
private final class WorkQueue: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isClosed = false
        var thread: pthread_t?
    }

    private let state = Monitor(State())

    var isCurrent: Bool {
        let thread = state.read { $0.thread }
        return thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
    }

    func append(_ work: @escaping @Sendable () -> Void) {
        state.update { $0.work.append(work) }
    }

    func close() {
        state.update { $0.isClosed = true }
    }

    func run() {
        state.update { $0.thread = pthread_self() }
        while true {
            let batch = state.wait { state -> [@Sendable () -> Void]? in
                guard state.work.isEmpty else {
                    defer { state.work = [] }
                    return state.work
                }
                return state.isClosed ? [] : nil
            }
            guard !batch.isEmpty else { return }
            for work in consume batch { work() }
        }
    }
}
