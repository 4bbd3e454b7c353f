import Delivery

/// The server: exactly what the statements in `Index/Queries` and their locks do, as far as delivery rests on it.
final class Database {
    unowned let world: World
    private(set) var tables: Tables
    private var locks = LockTable()
    private var open: [Transaction] = []
    private var isUp: Bool { outages == 0 }
    private var outages = 0
    var misconfigurations = 0
    /// Another one after each start of the server: a worker that was connected before knows by it that what it wrote may be gone.
    private(set) var instance = 1
    /// How often it was restored.
    private(set) var restores = 0

    /// `statement_timeout`: below the session timeout.
    private static let statementTimeout = 700
    /// `idle_in_transaction_session_timeout`: a worker frozen inside a transaction cannot hold up its successor.
    static let idleTimeout = 600

    init(_ world: World) {
        self.world = world
        tables = Tables(
            documents: Array(repeating: Tables.Document(), count: world.shape.documents),
            renditions: Array(repeating: Tables.Rendition(), count: world.shape.documents))
    }

    // MARK: faults

    func fail() {
        outages += 1
        abortAll()
        // Restarted, or merely out of reach.
        if world.random.chance(50) { instance += 1 }
    }

    func recover() { outages -= 1 }

    func restore(_ backup: Tables) {
        abortAll()
        instance += 1
        restores += 1
        tables = backup
    }

    private func abortAll() {
        for transaction in open { abort(transaction) }
    }

    func abort(all worker: Int) {
        for transaction in open where transaction.worker == worker { abort(transaction) }
    }

    /// The transactions in which this worker keeps the server waiting.
    func idle(_ worker: Int) -> [Transaction] { open.filter { $0.worker == worker && !$0.isWaiting } }

    func forget() {
        open = []
        locks.clear()
    }

    // MARK: transactions

    /// Why a statement fails before it begins.
    private func refusal(_ transaction: Transaction?) -> Failure? {
        if !isUp { return .unavailable }
        if misconfigurations > 0 { return .misconfigured }
        return transaction?.isOpen == false ? .unavailable : nil
    }

    func read<Reply>(_ body: (Tables) -> Reply) -> Result<Reply, Failure> {
        if let failure = refusal(nil) { return .failure(failure) }
        return .success(body(tables))
    }

    func begin(_ worker: Int) -> Transaction {
        let transaction = Transaction(worker: worker)
        open.append(transaction)
        return transaction
    }

    func lock(_ targets: [(target: LockTarget, mode: LockMode)], _ transaction: Transaction, _ answer: @escaping (Failure?) -> Void) {
        if let failure = refusal(transaction) {
            abort(transaction)
            return answer(failure)
        }
        if locks.acquire(targets, for: transaction, answer) { return answer(nil) }
        world.after(Self.statementTimeout) { [weak self] in
            if transaction.isWaiting { self?.abort(transaction) }
        }
    }

    func abort(_ transaction: Transaction) {
        open.removeAll { $0 === transaction }
        for answer in locks.release(transaction) { answer() }
    }

    func commit(_ transaction: Transaction) -> Failure? {
        if let failure = refusal(transaction) {
            abort(transaction)
            return failure
        }
        let before = tables
        transaction.apply(to: &tables)
        abort(transaction)
        world.oracle.databaseChanged(from: before, to: tables)
        return nil
    }
}

/// Statements answer with one.
extension Failure: Error {}
