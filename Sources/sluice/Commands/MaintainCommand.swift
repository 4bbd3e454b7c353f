import Administration
import Configuration
import Contract
import Index
import Threads

let maintainCommand = CommandSpec(
    name: "maintain",
    summary: "Keep the database in order: retention, what nobody needs any more, statistics, indexes; and say what is not as it must be.",
    discussion: """
        Safe at any time, beside any number of workers; where somebody else is at it already, it says so and ends. Everything is done in short steps, and the \
        next run goes on where this one ran out of time or was asked to end. Documents that are past a limit of `sluice tenant retention`, or long past their \
        expiresAt, are deleted as by their source, which takes a broker and a running registrar. Statistics and indexes take SLUICE_DATABASE_URL with a login \
        that is a member of sluice_owner, and are left out without. Exits with 1 where a part failed, or something hangs on nothing.
        """,
    options: [
        .flag("dry-run", "Say what would be done, and do nothing."), .flag("json", "Print one JSON object."),
        .value("time-limit", "DURATION", "Begin nothing more after so long, such as 90s, 10m, 2h.", default: "1h"),
    ]
) { arguments in
    let shutdown = ShutdownSignal()
    shutdown.listen()
    guard let limit = Duration(try arguments.required("time-limit")), limit > .zero else {
        throw UsageError("--time-limit takes how long, such as 90s, 10m, 2h")
    }
    let runtime = try Runtime()
    let store = try runtime.administrationStore(patience: .seconds(600))
    guard let lock = try await MaintenanceLock.acquire(url: try runtime.configuration.value(of: Settings.databaseAdminURL)) else {
        Terminal.write(arguments.flag("json") ? MaintenanceText.busy : "somebody else is at it already\n")
        return .success
    }
    let budget = MaintenanceBudget(limit) { shutdown.isTriggered }
    let run = MaintenanceRun(store, runtime, budget, countsOnly: arguments.flag("dry-run"), isQuiet: arguments.flag("json"))
    let findings = try await lock.during { try await run.run() }
    if arguments.flag("json") { Terminal.write(MaintenanceText.json(findings, isDryRun: arguments.flag("dry-run"))) }
    if arguments.flag("dry-run"), !arguments.flag("json") { Terminal.write("dry run: nothing was done\n") }
    return findings.contains(where: \.isAlarming) ? .failure : .success
}
