import Contract
import Foundation
import Testing

/// `--suite` of `sluice generation diff` and `promote`.
@Suite(.needsStack, .timeLimit(.minutes(3)), .serialized)
struct `Generations evaluated before they are promoted, on real workers` {
    private let next = "e\(String(UInt32.random(in: 0 ... .max), radix: 36))"

    private static let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]

    /// A suite in the test's tenant: each question has one answer, and one document is closed to who asks.
    private static func write(_ folder: URL, tenant: TenantID) throws {
        let documents = words.map { #"{"document": "\#($0)", "text": "\#($0) words and others"}"# } + [#"{"document": "closed", "text": "others"}"#]
        let permissions = words.map { #"{"subject": "\#($0)", "allow": ["user:ada"]}"# } + [#"{"subject": "closed", "allow": ["user:dora"]}"#]
        let queries =
            words.map { #"{"id": "\#($0)", "text": "\#($0)", "asker": "ada", "judgements": {"\#($0)": 1}, "mustNotSee": ["closed"]}"# }
            + [#"{"id": "all", "text": "others", "asker": "ada", "judgements": {"alpha": 1}, "mustNotSee": ["closed"]}"#]
        let settings = #"{"name": "mine", "tenant": "\#(tenant)", "limit": 20, "modes": ["lexical", "hybrid"], "askers": {"ada": {"user": "user:ada"}}}"#
        for (name, lines) in [
            ("suite.json", [settings]), ("corpus.jsonl", documents), ("permissions.jsonl", permissions), ("memberships.jsonl", []), ("queries.jsonl", queries),
        ] {
            try Data(lines.joined(separator: "\n").utf8).write(to: folder.appending(path: name))
        }
    }

    @Test func `a real drop and a leak refuse it, unless somebody says why`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-suite-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Fleet.with { fleet async throws in
            try Self.write(folder, tenant: fleet.tenant)
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            try await fleet.withWorkers {
                let published = try await fleet.sluice(["eval", "run", folder.path, "--keep", "--yes"])
                #expect(published.status == 0, "\(published.text)")
                #expect(try await fleet.sluice(["reindex", "--into", next, "--source", "stored", "--yes", "--exit"]).status == 0)
                let diff = ["generation", "diff", next, "--suite", folder.path]
                let passes = try await fleet.sluice(diff)
                #expect(passes.status == 0 && passes.text.contains("evaluation") && passes.text.contains("nothing lost"), "\(passes.text)")
                // The same the other way round: either may be named.
                #expect(try await fleet.sluice(["generation", "diff", next, "g1", "--suite", folder.path]).status == 0)

                // Its words are gone: it finds nothing by them any more.
                let terms = "sluice.generation g where g.generation_id = t.generation_id and g.name = '\(next)'"
                try await fleet.tamper("delete from sluice.passage_terms t using \(terms)")
                let drops = try await fleet.sluice(diff)
                #expect(drops.status == 1 && drops.text.contains("real drops") && !drops.text.contains("0 real drops"), "\(drops.text)")
                let refused = try await fleet.sluice(["generation", "promote", next, "--suite", folder.path, "--yes"])
                #expect(refused.status == 1 && refused.text.contains("nothing was done: a check fails"), "\(refused.text)")
                let despite = ["generation", "promote", next, "--suite", folder.path, "--despite", "words do not matter", "--yes"]
                #expect(try await fleet.sluice(despite + ["--dry-run"]).status == 0)
                // Opened to who must not see it: every generation shows it.
                #expect(
                    try await fleet.sluice(["permit", "closed", "--tenant", fleet.tenant.text, "--source", "suite", "--allow", "user:ada"]).status == 0)
                let leaks = try await fleet.sluice(["generation", "diff", "g1", "g1", "--suite", folder.path])
                #expect(leaks.status == 1 && leaks.text.contains("10 leaks"), "\(leaks.text)")
                #expect(try await fleet.sluice(despite).status == 0)
                // A corpus that is not there is no evaluation.
                #expect(try await fleet.sluice(["delete", "alpha", "--tenant", fleet.tenant.text, "--source", "suite"]).status == 0)
                let missing = try await fleet.sluice(["generation", "diff", "g1", "g1", "--suite", folder.path])
                #expect(missing.status == 1 && missing.text.contains("1 of the suite's 9 documents are not in g1"), "\(missing.text)")
            }
            #expect(
                try await fleet.strings(
                    "select detail->>'reason' || ' ' || (detail->>'failedChecks') from sluice.audit_log where action = 'generation.promote'")
                    == [#"words do not matter ["evaluation"]"#])
            #expect(try await fleet.strings("select detail->>'suite' from sluice.audit_log where action = 'generation.evaluate' limit 1") == ["mine"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }
}
