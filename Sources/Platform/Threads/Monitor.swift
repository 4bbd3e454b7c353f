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
        storage.lock()
        defer {
            storage.wakeAll()
            storage.unlock()
        }
        return try body(&storage.value.pointee)
    }

    /// Runs `body` under the lock and wakes nobody.
    package func read<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
        storage.lock()
        defer { storage.unlock() }
        return try body(storage.value.pointee)
    }

    /// Blocks the calling thread until `body` returns something, running it under the lock at once and after every update.
    package func wait<Result>(for body: (inout Value) throws -> Result?) rethrows -> Result {
        storage.lock()
        defer { storage.unlock() }
        while true {
            if let result = try body(&storage.value.pointee) { return result }
            storage.wait()
        }
    }

    /// As `wait(for:)`, but gives up at the deadline and returns `nil`.
    package func wait<Result>(until deadline: Deadline, for body: (inout Value) throws -> Result?) rethrows -> Result? {
        storage.lock()
        defer { storage.unlock() }
        while true {
            if let result = try body(&storage.value.pointee) { return result }
            guard !deadline.hasPassed else { return nil }
            storage.wait(until: deadline)
        }
    }

    /// `@unchecked`: the value is only ever touched between lock and unlock of the mutex beside it (POSIX.1-2017, 4.12 memory synchronization).
    ///
    /// The value stands behind a pointer, and each access ends before the next wait. As a stored property, lent across a wait, it would be
    /// accessed exclusively all the while, and the optimiser would be right to look at it only once.
    private final class Storage: @unchecked Sendable {
        let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init(_ initialValue: consuming sending Value) {
            value.initialize(to: initialValue)
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
            value.deinitialize(count: 1)
            condition.deallocate()
            mutex.deallocate()
            value.deallocate()
        }

        func lock() { pthread_mutex_lock(mutex) }
        func unlock() { pthread_mutex_unlock(mutex) }
        func wakeAll() { pthread_cond_broadcast(condition) }
        func wait() { pthread_cond_wait(condition, mutex) }

        func wait(until deadline: Deadline) {
            var wakeUp = deadline.monotonicTime
            pthread_cond_timedwait(condition, mutex, &wakeUp)
        }
    }
}
