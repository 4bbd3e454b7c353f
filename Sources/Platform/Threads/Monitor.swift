import Glibc

/// A value behind a lock whose waiters block their thread until it changes: a mutex and a condition variable as one object.
///
/// For threads only. Code on the cooperative pool uses `Mutex` and continuations: waiting here would take a thread away from every task.
package final class Monitor<Value>: Sendable {
    private let storage: Storage

    package init(_ value: consuming sending Value) {
        storage = Storage(value)
    }

    /// Runs `body` under the lock, then wakes every waiter to look again.
    package func update<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try storage.locked { value, condition in
            defer { pthread_cond_broadcast(condition) }
            return try body(&value)
        }
    }

    /// Runs `body` under the lock and wakes nobody.
    package func read<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
        try storage.locked { value, _ in try body(value) }
    }

    /// Blocks the calling thread until `body` returns something, running it under the lock at once and after every update.
    package func wait<Result>(for body: (inout Value) throws -> Result?) rethrows -> Result {
        try storage.locked { value, condition in
            while true {
                if let result = try body(&value) { return result }
                pthread_cond_wait(condition, storage.mutex)
            }
        }
    }

    /// As `wait(for:)`, but gives up at the deadline and returns `nil`.
    package func wait<Result>(until deadline: Deadline, for body: (inout Value) throws -> Result?) rethrows -> Result? {
        try storage.locked { value, condition -> Result? in
            while true {
                if let result = try body(&value) { return result }
                guard !deadline.hasPassed else { return nil }
                var wakeUp = deadline.monotonicTime
                pthread_cond_timedwait(condition, storage.mutex, &wakeUp)
            }
        }
    }

    /// `@unchecked`: the value is only ever touched between lock and unlock of the mutex beside it (POSIX.1-2017, 4.12 memory synchronization).
    private final class Storage: @unchecked Sendable {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var value: Value

        init(_ value: consuming sending Value) {
            self.value = value
            pthread_mutex_init(mutex, nil)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            // The clock of `Deadline.monotonicTime`: the wall clock jumps.
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func locked<Result>(_ body: (inout Value, UnsafeMutablePointer<pthread_cond_t>) throws -> Result) rethrows -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&value, condition)
        }
    }
}
