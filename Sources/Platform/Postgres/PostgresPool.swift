import Synchronization

/// A bounded set of connections, lent one task at a time in the order of asking.
///
/// Connections open when first needed and are kept; one that was left in doubt is dropped, and another opens in its place.
package final class PostgresPool: Sendable {
    private let configuration: PostgresConfiguration
    private let state: Mutex<PoolState>

    /// - Parameter limit: how many connections may be open at once, at least one.
    package init(_ configuration: PostgresConfiguration, limit: Int) {
        self.configuration = configuration
        state = Mutex(PoolState(limit: max(1, limit)))
    }

    /// Lends a connection, waiting where all are lent.
    ///
    /// - Throws: what `body` throws; `.connectionFailed`; `.poolClosed`; `CancellationError` while waiting.
    package func withConnection<Result: Sendable>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Closes what is idle, lets what is lent finish, and refuses every waiter.
    package func close() async {
        let (idle, waiters) = state.withLock { $0.close() }
        for waiter in waiters { waiter.resume(throwing: PostgresError(.poolClosed, "the pool is closed")) }
        for connection in idle { await connection.close() }
    }

    private func acquire() async throws -> PostgresConnection {
        switch try await slot() {
        case .connection(let connection):
            return connection
        case .vacancy:
            do {
                return try await PostgresConnection.connect(configuration)
            } catch {
                giveBack(.vacancy)
                throw error
            }
        }
    }

    private func slot() async throws -> PoolState.Slot {
        let ticket = state.withLock { $0.takeTicket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLock { $0.ask(ticket, isCancelled: Task.isCancelled, continuation) }
                switch answer {
                case .slot(let slot): continuation.resume(returning: slot)
                case .wait: break
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .closed: continuation.resume(throwing: PostgresError(.poolClosed, "the pool is closed"))
                }
            }
        } onCancel: {
            state.withLock { $0.removeWaiter(ticket) }?.resume(throwing: CancellationError())
        }
    }

    private func release(_ connection: PostgresConnection) async {
        let isUsable = await connection.isUsable
        if giveBack(isUsable ? .connection(connection) : .vacancy) { await connection.close() }
    }

    /// Returns whether the pool no longer wants the connection.
    @discardableResult
    private func giveBack(_ slot: PoolState.Slot) -> Bool {
        let handOver = state.withLock { $0.giveBack(slot) }
        handOver.waiter?.resume(returning: slot)
        return handOver.isUnwanted
    }
}

/// Who has what. Slots are conserved: `idle` and `vacancies` and those lent make up the limit.
struct PoolState {
    /// The right to one connection.
    enum Slot: Sendable {
        case connection(PostgresConnection)
        /// None is open yet: the holder opens one.
        case vacancy
    }

    enum Answer {
        case slot(Slot), wait, cancelled, closed
    }

    typealias Waiter = CheckedContinuation<Slot, any Error>

    /// The most recently used last: it is lent first, and the rest stay cold.
    private var idle: [PostgresConnection] = []
    private var vacancies: Int
    /// In order of asking, which is the order of tickets.
    private var waiters: [(ticket: Int, waiter: Waiter)] = []
    private var nextTicket = 0
    private var isClosed = false

    init(limit: Int) {
        vacancies = limit
    }

    mutating func takeTicket() -> Int {
        defer { nextTicket += 1 }
        return nextTicket
    }

    mutating func ask(_ ticket: Int, isCancelled: Bool, _ waiter: Waiter) -> Answer {
        if isClosed { return .closed }
        if isCancelled { return .cancelled }
        if let connection = idle.popLast() { return .slot(.connection(connection)) }
        if vacancies > 0 {
            vacancies -= 1
            return .slot(.vacancy)
        }
        waiters.append((ticket, waiter))
        return .wait
    }

    mutating func removeWaiter(_ ticket: Int) -> Waiter? {
        waiters.firstIndex { $0.ticket == ticket }.map { waiters.remove(at: $0).waiter }
    }

    mutating func giveBack(_ slot: Slot) -> (waiter: Waiter?, isUnwanted: Bool) {
        if isClosed { return (nil, true) }
        if !waiters.isEmpty { return (waiters.removeFirst().waiter, false) }
        switch slot {
        case .connection(let connection): idle.append(connection)
        case .vacancy: vacancies += 1
        }
        return (nil, false)
    }

    mutating func close() -> (idle: [PostgresConnection], waiters: [Waiter]) {
        isClosed = true
        defer { (idle, waiters) = ([], []) }
        return (idle, waiters.map(\.waiter))
    }
}
