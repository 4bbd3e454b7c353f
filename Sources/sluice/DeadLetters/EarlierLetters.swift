import Administration
import Contract
import Kafka

/// What came for a tenant before it was registered: its events were buried as `unknown_tenant`, and can go back now.
struct EarlierLetters {
    /// How far back is looked, and for how long: registering a tenant stays a matter of a moment, however many letters there are.
    private static let newest = 20_000
    private static let timeout: Duration = .seconds(2)
    /// As `sluice dlq redrive` waits, unless it is told otherwise.
    private static let patience: Duration = .seconds(60)

    let tenant: TenantID
    let runtime: Runtime

    private var filter: LetterFilter { LetterFilter(tenant: tenant, code: .unknownTenant) }

    /// Redrives them, all.
    func redrive() async throws {
        try await DeadLetterDesk.with(runtime) { desk in
            let marks = try await desk.marks()
            let letters = try await desk.topic.letters(filter, without: Set(marks.keys))
            guard let plan = try await desk.plan(letters) else { return Terminal.write("nothing came for \(tenant) before\n") }
            try await desk.redrive(plan, filter: filter, patience: Self.patience, runtime)
        }
    }

    /// Looks whether there are any, and offers to redrive them; says how to, where nobody can be asked or it is not wanted now.
    ///
    /// The tenant is registered by now: that these cannot be looked at is no failure.
    func offer(canAsk: Bool) async throws {
        guard let (count, isAll) = await found(), count > 0 else { return }
        let scope = isAll ? "" : " among the newest \(Self.newest) dead letters; there may be more"
        Terminal.write("\(count) events came for \(tenant) before it was registered\(scope)\n")
        if canAsk, Consent.ask("Redrive them?") { return try await redrive() }
        Terminal.write("to redrive them: sluice dlq redrive --tenant \(tenant) --code \(RejectionCode.unknownTenant.rawValue)\n")
    }

    private func found() async -> (count: Int, isAll: Bool)? {
        do {
            return try await DeadLetterDesk.with(runtime) { desk in
                let marks = try await desk.marks()
                var count = 0
                let isAll = try await desk.topic.scanNewest(Self.newest, within: Self.timeout) { letter in
                    if filter.matches(letter), marks[letter.id] == nil { count += 1 }
                }
                return (count, isAll)
            }
        } catch let error as ClientError where error.exitCode == .configuration {
            return nil  // without the topic there are no letters
        } catch {
            Terminal.writeError("whether events came for \(tenant) before could not be seen: \(error)\n")
            return nil
        }
    }
}
