import Administration
import Configuration
import Contract
import Embedding
import Evaluation
import Index
import Retrieval

/// Asks the questions of a suite of two generations, and judges the one by the other as the gate judges a run by its baseline.
///
/// The questions are answered in this process, as their askers, under the role and the policies of retrieval; nobody else can ask a generation that is not live.
struct GenerationEvaluation: Sendable {
    static let option = CommandSpec.Option.value("suite", "SUITE", "Ask this suite's questions of both generations: a check more (docs/evaluation.md).")

    private let folder: SuiteFolder
    private let runtime: Runtime
    private let models: EmbeddingModels

    private var suite: Suite { folder.suite }

    /// Adds the check where a suite is named.
    ///
    /// - Throws: `ClientError` where the suite's corpus is not in either generation.
    static func add(to report: inout GenerationReport, _ arguments: ParsedArguments) async throws {
        guard let path = arguments.value("suite") else { return }
        let runtime = try Runtime()
        let evaluation = GenerationEvaluation(folder: try SuiteFolder(path), runtime: runtime, models: try runtime.models())
        try await evaluation.checkCorpus([report.live, report.next])
        // Said before anything is asked in others' names.
        let detail: [String: JSON] = [
            "suite": .string(evaluation.suite.settings.name), "generation": .string(report.next.name), "against": .string(report.live.name),
        ]
        try await runtime.administrationStore().record(.generationEvaluate, tenant: evaluation.suite.tenant, detail: detail)
        let before = try await evaluation.run(report.live)
        let verdict = Gate.judge(try await evaluation.run(report.next), baseline: before, evaluation.suite.settings.gate)
        // The table is for people; of the report it is one check.
        Terminal.writeError(EvaluationText.render(verdict, before.cutoffs) + "\n")
        report.checks.append(.init(.evaluation, passes: verdict.passes, evaluation.finding(verdict)))
    }

    private func finding(_ verdict: Gate.Verdict) -> String {
        let leaks = verdict.failures.count { if case .leak = $0 { true } else { false } }
        let drops = verdict.failures.count { if case .drop = $0 { true } else { false } }
        let others = verdict.failures.count - leaks - drops
        return verdict.passes
            ? "\(suite.queries.count) questions of \(printable(suite.settings.name)): nothing lost"
            : "\(leaks) leaks, \(drops) real drops, \(others) other flaws in \(suite.queries.count) questions of \(printable(suite.settings.name))"
    }

    private func checkCorpus(_ generations: [Generation]) async throws {
        let store = try runtime.administrationStore()
        let names = suite.documents.map { (source: $0.name.source, subject: $0.name.subject) }
        for generation in generations {
            let present = try await store.count(of: names, of: suite.tenant, in: generation.number)
            guard present < names.count else { continue }
            throw ClientError(
                "\(names.count - present) of the suite's \(names.count) documents are not in \(generation.name): publish them with "
                    + "`sluice eval run \(folder.path) --keep`, and wait until \(generation.name) has come to them")
        }
    }

    private func run(_ generation: Generation) async throws -> EvaluationRun {
        let asked = Query.Mode.allCases.flatMap { mode in suite.queries.filter { $0.modes.contains(mode) }.map { (query: $0, mode: mode) } }
        let store = RetrievalStore(
            pool: IndexRole.retrieval.pool(
                url: try runtime.configuration.value(of: Settings.databaseRetrievalURL), connections: 1, applicationName: "sluice evaluation"),
            evaluating: generation.name)
        guard
            let answerer = EvaluationAnswerer(
                store: store, models: models, authenticator: try await runtime.authenticator(), answers: try runtime.answerSettings())
        else { throw ClientError("no such topic: \(InputTopic.queries.rawValue)") }
        let options = QuestionOptions(perDocument: suite.settings.perDocument)
        var bar = LateProgressBar("ask \(generation.name)", total: asked.count)
        var cases: [EvaluationRun.Case] = []
        for (index, one) in asked.enumerated() {
            let question = Question(
                tenant: suite.tenant, text: one.query.text, asker: one.query.asker, mode: one.mode, limit: suite.settings.limit, options: options)
            let record = question.record(
                id: "evaluation-\(index)", expires: Timestamp(microsecondsSinceEpoch: Timestamp.now.microsecondsSinceEpoch + 60_000_000))
            let start = ContinuousClock.now
            cases.append(judge(one.query, one.mode, try await answerer.answer(record), (ContinuousClock.now - start) / .milliseconds(1)))
            bar.advance(by: 1)
        }
        bar.finish()
        return EvaluationRun(suite: suite.settings.name, cutoffs: suite.settings.cutoffs, cases: cases)
    }

    private func judge(_ query: Suite.Query, _ mode: Query.Mode, _ result: QueryResult, _ milliseconds: Double) -> EvaluationRun.Case {
        switch result {
        case .error(let error):
            return EvaluationRun.Case(key: CaseKey(query: query.id, mode: mode), asker: query.askerName, answer: .refused(status: error.status.rawValue))
        case .ok(let answer):
            let names = answer.hits.map { DocumentName(source: $0.source, subject: $0.document) }
            return suite.judge(query, mode, hits: names, isTruncated: answer.truncated, milliseconds: milliseconds)
        }
    }
}
