import Contract
import Index
import Postgres

/// How long maintenance may take, and whether it was asked to end.
package struct MaintenanceBudget: Sendable {
    private let deadline: ContinuousClock.Instant
    private let isStopped: @Sendable () -> Bool

    package init(_ limit: Duration, isStopped: @escaping @Sendable () -> Bool) {
        deadline = .now + limit
        self.isStopped = isStopped
    }

    package var isOver: Bool { isStopped() || .now >= deadline }
    package var remaining: Duration { max(.zero, deadline - .now) }
}

/// What one part of maintenance did, or would do.
package struct MaintenanceFinding: Sendable {
    package enum Part: String, Sendable, CaseIterable {
        case generations, retention, cache, outcomes, questions, orphans, statistics, indexes
    }

    package enum State: Sendable, Hashable {
        case done
        /// It was out of time, or asked to end: the next run goes on.
        case cutShort
        case skipped(String)
        case failed(String)
    }

    package struct Count: Sendable, Hashable {
        package let name: String
        package let number: Int
    }

    package let part: Part
    package private(set) var counts: [Count]
    package var state: State = .done

    package init(_ part: Part, _ names: [String] = []) {
        self.part = part
        counts = names.map { Count(name: $0, number: 0) }
    }

    package var cut: MaintenanceFinding {
        var cut = self
        cut.state = .cutShort
        return cut
    }

    package mutating func add(_ number: Int, _ name: String) {
        if let index = counts.firstIndex(where: { $0.name == name }) {
            counts[index] = Count(name: name, number: counts[index].number + number)
        } else {
            counts.append(Count(name: name, number: number))
        }
    }

    /// Something is not as it must be.
    package var isAlarming: Bool {
        if case .failed = state { return true }
        return part == .orphans && !counts.isEmpty
    }
}

/// The parts of maintenance that concern the database alone. Each works in short transactions and may be ended between any two.
package struct Maintenance: Sendable {
    /// How old something has to be before it goes.
    package struct Ages: Sendable {
        let cache: Duration
        let outcomes: Duration

        package init(cache: Duration, outcomes: Duration) {
            self.cache = cache
            self.outcomes = outcomes
        }
    }

    package typealias Progress = (Int) -> Void

    /// Rows that have to have changed before statistics are taken anew.
    private static let changedRows: Int64 = 1000
    /// Of eight kilobytes: what makes an index worth a look.
    package static let pages: Int64 = 1024

    private let store: AdministrationStore
    private let budget: MaintenanceBudget
    /// Says what would be done, and does nothing.
    private let countsOnly: Bool
    private let now: Timestamp

    package init(_ store: AdministrationStore, _ budget: MaintenanceBudget, countsOnly: Bool, now: Timestamp) {
        (self.store, self.budget, self.countsOnly, self.now) = (store, budget, countsOnly, now)
    }

    private func terms(_ age: Duration) -> PruningTerms { PruningTerms(before: now.earlier(by: age), countsOnly: countsOnly) }

    // MARK: what nobody needs any more

    package func sweepGenerations(_ progress: Progress) async throws -> MaintenanceFinding {
        let name = "documents of dropped generations"
        var finding = MaintenanceFinding(.generations, [name])
        for generation in try await store.generations() where generation.state == .dropped {
            if countsOnly {
                finding.add(try await store.counts(of: generation.generation.number).values.reduce(0) { $0 + Int($1.documents) }, name)
                continue
            }
            repeat {
                if budget.isOver { return finding.cut }
                guard let count = try await store.sweepDropped(generation.generation.number) else { break }
                finding.add(count, name)
                progress(count)
            } while true
        }
        return finding
    }

    package func pruneCache(_ ages: Ages, _ progress: Progress) async throws -> MaintenanceFinding {
        let name = "cached vectors of no passage"
        var finding = MaintenanceFinding(.cache, [name])
        // In any order: what is cut short again and again comes to each in turn.
        for space in try await store.cachedSpaces().shuffled() {
            var walk = CacheWalk()
            while true {
                if budget.isOver { return finding.cut }
                let pruned = try await store.pruneCache(space, &walk, terms(ages.cache))
                finding.add(pruned.count, name)
                progress(pruned.count)
                if !pruned.isMore { break }
            }
        }
        return finding
    }

    package func pruneOutcomes(_ ages: Ages, _ progress: Progress) async throws -> MaintenanceFinding {
        let name = "outcomes told long ago"
        var finding = MaintenanceFinding(.outcomes, [name])
        for partition in try await store.outcomePartitions().shuffled() {
            var walk = OutcomeWalk()
            while true {
                if budget.isOver { return finding.cut }
                let pruned = try await store.pruneOutcomes(partition, &walk, terms(ages.outcomes))
                finding.add(pruned.count, name)
                progress(pruned.count)
                if !pruned.isMore { break }
            }
        }
        return finding
    }

    package func eraseQuestions() async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.questions)
        guard !countsOnly else {
            finding.state = .skipped("nothing is counted before it is done")
            return finding
        }
        finding.add(try await store.eraseExpiredTexts(), "kept questions past their time")
        return finding
    }

    // MARK: what is wrong

    /// Changes nothing, whatever it finds.
    package func findOrphans(_ tenants: [TenantRecord], _ progress: Progress) async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.orphans)
        for tenant in tenants.shuffled() {
            var window = DocumentWindow.first
            while true {
                if budget.isOver { return finding.cut }
                let next = try await store.window(of: tenant, after: window)
                let found = try await store.orphans(tenant, in: next ?? window.rest)
                for (name, count) in found.sorted(by: { $0.key < $1.key }) { finding.add(count, name) }
                guard let next else { break }
                progress(1)
                window = next
            }
        }
        return finding
    }

    // MARK: the owner's

    package func refreshStatistics(_ owner: MaintenanceOwner, _ progress: Progress) async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.statistics, ["tables analysed"])
        for table in try await store.staleTables(minimum: Self.changedRows) {
            if budget.isOver { return finding.cut }
            if !countsOnly { try await owner.run(table) }
            finding.add(1, "tables analysed")
            progress(1)
        }
        return finding
    }

    /// Makes indexes anew that are more than twice as large as they have to be, beside whoever uses them.
    package func rebuildIndexes(_ owner: MaintenanceOwner, minimumPages: Int64 = Maintenance.pages, _ progress: Progress) async throws -> MaintenanceFinding {
        var finding = MaintenanceFinding(.indexes, ["indexes rebuilt"])
        try await dropLeftovers(owner, &finding)
        let sizes = try await store.indexSizes(minimumPages: minimumPages)
        if !countsOnly { try await store.noteFirstSizes(sizes) }
        for size in sizes where size.isBloated {
            if budget.isOver { return finding.cut }
            if !countsOnly {
                do {
                    try await owner.run(size.rebuild)
                } catch {
                    try await dropLeftovers(owner, &finding)
                    // Ended for its time, or by whoever asked for it: the next run begins with it.
                    guard budget.isOver else { throw error }
                    return finding.cut
                }
                try await store.noteFreshSize(of: size.name)
            }
            finding.add(1, "indexes rebuilt")
            progress(1)
        }
        return finding
    }

    private func dropLeftovers(_ owner: MaintenanceOwner, _ finding: inout MaintenanceFinding) async throws {
        for leftover in try await store.leftoverIndexes() {
            if !countsOnly { try await owner.run(leftover) }
            finding.add(1, "leftovers of a rebuild dropped")
        }
    }
}

extension Timestamp {
    fileprivate func earlier(by age: Duration) -> Timestamp { Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch - Int64(age / .microseconds(1))) }
}

/// Runs what only the owner of the tables may, each on a connection of its own that ends with the budget.
package struct MaintenanceOwner: Sendable {
    private static let (pause, shortest) = (Duration.milliseconds(100), Duration.seconds(10))

    private let url: String
    private let budget: MaintenanceBudget

    /// - Returns: nothing where the login is not the owner, nor a member of it.
    package static func of(url: String, _ budget: MaintenanceBudget) async throws -> MaintenanceOwner? {
        do {
            try await TableOwner.connect(url: url, limit: shortest).close()
        } catch let error as PostgresError where error.sqlState != nil {
            return nil
        }
        return MaintenanceOwner(url: url, budget: budget)
    }

    func run(_ command: UpkeepCommand) async throws {
        // What clears up after a rebuild that was ended takes a moment all the same.
        let owner = try await TableOwner.connect(url: url, limit: max(budget.remaining, Self.shortest))
        let watch = Task {
            while !budget.isOver { try await Task.sleep(for: Self.pause) }
            try await Task.sleep(for: command.isTidying ? Self.shortest : .zero)
            try await owner.cancel()
        }
        defer { watch.cancel() }
        do {
            try await owner.run(command)
            await owner.close()
        } catch {
            await owner.close()
            throw error
        }
    }
}
