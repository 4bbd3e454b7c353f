import Contract
import Foundation
import Index
import Kafka
import Testing
import Transport

/// The life of a tenant on real workers, by the commands an admin has.
@Suite(.needsStack, .timeLimit(.minutes(3)), .serialized) struct `Tenants on real workers` {
    /// A folder of texts, while `body` runs.
    private func withFolder<Result>(_ files: [String: String], _ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-tenant-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return try await body(folder.path)
    }

    private func publish(
        _ fleet: Fleet, _ files: [String: String], source: String = "wiki", tenant: TenantID? = nil, _ options: [String] = ["--allow", "user:alice"]
    ) async throws -> Fleet.Run {
        try await withFolder(files) { folder in
            try await fleet.sluice(["publish", folder, "--tenant", (tenant ?? fleet.tenant).text, "--source", source] + options)
        }
    }

    /// The documents that an asker is shown for a question, best first, each with what it is shown as.
    private func hits(_ fleet: Fleet, _ text: String, as user: String, tenant: TenantID? = nil, mode: String = "lexical") async throws -> [String] {
        let run = try await fleet.sluice(["query", text, "--tenant", (tenant ?? fleet.tenant).text, "--as", user, "--mode", mode, "--json"])
        let line = run.text.split(separator: "\n").first { $0.hasPrefix("{") } ?? ""
        guard let result = try? JSON.parse(Array(line.utf8)), let hits = result["hits"]?.array else { throw Wrong(run.text) }
        return hits.map { hit in
            [hit["source"], hit["document"], hit["title"], hit["mediaType"], hit["language"], hit["text"]].map { $0?.string ?? "–" }.joined(separator: "|")
        }
    }

    private func documents(_ fleet: Fleet, _ text: String, as user: String, tenant: TenantID? = nil) async throws -> Set<String> {
        Set(try await hits(fleet, text, as: user, tenant: tenant).map { String($0.split(separator: "|", omittingEmptySubsequences: false)[1]) })
    }

    private struct Wrong: Error, CustomStringConvertible {
        let description: String
        init(_ text: String) { description = text }
    }

    /// Asks again until it holds; what never does ends with the test's time.
    private func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try Task.checkCancellation() }
    }

    @Test func `a suspended tenant is refused, and resumed at once with all that came meanwhile`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                #expect(try await publish(fleet, ["a.txt": "alpha words"]).status == 0)
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["a.txt"])
                let suspend = ["tenant", "suspend", name, "--reason", "unpaid"]
                #expect(try await fleet.sluice(["tenant", "suspend", name, "--yes"]).status == 2)
                #expect(try await fleet.sluice(suspend).status == 2)
                #expect(try await fleet.sluice(suspend + ["--dry-run"]).text.contains("dry run: nothing was done"))
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["a.txt"])
                #expect(try await fleet.sluice(suspend + ["--yes"]).status == 0)
                let refused = try await fleet.sluice(["query", "alpha", "--tenant", name, "--as", "user:alice", "--json"])
                #expect(refused.text.contains(#""status":"forbidden""#) && refused.text.contains("tenant_suspended"), "\(refused.text)")
                #expect(!refused.text.contains("alpha words"))
                #expect(try await fleet.sluice(["tenant", "list"]).text.contains("suspended"))
                // Indexed all the same, and permissions change.
                #expect(try await publish(fleet, ["b.txt": "alpha too"]).status == 0)
                #expect(try await fleet.sluice(["permit", "a.txt", "--tenant", name, "--source", "wiki", "--nobody"]).status == 0)
                #expect(try await fleet.sluice(["tenant", "resume", name, "--reason", "paid"]).status == 0)
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["b.txt"])
            }
            #expect(
                try await fleet.strings("select action || ' ' || (detail->>'reason') from sluice.audit_log where detail ? 'reason' order by entry")
                    == ["tenant.suspend unpaid", "tenant.resume paid"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `a paused source waits, and its deletions and permissions do not`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                #expect(try await publish(fleet, ["a.txt": "alpha words", "b.txt": "alpha pages", "c.txt": "alpha notes"]).status == 0)
                #expect(try await fleet.sluice(["source", "pause", "\(name)/wiki", "--reason", "migration", "--yes"]).status == 0)
                #expect(try await publish(fleet, ["c.txt": "alpha edited", "d.txt": "alpha new"], ["--allow", "user:alice", "--no-wait"]).status == 0)
                try await eventually { try await fleet.sluice(["source", "list", name, "--json"]).text.contains(#""waiting":2"#) }
                #expect(try await fleet.sluice(["deferred", "list", "--tenant", name]).text.contains("once resumed"))
                #expect(try await fleet.sluice(["delete", "a.txt", "--tenant", name, "--source", "wiki"]).status == 0)
                #expect(try await fleet.sluice(["permit", "b.txt", "--tenant", name, "--source", "wiki", "--nobody"]).status == 0)
                #expect(try await hits(fleet, "alpha", as: "user:alice").map { $0.split(separator: "|").last ?? "" } == ["alpha notes"])
                // Others go on.
                #expect(try await publish(fleet, ["e.txt": "alpha else"], source: "crm").status == 0)
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["c.txt", "e.txt"])
                // Made due by hand, it is put off again.
                #expect(try await fleet.sluice(["deferred", "retry", "--tenant", name, "--yes"]).text == "no documents wait\n")
                #expect(try await fleet.sluice(["source", "resume", "\(name)/wiki", "--reason", "done"]).text.contains("2 documents are due"))
                try await eventually { try await documents(fleet, "alpha", as: "user:alice") == ["c.txt", "d.txt", "e.txt"] }
                try await eventually { try await documents(fleet, "edited", as: "user:alice") == ["c.txt"] }
                #expect(try await fleet.strings("select reason from sluice.deferred") == [])
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `what is past a quota is rejected, and what is past a budget waits`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                #expect(try await publish(fleet, ["a.txt": "alpha words", "b.txt": "alpha pages"]).status == 0)
                let quota = try await fleet.sluice(["tenant", "quota", name, "--documents", "2", "--reason", "contract"])
                #expect(quota.status == 0 && quota.text.contains("\ndocuments                   2         2\n"), "\(quota.text)")
                let refused = try await publish(fleet, ["c.txt": "alpha notes"])
                #expect(refused.status == 1 && refused.text.contains("quota_exceeded"), "\(refused.text)")
                #expect(try await publish(fleet, ["a.txt": "alpha edited"]).status == 0)
                #expect(try await fleet.sluice(["delete", "b.txt", "--tenant", name, "--source", "wiki"]).status == 0)
                try await eventually { try await fleet.strings("select documents::text from sluice.tenant_usage where documents = 1") == ["1"] }
                // The letter goes back; it finds room.
                let redrive = try await fleet.sluice(["dlq", "redrive", "--tenant", name, "--code", "quota_exceeded", "--yes"])
                #expect(redrive.status == 0, "\(redrive.text)")
                try await eventually { try await documents(fleet, "alpha", as: "user:alice") == ["a.txt", "c.txt"] }

                #expect(try await fleet.sluice(["tenant", "quota", name, "--documents", "none", "--tokens", "40"]).status == 0)
                let words = { (word: String) in Array(repeating: word, count: 20).joined(separator: " ") }
                #expect(try await publish(fleet, ["d.txt": words("gamma")]).status == 0)
                let tooLong = try await publish(fleet, ["e.txt": words("delta") + " " + words("epsilon") + " " + words("zeta")])
                #expect(tooLong.status == 1 && tooLong.text.contains("quota_exceeded"), "\(tooLong.text)")
                #expect(try await publish(fleet, ["f.txt": words("gamma omega")], ["--allow", "user:alice", "--no-wait"]).status == 0)
                try await eventually { try await fleet.strings("select cause from sluice.deferred") == ["budget"] }
                #expect(try await fleet.sluice(["deferred", "list", "--tenant", name]).text.contains("tokens of the day are spent"))
                // A text that has its vectors costs nothing.
                #expect(try await publish(fleet, ["g.txt": words("gamma")]).status == 0)
                #expect(try await documents(fleet, "gamma", as: "user:alice") == ["d.txt", "g.txt"])
                // The next day.
                _ = try await fleet.strings("update sluice.tenant_spending set day = day - 1 returning ''")
                _ = try await fleet.strings("update sluice.deferred set due_at = now() returning ''")
                try await eventually { try await documents(fleet, "gamma", as: "user:alice") == ["d.txt", "f.txt", "g.txt"] }
                // More today: what waits is due.
                #expect(try await publish(fleet, ["h.txt": words("gamma kappa")], ["--allow", "user:alice", "--no-wait"]).status == 0)
                try await eventually { try await fleet.strings("select cause from sluice.deferred") == ["budget"] }
                let more = try await fleet.sluice(["tenant", "quota", name, "--tokens", "1000"])
                #expect(more.text.contains("1 documents that waited for the budget of tokens are due now"), "\(more.text)")
                try await eventually { try await documents(fleet, "kappa", as: "user:alice") == ["h.txt"] }
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    // MARK: export

    /// Publishes a document with a sequence, past the command line.
    private func send(_ fleet: Fleet, _ tenant: TenantID, _ subject: String, sequence: Int, _ json: String?) async throws {
        var headers = [
            ("ce_specversion", "1.0"), ("ce_id", "\(UUID())"), ("ce_type", EventType.documentUpserted.rawValue), ("ce_sequence", "\(sequence)"),
        ]
        if json == nil { headers[2].1 = EventType.documentDeleted.rawValue }
        let record = OutboundRecord(
            topic: "sluice.documents", key: Array("\(tenant)/wiki/\(subject)".utf8), value: json.map { Array($0.utf8) },
            headers: headers.map { RecordHeader($0, $1) })
        _ = try await fleet.producer.send(KafkaMessage(record))
    }

    private func populate(_ fleet: Fleet) async throws {
        let name = fleet.tenant.text
        func run(_ arguments: [String]) async throws {
            let run = try await fleet.sluice(arguments + ["--tenant", name])
            #expect(run.status == 0, "\(arguments): \(run.text)")
        }
        try await run(["group", "eng", "--source", "okta", "--member", "user:bob", "--member", "group:okta/platform"])
        try await run(["group", "platform", "--source", "okta", "--member", "user:carol"])
        try await run(["group", "gone", "--source", "okta", "--member", "user:dave"])
        try await run(["group", "gone", "--source", "okta", "--remove"])
        try await run(["permit", "box", "--source", "wiki", "--allow", "group:okta/eng", "--deny", "user:mallory"])
        try await run(["permit", "inner", "--source", "wiki", "--parent", "box"])
        let boxed = ["--container", "inner", "--language", "en", "--base-uri", "https://wiki.example"]
        #expect(
            try await publish(fleet, ["leave.txt": "parental leave is long\n\nask parental counsel", "pay.txt": "parental pay comes weekly"], boxed).status == 0
        )
        #expect(
            try await publish(
                fleet, ["page.html": "<title>Home</title><p>parental page of links, news, dates and names</p>"], ["--allow", "everyone", "--deny", "user:bob"]
            ).status == 0)
        #expect(try await publish(fleet, ["dropped.txt": "parental dropped"], ["--allow", "everyone"]).status == 0)
        try await run(["delete", "dropped.txt", "--source", "wiki"])
        try await run(["permit", "seven", "--source", "wiki", "--allow", "everyone"])
        try await send(
            fleet, fleet.tenant, "seven", sequence: 7,
            #"{"text": "parental seven", "title": "Seven", "metadata": {"tags": ["x"], "n": 1.50}, "expiresAt": "2999-01-01T00:00:00Z"}"#)
        try await send(fleet, fleet.tenant, "nine", sequence: 9, nil)
        try await eventually { try await documents(fleet, "seven", as: "user:alice") == ["seven"] }
        try await eventually { try await fleet.strings("select subject from sluice.document where subject = 'nine' and fact = 2") == ["nine"] }
    }

    @Test func `an exported tenant answers everybody alike elsewhere`() async throws {
        try await Fleet.with { fleet async throws in
            let copy = TenantID("\(fleet.tenant)-copy")!
            for tenant in [fleet.tenant, copy] { #expect(try await fleet.sluice(["tenant", "create", tenant.text]).status == 0) }
            let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-export-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appending(path: "tenant.jsonl").path
            try await fleet.withWorkers {
                try await populate(fleet)
                #expect(try await fleet.sluice(["tenant", "quota", fleet.tenant.text, "--documents", "50"]).status == 0)
                let export = try await fleet.sluice(["tenant", "export", fleet.tenant.text, "--output", file, "--reason", "move"])
                #expect(export.status == 0 && !export.text.contains("left out"), "\(export.text)")
                #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
                #expect(try await fleet.sluice(["tenant", "export", fleet.tenant.text, "--output", file]).status == 1)
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(
                    text.contains(#""subject":"seven","sequence":"7","data":{"text":"parental seven""#)
                        && text.contains(#""subject":"nine","sequence":"9","data":null"#))
                #expect(!text.contains("dropped") || !text.contains("parental dropped"))
                let types = text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8))["type"]?.string }
                let first = try #require(types.firstIndex { $0.contains("document") })
                #expect(types[first...].allSatisfy { $0.contains("document") } && types[..<first].contains(EventType.groupChanged.rawValue))

                // What is cut off is found out before anything goes.
                let part = folder.appending(path: "part.jsonl").path
                try Data(text.split(separator: "\n").dropLast().joined(separator: "\n").utf8).write(to: URL(filePath: part))
                #expect(try await fleet.sluice(["import", part, "--tenant", copy.text]).text.contains("is not whole"))
                #expect(try await fleet.sluice(["import", folder.path + "/none", "--tenant", copy.text]).status == 1)
                #expect(try await documents(fleet, "parental", as: "user:alice", tenant: copy).isEmpty)

                for _ in 0..<2 {
                    let imported = try await fleet.sluice(["import", file, "--tenant", copy.text, "--quota"])
                    #expect(imported.status == 0, "\(imported.text)")
                    for user in ["user:alice", "user:bob", "user:carol", "user:dave", "user:mallory"] {
                        for (question, mode) in [
                            ("parental", "lexical"), ("parental leave", "hybrid"), ("how long is leave", "vector"), ("counsel", "lexical"),
                        ] {
                            let (one, other) = (
                                try await hits(fleet, question, as: user, mode: mode), try await hits(fleet, question, as: user, tenant: copy, mode: mode)
                            )
                            #expect(one == other, "\(user) asks \(question) (\(mode))")
                        }
                    }
                }
                #expect(try await documents(fleet, "parental", as: "user:bob", tenant: copy) == ["leave.txt", "pay.txt", "seven"])
                #expect(try await documents(fleet, "parental", as: "user:mallory", tenant: copy) == ["page.html", "seven"])
                // Versions stay comparable: what is older than the export loses, what is newer wins.
                try await send(fleet, copy, "seven", sequence: 6, #"{"text": "six"}"#)
                try await send(fleet, copy, "nine", sequence: 8, #"{"text": "eight"}"#)
                try await send(fleet, copy, "seven", sequence: 8, #"{"text": "parental eight"}"#)
                try await eventually { try await hits(fleet, "parental eight", as: "user:alice", tenant: copy).contains { $0.hasSuffix("parental eight") } }
                try await eventually {
                    try await fleet.strings("select outcome from sluice.outcome where outcome = 'superseded' and record_key = '\(copy)/wiki/nine'") == [
                        "superseded"
                    ]
                }
                let quota = try await fleet.sluice(["tenant", "quota", copy.text])
                #expect(quota.text.contains("50"), "\(quota.text)")
            }
            #expect(try await fleet.strings("select detail->>'reason' from sluice.audit_log where action = 'tenant.export'").first == "move")
        }
    }

    // MARK: deletion

    @Test func `a tenant is deleted even where that was killed, and its name is free`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            let delete = ["tenant", "delete", name, "--reason", "contract ended"]
            try await fleet.withWorkers {
                #expect(try await publish(fleet, ["a.txt": "alpha words", "b.txt": "alpha pages"]).status == 0)
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["a.txt", "b.txt"])
                _ = try await fleet.strings(
                    """
                    with d as (insert into sluice.document (tenant_id, source, subject, fact)
                        select t.tenant_id, 'bulk', n::text, 1 from sluice.tenant t, generate_series(1, 20000) n where t.name = '\(name)' returning *),
                    r as (insert into sluice.rendition (tenant_id, generation_id, document_id, state)
                        select d.tenant_id, g.generation_id, d.document_id, 1 from d, sluice.generation g where g.is_live returning *)
                    insert into sluice.rendition_content (tenant_id, generation_id, document_id, content_digest, media_type, body, body_digest)
                    select tenant_id, generation_id, document_id, '', 'text/plain', 'x', '' from r returning ''
                    """)
                #expect(try await fleet.sluice(delete).status == 2)
                let dry = try await fleet.sluice(delete + ["--dry-run"])
                #expect(dry.status == 0 && dry.text.contains("20002 documents") && dry.text.contains("sluice.results.\(name)"), "\(dry.text)")
                #expect(try await fleet.strings("select name from sluice.tenant where deleted_at is not null") == [])

                let killed = try fleet.start(delete + ["--yes"])
                try await eventually { try await fleet.strings("select name from sluice.tenant where deleted_at is not null").count == 1 }
                killed.kill()
                await killed.ended()
                // Killed in time, or done: either way it is asked for again.
                if try await fleet.strings("select name from sluice.tenant where removed_at is null and deleted_at is not null") != [] {
                    let create = try await fleet.sluice(["tenant", "create", name])
                    #expect(create.status == 1 && create.text.contains("is being deleted"), "\(create.text)")
                    #expect(try await fleet.sluice(["tenant", "list"]).text.contains("deleting"))
                    let run = try await fleet.sluice(delete + ["--yes"])
                    #expect(run.status == 0 && run.text.contains("was marked"), "\(run.text)")
                }
                for table in [
                    "document", "rendition", "rendition_content", "chunk", "permission", "outcome", "access_change", "document_change", "index_change",
                ] {
                    #expect(try await fleet.strings("select tenant_id::text from sluice.\(table) where tenant_id > 0 limit 1") == [], "\(table)")
                }
                #expect(try await fleet.sluice(["tenant", "list", "--all"]).text.contains("deleted"))
                #expect(try await fleet.sluice(delete + ["--yes"]).status == 1)

                // Its events are of nobody.
                try await send(fleet, fleet.tenant, "late", sequence: 1, #"{"text": "late"}"#)
                try await eventually {
                    try await fleet.sluice(["dlq", "list", "--tenant", name, "--code", "unknown_tenant", "--json"]).text.contains(#""code":"unknown_tenant""#)
                }
            }
            // Topics that are deleted and made anew under living workers can end them (docs/tenants.md).
            let refused = try await fleet.sluice(["tenant", "create", name, "--no-redrive"])
            #expect(refused.status == 1 && refused.text.contains("--reuse"), "\(refused.text)")
            #expect(try await fleet.sluice(["tenant", "create", name, "--no-redrive", "--reuse"]).text.contains("registered \(name)"))
            try await fleet.withWorkers { () async throws in
                #expect(try await publish(fleet, ["c.txt": "alpha anew"]).status == 0)
                #expect(try await documents(fleet, "alpha", as: "user:alice") == ["c.txt"])
            }
            #expect(
                try await fleet.strings(
                    "select action || coalesce(' ' || (detail->>'reason'), '') from sluice.audit_log where action like 'tenant.delete%' order by entry")
                    == ["tenant.delete contract ended", "tenant.deleted"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }
}
