import Evaluation
import Foundation
import Testing

@testable import sluice

@Suite struct `Evaluation commands` {
    private static let house = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Suites/house").path

    private func gate(_ words: [String]) async -> PrintedRun { await PrintedRun(["eval", "gate", Self.house] + words) }

    private func withFile<Result>(_ run: EvaluationRun, _ body: (String) async throws -> Result) async throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-report-\(UUID()).json")
        try Data(run.json).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path)
    }

    @Test func `the house's suite and its baseline belong together`() throws {
        let folder = try SuiteFolder(Self.house)
        let baseline = try #require(try SuiteFolder.run(at: folder.baselinePath))
        let asked = folder.suite.queries.flatMap { query in query.modes.map { CaseKey(query: query.id, mode: $0) } }
        #expect(Set(baseline.cases.map(\.key)) == Set(asked))
        #expect(Gate.judge(baseline, baseline: baseline, folder.suite.settings.gate).passes)
        #expect(try folder.suite.events(folder).count == folder.suite.removals.count)
    }

    @Test func `a gate is open to its own baseline and closed to a leak`() async throws {
        let folder = try SuiteFolder(Self.house)
        let baseline = try #require(try SuiteFolder.run(at: folder.baselinePath))
        #expect(try await withFile(baseline) { await gate(["--report", $0]) }.code == .success)
        var cases = baseline.cases
        let judged = try #require(cases[0].judged)
        cases[0] = .init(
            key: cases[0].key, asker: cases[0].asker, answer: .judged(.init(figures: judged.figures, hits: judged.hits, leaks: ["intranet/merger"])))
        let leaking = EvaluationRun(suite: baseline.suite, cutoffs: baseline.cutoffs, cases: cases)
        let closed = try await withFile(leaking) { await gate(["--report", $0]) }
        #expect(closed.code == .failure && closed.text.contains("shows what its asker may not see: intranet/merger"), "\(closed.text)")
        // What leaks never becomes a baseline.
        let place = FileManager.default.temporaryDirectory.appending(path: "sluice-baseline-\(UUID()).json").path
        #expect(try await withFile(leaking) { await gate(["--report", $0, "--update", "--baseline", place]) }.code == .failure)
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func `without a baseline there is nothing to pass`() async throws {
        let run = EvaluationRun(suite: "house", cutoffs: Cutoffs(), cases: [])
        #expect(try await withFile(run) { await gate(["--report", $0, "--baseline", "/nonexistent/baseline.json"]) }.code == .failure)
        #expect(await gate(["--report", "/nonexistent/report.json"]).code == .failure)
    }

    @Test func `a suite that cannot be read is a mistake of the command line`() async {
        #expect(await PrintedRun(["eval", "run", "/nonexistent"]).code == .usage)
        #expect(await PrintedRun(["eval", "run", Self.house, "--mode", "fuzzy"]).code == .usage)
    }
}
