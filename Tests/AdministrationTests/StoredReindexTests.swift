import Contract
import Testing

/// `sluice reindex --source stored` and `--tenant`.
@Suite(.needsStack, .timeLimit(.minutes(4)), .serialized)
struct `Reindexing from what is stored, on real workers` {
    /// The second generation's consumer group: the embedded broker may take one that is used again, by another database, for one that still has its old member.
    private let next = "s\(String(UInt32.random(in: 0 ... .max), radix: 36))"

    private static func texts(_ count: Int) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: (0..<count).map {
                (
                    "d\($0).md",
                    "# Title \($0)\n\nsome words of number \($0)\n\n## Part\n\n" + String(repeating: "more words to be divided, number \($0). ", count: 12)
                )
            })
    }

    @Test func `a generation is made of stored texts, follows the topics from there, and takes the live one's place`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await fleet.publish(Self.texts(7))
                #expect(try await fleet.sluice(["delete", "d6.md", "--tenant", name, "--source", "wiki"]).status == 0)
                let stored = ["reindex", "--into", next, "--source", "stored"]
                let dry = try await fleet.sluice(stored + ["--dry-run"])
                #expect(dry.status == 0 && dry.text.contains("not parsed") && dry.text.contains("dry run"), "\(dry.text)")
                let wrong = try await fleet.sluice(stored + ["--from", "0=1", "--yes"])
                #expect(wrong.status == 2, "\(wrong.text)")
                let run = try await fleet.sluice(stored + ["--chunk-tokens", "16", "--yes", "--exit", "--reason", "smaller"])
                #expect(run.status == 0, "\(run.text)")
                let status = try await fleet.sluice(["reindex", "--status"])
                #expect(status.text.contains("finished"), "\(status.text)")
                let diff = try await fleet.sluice(["generation", "diff", next])
                #expect(diff.status == 0 && !diff.text.contains("FAILS"), "\(diff.text)")
                // Texts are the same, byte for byte, and so is what is known of their versions; chunks are others.
                for column in ["encode(body_digest, 'hex')", "encode(content_digest, 'hex')"] {
                    let ask = { (generation: String) in
                        try await fleet.strings(
                            "select \(column) from sluice.rendition_content join sluice.generation using (generation_id) where name = '\(generation)' and tenant_id > 0 order by document_id"
                        )
                    }
                    #expect(try await ask(next) == (try await ask("g1")))
                }
                let clocks = { (generation: String) in
                    try await fleet.strings(
                        """
                        select document_id || ' ' || r.state || ' ' || r.partition || '/' || r.record_offset || ' ' || (r.settled_token = d.fact_token)
                        from sluice.rendition r join sluice.document d using (tenant_id, document_id) join sluice.generation g using (generation_id)
                        where g.name = '\(generation)' and tenant_id > 0 and r.state > 0 order by document_id
                        """)
                }
                #expect(try await clocks(next) == (try await clocks("g1")))
                let chunks =
                    "select count(*)::text from sluice.chunk join sluice.generation using (generation_id) where tenant_id > 0 group by name order by name = 'g1'"
                let counts = try await fleet.strings(chunks).compactMap { Int($0) }
                #expect(counts.count == 2 && counts[0] > counts[1], "\(counts)")
                // It follows: what comes now is in both, once.
                try await fleet.withWorkers([["ingest", "--no-registrar"]], settings: ["SLUICE_GENERATION": next]) {
                    try await fleet.publish(["d1.md": "# Other\n\nanother text", "d7.md": "a new one"])
                    try await fleet.eventually { try await fleet.sluice(["generation", "diff", next]).status == 0 }
                    let promoted = try await fleet.sluice(["generation", "promote", next, "--yes"])
                    #expect(promoted.status == 0, "\(promoted.text)")
                    let found = try await fleet.sluice(["query", "another text", "--tenant", name, "--as", "user:alice", "--mode", "lexical", "--json"])
                    #expect(found.text.contains("\"d1.md\"") && found.text.contains("\"generation\":\"\(next)\""), "\(found.text)")
                }
            }
            #expect(
                try await fleet.strings("select detail->>'stored' || ' ' || (detail->>'reason') from sluice.audit_log where action = 'reindex.start'") == [
                    "g1 smaller"
                ])
        }
    }

    @Test func `killed and ended anywhere, it goes on, and nothing is lost or doubled`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            try await fleet.withWorkers([["ingest"]]) { try await fleet.publish(Self.texts(230)) }
            let reindex = ["reindex", "--into", next, "--source", "stored", "--yes", "--exit"]
            let done = "select count(*)::text from sluice.rendition join sluice.generation using (generation_id) where name = '\(next)' and state = 1"
            // Killed in the middle of a slice.
            let killed = try fleet.start(reindex + ["--rate", "60"])
            try await fleet.eventually { try await fleet.strings(done) != ["0"] }
            killed.kill()
            await killed.ended()
            let after = try await fleet.strings(done)
            #expect(after != ["230"])
            // Dropping what is being read is refused; so is promoting what is not filled.
            let promote = try await fleet.sluice(["generation", "promote", next, "--yes"])
            #expect(promote.status == 1 && promote.text.contains("under way"), "\(promote.text)")
            let other = try await fleet.sluice(["reindex", "--into", next, "--tenant", "nobody", "--yes"])
            #expect(other.status == 1 && other.text.contains("another reindex into \(next) is under way"), "\(other.text)")
            // Ended as asked, by SIGTERM: what it had in hand is left at once.
            try await fleet.tamper("update sluice.reindex_slice set leased_until = now()")
            let ended = try fleet.start(reindex + ["--rate", "60"])
            try await fleet.eventually { try await fleet.strings(done) != after }
            ended.terminate()
            await ended.ended()
            #expect(ended.status <= 1, "\(ended.text)")
            #expect(try await fleet.strings("select lease::text from sluice.reindex_slice where lease is not null") == [])
            // Two at once to the end.
            let runs = try [fleet.start(reindex), fleet.start(reindex)]
            for run in runs {
                await run.ended()
                #expect(run.status == 0, "\(run.text)")
            }
            #expect(try await fleet.rows(of: next, withWrites: false) == (try await fleet.rows(of: "g1", withWrites: false)))
            #expect(try await fleet.sluice(["generation", "diff", next]).status == 0)
        }
    }

    @Test func `what waits in the live generation waits in the new one as well`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers([["ingest"]]) { try await fleet.publish(["a.txt": "alpha"]) }
            // As a document that waits for its content: the record as it came.
            try await fleet.tamper(
                """
                insert into sluice.deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_key, record_value,
                    header_names, header_values, reason, due_at)
                select tenant_id, generation_id, document_id, incarnation_id, partition, record_offset + 1000, record_time, ''::bytea, ''::bytea, '{}', '{}', 'away',
                    now() + interval '1 day'
                from sluice.rendition where tenant_id > 0;
                insert into sluice.outcome (consumer_group, incarnation_id, partition, record_offset, tenant_id, outcome)
                select 'sluice-ingest-g1', incarnation_id, partition, record_offset, tenant_id, 'deferred' from sluice.deferred
                """)
            #expect(try await fleet.sluice(["reindex", "--into", next, "--source", "stored", "--yes", "--detach"]).status == 0)
            #expect(
                try await fleet.strings("select name || ' ' || reason from sluice.deferred join sluice.generation using (generation_id) where name <> 'g1'")
                    == ["\(next) away"])
            #expect(
                try await fleet.strings("select outcome || ' ' || speaks from sluice.outcome where consumer_group = 'sluice-ingest-\(next)'") == [
                    "deferred false"
                ])
            let dropped = try await fleet.sluice(["generation", "drop", "g1", "--yes"])
            #expect(dropped.status == 1)
            #expect(try await fleet.sluice(["reindex", "--cancel", "--into", next, "--yes"]).status == 0)
            #expect(try await fleet.strings("select slice::text from sluice.reindex_slice") == [])
        }
    }

    @Test(arguments: ["topics", "stored"]) func `a generation of one tenant passes over all others, until it is promoted all the same`(
        source: String
    ) async throws {
        try await Fleet.with { fleet async throws in
            let (mine, other) = (fleet.tenant, TenantID("\(fleet.tenant.text)-x")!)
            for name in [mine, other] { #expect(try await fleet.sluice(["tenant", "create", name.text]).status == 0) }
            try await fleet.withWorkers {
                try await fleet.publish(Self.texts(3))
                try await fleet.publish(["other.txt": "of another tenant"], tenant: other)
                let nobody = try await fleet.sluice(["reindex", "--into", next, "--tenant", "no-such-tenant", "--yes"])
                #expect(nobody.status == 1 && nobody.text.contains("no such tenant"), "\(nobody.text)")
                let run = try await fleet.sluice(["reindex", "--into", next, "--tenant", mine.text, "--source", source, "--yes", "--exit"])
                #expect(run.status == 0, "\(run.text)")
                #expect(try await fleet.sluice(["generation", "list"]).text.contains(mine.text))
                let wider = try await fleet.sluice(["reindex", "--into", next, "--tenant", other.text, "--yes"])
                #expect(wider.status == 1 && wider.text.contains("name another generation"), "\(wider.text)")
                let tenants =
                    "select distinct t.name from sluice.rendition join sluice.tenant t using (tenant_id) join sluice.generation g using (generation_id) where g.name = '\(next)' and tenant_id > 0 order by 1"
                #expect(try await fleet.strings(tenants) == [mine.text])
                let refused = try await fleet.sluice(["generation", "promote", next, "--yes"])
                #expect(refused.status == 1 && refused.text.contains("1 documents missing; it is made of \(mine.text)'s alone"), "\(refused.text)")
                try await fleet.withWorkers([["ingest", "--no-registrar"]], settings: ["SLUICE_GENERATION": next]) {
                    let promoted = try await fleet.sluice(["generation", "promote", next, "--despite", "the other tenant leaves", "--yes"])
                    #expect(promoted.status == 0, "\(promoted.text)")
                    // From then on it is everybody's.
                    try await fleet.publish(["other2.txt": "of another tenant too"], tenant: other)
                    #expect(try await fleet.strings(tenants) == [mine.text, other.text].sorted())
                }
            }
        }
    }
}
