import Administration
import Configuration
import Contract
import Index
import Transport

let retentionCommand = CommandSpec(
    name: "retention", summary: "Show how long a tenant's documents are kept, or set it.",
    discussion: """
        A document is past --age so many days after it was modified (`modifiedAt`, else when it was published), past --unseen so many days after the newest \
        event of it. `sluice maintain` deletes what is past either, as its source would. For each limit a source's own counts, else the tenant's. A limit is \
        a number of days, or `none`; what is not named stays. It first says how many documents are past their limits then.
        """,
    positionals: [tenantPositional],
    options: [
        .value("source", "S", "Only of this source, instead of what holds for the tenant."), .value("age", "DAYS", "Kept so long after it was modified."),
        .value("unseen", "DAYS", "Kept so long after its newest event."), .value("reason", "TEXT", "Why: the audit log keeps it."),
    ] + Consent.options
) { arguments in
    let runtime = try Runtime()
    let tenants = try runtime.tenantAdministration()
    let tenant = try await tenants.standing(try arguments.tenantPositional())
    let source = try arguments.value("source").map { _ in try arguments.source() }
    let records = try await tenants.store.retentionRules(of: tenant.tenant)
    let rule = records.first { $0.source == source }?.rule ?? RetentionRule()
    let wanted = RetentionRule(ageDays: try arguments.days("age", or: rule.ageDays), unseenDays: try arguments.days("unseen", or: rule.unseenDays))
    guard arguments.value("age") != nil || arguments.value("unseen") != nil else {
        Terminal.write(records.isEmpty ? "documents of \(tenant.tenant) are kept until their sources delete them\n" : RetentionText.table(records))
        return .success
    }
    let reason = try arguments.reason()
    let clock = RetentionClock(now: .now, grace: try runtime.configuration.value(of: Settings.maintainExpired))
    let due = try await tenants.store.preview(wanted, of: tenant, source: source, clock)
    Terminal.write("\(due) documents of \(tenant.tenant) are past their limits then: the next `sluice maintain` deletes them\n")
    if let code = try Consent.decide(arguments, question: "Keep documents of \(tenant.tenant) no longer than that?") { return code }
    try await tenants.store.setRetention(wanted, of: tenant.tenant, source: source, reason: reason)
    let kept = try await tenants.store.retentionRules(of: tenant.tenant)
    Terminal.write(kept.isEmpty ? "documents of \(tenant.tenant) are kept until their sources delete them\n" : RetentionText.table(kept))
    return .success
}

extension ParsedArguments {
    /// A number of days, or `none`.
    fileprivate func days(_ option: String, or current: Int?) throws -> Int? {
        guard let text = value(option) else { return current }
        if text == "none" { return nil }
        guard let days = Int(text), (1...36_500).contains(days) else { throw UsageError("--\(option) takes 1 to 36,500 days, or none") }
        return days
    }
}

private enum RetentionText {
    static func table(_ records: [RetentionRecord]) -> String {
        var table = TextTable([("SOURCE", .left), ("AGE", .right), ("UNSEEN", .right), ("SET", .left), ("BY", .left), ("REASON", .left)])
        for record in records {
            table.append([
                record.source?.text ?? "all others", record.rule.ageDays.map { "\($0) d" } ?? "–", record.rule.unseenDays.map { "\($0) d" } ?? "–",
                record.setAt.toTheSecond, printable(record.actor), printable(record.reason),
            ])
        }
        return table.render()
    }
}
