import Administration
import Configuration
import Contract
import Index
import Transport

/// One run of maintenance, part by part. A part that fails does not hold up the others.
struct MaintenanceRun {
    private let store: AdministrationStore
    private let runtime: Runtime
    private let budget: MaintenanceBudget
    private let countsOnly: Bool
    /// Says nothing of a part that has ended.
    private let isQuiet: Bool
    private let maintenance: Maintenance

    init(_ store: AdministrationStore, _ runtime: Runtime, _ budget: MaintenanceBudget, countsOnly: Bool, isQuiet: Bool) {
        (self.store, self.runtime, self.budget, self.countsOnly, self.isQuiet) = (store, runtime, budget, countsOnly, isQuiet)
        maintenance = Maintenance(store, budget, countsOnly: countsOnly, now: .now)
    }

    func run() async throws -> [MaintenanceFinding] {
        let tenants = try await store.tenantRecords().filter { $0.state == .active || $0.state == .suspended }
        let ages = Maintenance.Ages(
            cache: try runtime.configuration.value(of: Settings.maintainCache), outcomes: try runtime.configuration.value(of: Settings.maintainOutcomes))
        let clock = RetentionClock(now: .now, grace: try runtime.configuration.value(of: Settings.maintainExpired))
        let retention = RetentionRun(store, runtime, clock, budget, countsOnly: countsOnly)
        var findings = [
            await part(.generations) { try await maintenance.sweepGenerations($0) },
            await part(.retention) { try await retention.run(tenants, $0) },
            await part(.cache) { try await maintenance.pruneCache(ages, $0) },
            await part(.outcomes) { try await maintenance.pruneOutcomes(ages, $0) },
            await part(.questions) { _ in try await maintenance.eraseQuestions() },
            await part(.orphans) { try await maintenance.findOrphans(tenants, $0) },
        ]
        findings += await ownersParts()
        if !countsOnly { try await store.record(.maintain, tenant: nil, detail: ["parts": MaintenanceText.detail(findings)]) }
        return findings
    }

    private func ownersParts() async -> [MaintenanceFinding] {
        let owner: MaintenanceOwner
        do {
            guard let url = try? runtime.configuration.value(of: Settings.databaseURL) else { return skipped("SLUICE_DATABASE_URL is not set") }
            guard let found = try await MaintenanceOwner.of(url: url, budget) else {
                return skipped("the login of SLUICE_DATABASE_URL is no member of sluice_owner")
            }
            owner = found
        } catch {
            return [await part(.statistics) { _ in throw error }, await part(.indexes) { _ in throw error }]
        }
        return [
            await part(.statistics) { try await maintenance.refreshStatistics(owner, $0) },
            await part(.indexes) { try await maintenance.rebuildIndexes(owner, $0) },
        ]
    }

    private func skipped(_ reason: String) -> [MaintenanceFinding] {
        [MaintenanceFinding.Part.statistics, .indexes].map { part in
            var finding = MaintenanceFinding(part)
            finding.state = .skipped(reason)
            if !isQuiet { Terminal.write(MaintenanceText.line(finding)) }
            return finding
        }
    }

    private func part(_ part: MaintenanceFinding.Part, _ body: ((Int) -> Void) async throws -> MaintenanceFinding) async -> MaintenanceFinding {
        var bar = LateProgressBar(part.rawValue, total: 0)
        var finding: MaintenanceFinding
        do {
            finding = try await body { bar.advance(by: $0) }
        } catch {
            finding = MaintenanceFinding(part)
            finding.state = .failed("\(error)")
        }
        bar.finish()
        if !isQuiet { Terminal.write(MaintenanceText.line(finding)) }
        return finding
    }
}
