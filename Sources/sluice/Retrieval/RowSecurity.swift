import Configuration
import Index
import Postgres
import Telemetry
import Threads
import Transport

/// Row-level security does not hold, so nothing is served.
struct RowSecurityError: Error, CustomStringConvertible {
    let flaws: [RowSecurityProof.Flaw]

    var description: String {
        "row-level security cannot be relied on; nothing is served:\n" + flaws.map { "  ✗ \($0.name) \($0.what)\n    \($0.remedy)\n" }.joined()
            + "`sluice doctor` proves it again"
    }
}

/// Returns once row-level security is proven to hold for the role that serves; waits for a database that cannot be reached.
///
/// - Throws: `RowSecurityError`, which ends the process with ``ExitCode/unproven``; `PostgresError`.
func proveRowSecurity(_ runtime: Runtime, unless shutdown: ShutdownSignal) async throws {
    let proof = RowSecurityProof(
        pool: IndexRole.retrieval.pool(
            url: try runtime.configuration.value(of: Settings.databaseRetrievalURL), connections: 1, applicationName: "sluice retrieve"))
    var backoff = Backoff()
    while !shutdown.isTriggered {
        do {
            let flaws = try await proof.flaws()
            for flaw in flaws { runtime.log.error("row-level security does not hold", [.reason: .string(flaw.description)]) }
            guard flaws.isEmpty else { throw RowSecurityError(flaws: flaws) }
            for note in try await proof.loginNotes() {
                runtime.log.warning("the login may do more than its role: give retrieval one of its own", [.reason: .string(note)])
            }
            runtime.log.info("row-level security is proven")
            return
        } catch let error as PostgresError where error.isRetryable {
            runtime.log.warning("the database cannot be asked yet", [.reason: .string("\(error)")])
            await backoff.pause(unless: shutdown)
        }
    }
}
