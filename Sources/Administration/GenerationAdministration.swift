import Contract
import Index
import Kafka

/// What is known of a generation before it takes the live one's place.
package struct GenerationReport: Sendable {
    package struct Check: Sendable, Hashable {
        package enum Name: String, Sendable, CaseIterable {
            /// It is filled up to where its reindex began.
            case filled
            /// It has come to all the live one has told of.
            case caughtUp = "caught up"
            /// Every document of the live one is in it, or waits in it as it may.
            case complete
            /// Access is in no generation: documents stand where they stand in the live one.
            case access
            /// The evaluation finds nothing lost.
            case evaluation
        }

        package let name: Name
        package let passes: Bool
        package let finding: String

        package init(_ name: Name, passes: Bool, _ finding: String) {
            self.name = name
            self.passes = passes
            self.finding = finding
        }
    }

    package let live: Generation
    package let next: Generation
    package let tenants: [GenerationComparison]
    package let differences: [GenerationDifference]
    package var checks: [Check]

    package var passes: Bool { checks.allSatisfy(\.passes) }
}

/// Generations: made, compared, promoted, dropped.
package struct GenerationAdministration: Sendable {
    private let store: AdministrationStore
    private let logs: TopicLogs?

    /// - Parameter logs: without them a generation is behind what it has not come to, be there anything left to be read or not.
    package init(store: AdministrationStore, logs: TopicLogs? = nil) {
        self.store = store
        self.logs = logs
    }

    package func list() async throws -> [GenerationOverview] { try await store.generations() }

    /// - Throws: `AdministrationError.unknownGeneration`.
    package func find(_ name: String) async throws -> GenerationOverview {
        guard let found = try await store.generations().first(where: { $0.generation.name == name && $0.state != .dropped }) else {
            throw AdministrationError.unknownGeneration(name)
        }
        return found
    }

    /// - Throws: `AdministrationError.noLiveGeneration`.
    package func live() async throws -> Generation {
        guard let live = try await store.generations().first(where: { $0.state == .live }) else { throw AdministrationError.noLiveGeneration }
        return live.generation
    }

    /// The one that was live before, and is kept.
    package func previous() async throws -> GenerationOverview? {
        try await store.generations().filter { $0.state == .kept }.max { ($0.retiredAt ?? $0.createdAt) < ($1.retiredAt ?? $1.createdAt) }
    }

    /// Compares a generation with the live one, or with another.
    /// - Parameter samples: how many documents that differ are named.
    package func report(on overview: GenerationOverview, against other: Generation? = nil, samples: Int) async throws -> GenerationReport {
        let next = overview.generation
        let live = if let other { other } else { try await live() }
        let tenants = try await store.compare(live, next)
        let differences = try await store.differences(live.number, next.number, limit: samples)
        let behind = try await store.behind(next, live: live)
        let empty = try? await empty(among: behind)
        let left = behind.filter { empty?.contains($0) != true }
        _ = try? await logs?.closeWatermarks()
        let unfinished = try await store.reindexes().first { $0.generation == next.number && $0.finishedAt == nil }
        func sum(_ count: KeyPath<GenerationComparison, Int64>) -> Int64 { tenants.reduce(0) { $0 + $1[keyPath: count] } }
        let (missing, older) = (sum(\.missing) - sum(\.waiting), sum(\.older) - sum(\.olderWaiting))
        let waiting = sum(\.waiting) + sum(\.olderWaiting)
        let records = left.reduce(0) { $0 + $1.offsets.count }
        return GenerationReport(
            live: live, next: next, tenants: tenants, differences: differences,
            checks: [
                .init(
                    .filled, passes: unfinished == nil,
                    unfinished == nil ? "no reindex into it is under way" : "a reindex into it is under way: `sluice reindex --status`"),
                .init(
                    .caughtUp, passes: left.isEmpty,
                    left.isEmpty
                        ? "it has come to all that \(live.name) has told of"
                        : "\(records) records behind, in \(left.count) partitions"
                            + (empty == nil ? "; the broker does not say whether anything is left there" : "")),
                .init(
                    .complete, passes: missing == 0 && older == 0,
                    "\(missing) documents missing" + (older > 0 ? ", \(older) in an older version than in \(live.name)" : "")
                        + (waiting > 0 ? ", \(waiting) more wait for what they refer to" : "")
                        + (overview.onlyTenant.map { "; it is made of \($0)'s alone" } ?? "")),
                .init(.access, passes: sum(\.elsewhere) == 0, "\(sum(\.elsewhere)) documents in another container or expiring at another time"),
            ])
    }

    private func empty(among behind: [PartitionBehind]) async throws -> [PartitionBehind] {
        guard let logs else { return [] }
        return try await logs.empty(among: behind)
    }

    /// - Parameter live: whose place it takes, as it was compared with.
    package func promote(_ next: Generation, inPlaceOf live: Generation, reason: String?, failed: [GenerationReport.Check]) async throws -> Promotion {
        var detail: [String: JSON] = [:]
        if let reason { detail["reason"] = .string(reason) }
        if !failed.isEmpty { detail["failedChecks"] = .array(failed.map { .string($0.name.rawValue) }) }
        let empty = (try? await empty(among: try await store.behind(next, live: live))) ?? []
        return try await store.promote(next.number, inPlaceOf: live.number, empty: empty, detail: detail)
    }

    /// - Throws: `AdministrationError.generationIsLive`, `.generationIsRead`.
    package func drop(_ generation: Generation, reason: String?) async throws {
        guard try await store.drop(generation, detail: reason.map { ["reason": .string($0)] } ?? [:]) else {
            if try await store.isRead(generation) { throw AdministrationError.generationIsRead(generation.name) }
            throw AdministrationError.generationIsLive(generation.name)
        }
    }

    /// Takes the rows of a dropped generation away.
    /// - Parameter progress: told how many documents' rows have gone.
    package func sweep(_ generation: GenerationNumber, progress: (Int) -> Void = { _ in }) async throws {
        var swept = 0
        while let count = try await store.sweepDropped(generation) {
            swept += count
            progress(swept)
        }
    }
}
