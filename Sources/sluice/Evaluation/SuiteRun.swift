import Contract
import Evaluation
import Transport

/// Runs a suite on the workers that are there: publishes it, asks, judges, and takes it back.
struct SuiteRun: Sendable {
    /// Records sent together: enough for the producer to fill its batches, few enough that outcomes are seen to come.
    private static let batchEvents = 64

    let folder: SuiteFolder
    let runtime: Runtime
    /// Questions that wait for their answers at a time.
    let atOnce: Int
    /// Of one question.
    let timeout: Duration
    /// Whether what was published stays.
    let keeps: Bool

    private var suite: Suite { folder.suite }

    func run() async throws -> EvaluationRun {
        try await publish(folder.suite.events(folder), label: "publish")
        let run: EvaluationRun
        do {
            run = try await ask()
        } catch {
            // What went wrong is said in any case; that taking back may fail as well is not.
            if !keeps { try? await publish(suite.removals, label: "remove") }
            throw error
        }
        if !keeps { try await publish(suite.removals, label: "remove") }
        return run
    }

    /// - Throws: `ClientError` where an event was rejected: what is judged has to be there.
    private func publish(_ events: [SourceEvent], label: String) async throws {
        var publisher = try await EventPublisher(runtime, awaiting: [suite.tenant])
        do {
            var bar = LateProgressBar(label, total: events.count)
            for first in stride(from: 0, to: events.count, by: Self.batchEvents) {
                try await publisher.publish(Array(events[first..<min(first + Self.batchEvents, events.count)]))
                bar.advance(by: try await publisher.collect())
            }
            try await publisher.awaitOutcomes { bar.advance(by: $0) }
            bar.finish()
        } catch {
            await publisher.close()
            throw error
        }
        await publisher.close()
        let rejections = publisher.pending.reports.values.filter { $0.kind == .rejected }
        guard rejections.isEmpty else {
            let codes = Set(rejections.compactMap(\.code)).sorted().joined(separator: ", ")
            throw ClientError("\(rejections.count) events of the suite were rejected: \(codes)")
        }
    }

    private func ask() async throws -> EvaluationRun {
        // Mode by mode, so that the latencies of one are not those of a mixture.
        let asked = Query.Mode.allCases.flatMap { mode in suite.queries.filter { $0.modes.contains(mode) }.map { (query: $0, mode: mode) } }
        let options = QuestionOptions(perDocument: suite.settings.perDocument)
        let questions = asked.map { query, mode in
            Question(tenant: suite.tenant, text: query.text, asker: query.asker, mode: mode, limit: suite.settings.limit, options: options)
        }
        var bar = LateProgressBar("ask", total: questions.count)
        let asker = try await QueryAsker(runtime, tenants: [suite.tenant], timeout: timeout)
        let replies: [QueryReply?]
        do {
            replies = try await asker.ask(questions, atOnce: atOnce) { bar.advance(by: 1) }
            await asker.close()
        } catch {
            await asker.close()
            throw error
        }
        bar.finish()
        let cases = zip(asked, replies).map { judge($0.query, $0.mode, $1) }
        return EvaluationRun(suite: suite.settings.name, cutoffs: suite.settings.cutoffs, cases: cases)
    }

    private func judge(_ query: Suite.Query, _ mode: Query.Mode, _ reply: QueryReply?) -> EvaluationRun.Case {
        let key = CaseKey(query: query.id, mode: mode)
        switch reply?.outcome {
        case nil: return EvaluationRun.Case(key: key, asker: query.askerName, answer: .none)
        case .error(let status, _, _)?: return EvaluationRun.Case(key: key, asker: query.askerName, answer: .refused(status: status))
        case .hits(let hits, let isTruncated)?:
            let names = hits.compactMap { hit in
                SourceName(hit.source).flatMap { source in Subject(hit.document).map { DocumentName(source: source, subject: $0) } }
            }
            return suite.judge(query, mode, hits: names, isTruncated: isTruncated, milliseconds: (reply?.elapsed ?? .zero) / .milliseconds(1))
        }
    }
}
