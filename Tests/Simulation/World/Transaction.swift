import Delivery

enum LockTarget: Hashable {
    case claim(GroupPartition)
    case document(Int)
}

/// Row locks as PostgreSQL has them, as far as they meet here.
enum LockMode {
    /// A foreign key's reader, and who only asks that the row's key stays: `for key share`.
    case keyShare
    /// A plain update of columns that are no key.
    case noKeyUpdate
    /// `for update`.
    case update

    func conflicts(with other: LockMode) -> Bool {
        switch (self, other) {
        case (.keyShare, .keyShare), (.keyShare, .noKeyUpdate), (.noKeyUpdate, .keyShare): false
        default: true
        }
    }
}

/// One transaction at the server: the locks it holds, and what it writes when it commits. What it reads under lock is what is committed, and its own.
final class Transaction {
    let worker: Int
    fileprivate(set) var isOpen = true
    fileprivate var held: [(target: LockTarget, mode: LockMode)] = []
    fileprivate var wait: Wait?
    /// In the order they were made.
    fileprivate var writes: [(inout Tables) -> Void] = []

    fileprivate struct Wait {
        var targets: ArraySlice<(target: LockTarget, mode: LockMode)>
        let answer: (Failure?) -> Void
    }

    init(worker: Int) {
        self.worker = worker
    }

    var isWaiting: Bool { wait != nil }

    func write(_ change: @escaping (inout Tables) -> Void) { writes.append(change) }
}

/// Grants row locks in the order they were asked for, as far as they agree with what is held.
struct LockTable {
    private var holders: [LockTarget: [(transaction: Transaction, mode: LockMode)]] = [:]
    private var waiting: [Transaction] = []

    /// One after another.
    ///
    /// - Parameter answer: called once all are held, or the transaction is over, where it has to wait.
    /// - Returns: whether it need not wait.
    mutating func acquire(_ targets: [(target: LockTarget, mode: LockMode)], for transaction: Transaction, _ answer: @escaping (Failure?) -> Void) -> Bool {
        transaction.wait = Transaction.Wait(targets: targets[...], answer: answer)
        if advance(transaction) {
            transaction.wait = nil
            return true
        }
        waiting.append(transaction)
        return false
    }

    /// - Returns: whether it holds all it asked for.
    private mutating func advance(_ transaction: Transaction) -> Bool {
        while let (target, mode) = transaction.wait?.targets.first {
            let others = holders[target, default: []]
            guard !others.contains(where: { $0.transaction !== transaction && $0.mode.conflicts(with: mode) }) else { return false }
            holders[target, default: []].append((transaction, mode))
            transaction.held.append((target, mode))
            transaction.wait?.targets.removeFirst()
        }
        return true
    }

    /// The transaction is over.
    ///
    /// - Returns: the answers to those whose wait has ended, and to itself where it was waiting.
    mutating func release(_ transaction: Transaction) -> [() -> Void] {
        transaction.isOpen = false
        for (target, _) in transaction.held {
            holders[target]?.removeAll { $0.transaction === transaction }
            if holders[target]?.isEmpty == true { holders[target] = nil }
        }
        transaction.held = []
        var answers: [() -> Void] = []
        if let wait = transaction.wait {
            transaction.wait = nil
            waiting.removeAll { $0 === transaction }
            answers.append { wait.answer(.unavailable) }
        }
        for next in waiting where advance(next) {
            guard let wait = next.wait else { continue }
            next.wait = nil
            answers.append { wait.answer(nil) }
        }
        waiting.removeAll { !$0.isWaiting }
        return answers
    }

    mutating func clear() {
        holders = [:]
        waiting = []
    }
}

extension Transaction {
    func apply(to tables: inout Tables) {
        for write in writes { write(&tables) }
        writes = []
    }
}
