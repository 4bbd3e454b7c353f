import Contract
import Evaluation
import Foundation

let evaluationCommands = CommandGroup(
    name: "eval", summary: "Measure how good answers are, on a suite of judged questions; gate a release by it.",
    commands: [.command(runSuiteCommand), .command(gateCommand)])

private let suitePositional = CommandSpec.Positional("SUITE", "A folder: suite.json, corpus, permissions, memberships and queries (docs/evaluation.md).")

private let runOptions: [CommandSpec.Option] =
    [
        .value("tenant", "T", "In whose topics it is run, instead of the suite's own tenant. Registered where it is not."),
        .value("out", "FILE", "Write the report as JSON."), .value("html", "FILE", "Write the report as one page with plots."),
        .flag("texts", "Put the questions' texts into the page: they are left out otherwise."),
        .value("baseline", "FILE", "Compare with this report, instead of the suite's baseline.json."),
        .value("at-once", "N", "Questions that wait for their answers at a time; latencies are those of such a load.", default: "2"),
        .value("timeout", "SECONDS", "How long to wait for each answer.", default: "30"),
        .flag("keep", "Leave the corpus in the tenant; otherwise it is deleted afterwards."), .flag("json", "Print the report as JSON."),
    ] + Consent.options

private let runSuiteCommand = CommandSpec(
    name: "run", summary: "Publish a suite's corpus, ask its questions through the topics, and report how good the answers are.",
    discussion: """
        Needs `sluice ingest` and `sluice retrieve` running, and SLUICE_CREDENTIALS=trusted where the suite names its askers.
        Exits with 0 whatever the figures are: `sluice eval gate` judges them.
        """,
    positionals: [suitePositional],
    options: [.values("mode", "MODE", "hybrid, vector or lexical: only these. May be repeated.")] + runOptions
) { arguments in
    let job = try EvaluationJob(arguments)
    guard let run = try await job.measure() else { return job.declined }
    let baseline = try job.baseline()
    let verdict = Gate.judge(run, baseline: baseline, job.folder.suite.settings.gate)
    try job.write(run, baseline: baseline, verdict)
    Terminal.write(arguments.flag("json") ? String(decoding: run.json, as: UTF8.self) : EvaluationText.render(run))
    return .success
}

private let gateCommand = CommandSpec(
    name: "gate", summary: "Run a suite and compare with its baseline: no eval, no ship.",
    discussion: """
        Fails on one leak, an answer that comes back short, a figure that is no number, a case without an answer or missing on either side, and a real drop: of
        nDCG or recall in some mode, larger than the suite's `gate.drop` and less probable by chance than its `gate.level`.
        Exits with 0 where the gate is passed and with 1 where it is closed.
        """,
    positionals: [suitePositional],
    options: [
        .flag("update", "Take this run as the new baseline, if it has no leak and no other flaw of its own."),
        .value("report", "FILE", "Judge this report of `sluice eval run --out` instead of running the suite."),
    ] + runOptions
) { arguments in
    let job = try EvaluationJob(arguments)
    let reported = try job.report()
    let measured = reported == nil ? try await job.measure() : nil
    guard let run = reported ?? measured else { return job.declined }
    let isUpdate = arguments.flag("update")
    let baseline = isUpdate ? nil : try job.baseline()
    guard isUpdate || baseline != nil else {
        throw ClientError("there is no baseline at \(job.baselinePath): make one with --update, look at it, and keep it beside the suite")
    }
    let verdict = Gate.judge(run, baseline: baseline, job.folder.suite.settings.gate)
    try job.write(run, baseline: baseline, verdict)
    if isUpdate, verdict.passes {
        try writeFile(run.baseline.json, to: job.baselinePath)
        Terminal.writeError("\(job.baselinePath) is the new baseline\n")
    }
    if arguments.flag("json") {
        Terminal.write(String(decoding: run.json, as: UTF8.self))
    } else {
        Terminal.write(EvaluationText.render(run) + "\n")
    }
    // Beside a report in JSON, the verdict is for people.
    let text = EvaluationText.render(verdict, run.cutoffs)
    if arguments.flag("json") { Terminal.writeError(text) } else { Terminal.write(text) }
    return verdict.passes ? .success : .failure
}

/// What both commands do: run a suite and write what came of it.
private struct EvaluationJob {
    let folder: SuiteFolder
    let baselinePath: String
    private let givenBaseline: Bool
    private let arguments: ParsedArguments
    /// What to exit with where consent was not given, or none was asked for: a dry run succeeds.
    let declined: ExitCode

    init(_ arguments: ParsedArguments) throws {
        let modes = try arguments.values("mode").map { text in
            guard let mode = Query.Mode(rawValue: text) else { throw UsageError("--mode takes one of: hybrid, vector, lexical") }
            return mode
        }
        let tenant = arguments.value("tenant") == nil ? nil : try arguments.tenant()
        folder = try SuiteFolder(arguments.positional("SUITE"), tenant: tenant, modes: modes)
        givenBaseline = arguments.value("baseline") != nil
        baselinePath = arguments.value("baseline") ?? folder.baselinePath
        declined = arguments.flag("dry-run") ? .success : .failure
        self.arguments = arguments
    }

    /// What --report names.
    func report() throws -> EvaluationRun? {
        guard let path = arguments.value("report") else { return nil }
        guard let run = try SuiteFolder.run(at: path) else { throw ClientError("\(path) cannot be read") }
        return run
    }

    /// - Returns: nothing where it was not wanted after all.
    func measure() async throws -> EvaluationRun? {
        let atOnce = try arguments.integer("at-once", in: 1...1000) ?? 1
        let timeout = try arguments.integer("timeout", in: 1...3600) ?? 30
        let runtime = try Runtime()
        let suite = folder.suite
        let tenants = try runtime.tenantAdministration()
        let isNew = try await !tenants.list().contains(suite.tenant)
        let keeps = arguments.flag("keep")
        Terminal.writeError(
            """
            \(isNew ? "registers tenant \(suite.tenant) and " : "")publishes \(suite.documents.count) documents, \(suite.permissions.count) entries and \
            \(suite.memberships.count) groups in tenant \(suite.tenant)\(keeps ? "" : ", and deletes them afterwards")

            """)
        guard try Consent.decide(arguments, question: "Run the suite?") == nil else { return nil }
        if isNew { _ = try await tenants.create(suite.tenant) }
        return try await SuiteRun(folder: folder, runtime: runtime, atOnce: atOnce, timeout: .seconds(timeout), keeps: keeps).run()
    }

    /// Nothing where the suite has none and none was named.
    func baseline() throws -> EvaluationRun? {
        let run = try SuiteFolder.run(at: baselinePath)
        if run == nil, givenBaseline { throw ClientError("\(baselinePath) cannot be read") }
        return run
    }

    func write(_ run: EvaluationRun, baseline: EvaluationRun?, _ verdict: Gate.Verdict) throws {
        if let path = arguments.value("out") { try writeFile(run.json, to: path) }
        guard let path = arguments.value("html") else { return }
        let texts = arguments.flag("texts") ? Dictionary(folder.suite.queries.map { ($0.id, $0.text) }) { $1 } : [:]
        let page = EvaluationPage(run: run, baseline: baseline, verdict: verdict, queryTexts: texts)
        try writeFile(Array(page.html.utf8), to: path)
    }
}

private func writeFile(_ bytes: [UInt8], to path: String) throws {
    guard (try? Data(bytes).write(to: URL(filePath: path), options: .atomic)) != nil else { throw ClientError("\(path) cannot be written") }
}
