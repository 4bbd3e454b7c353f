import Contract
import Testing

/// `sluice reindex --document`.
@Suite(.needsStack, .timeLimit(.minutes(3)), .serialized)
struct `One document made anew, on real workers` {
    private static let texts = ["a.txt": "alpha words\n\nand more of them", "b.md": "# Title\n\nbeta words\n\n## Part\n\nmore of *them*"]

    @Test func `its record is worked on once more, and nothing else is touched`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await fleet.publish(Self.texts)
                let before = try await fleet.rows(of: "g1", withWrites: false)
                let redo = ["reindex", "--document", "\(name)/wiki/a.txt"]
                let unasked = try await fleet.sluice(redo)
                #expect(unasked.status == 2 && unasked.text.contains("--yes"), "\(unasked.text)")
                #expect(try await fleet.sluice(redo + ["--dry-run"]).text.contains("dry run"))
                // Damaged, as a bug of a parser would leave it; its digest says that it is unchanged.
                try await fleet.tamper(
                    """
                    update sluice.rendition_content set body = 'worse' where media_type = 'text/plain' and tenant_id > 0;
                    delete from sluice.vector_pack v using sluice.rendition_content c
                    where c.document_id = v.document_id and c.tenant_id = v.tenant_id and c.media_type = 'text/plain' and v.tenant_id > 0
                    """)
                let damaged = try await fleet.rows(of: "g1")
                let run = try await fleet.sluice(redo + ["--reason", "a bug", "--yes"])
                #expect(run.status == 0 && run.text.contains("made anew in g1: 1 chunks"), "\(run.text)")
                #expect(try await fleet.rows(of: "g1", withWrites: false) == before)
                let untouched = "select document_id::text from sluice.document where subject = 'b.md'"
                let other = try #require(try await fleet.strings(untouched).first)
                #expect(damaged.filter { $0.hasSuffix(" \(other)") } == (try await fleet.rows(of: "g1")).filter { $0.hasSuffix(" \(other)") })
                // Nothing is told twice, and nothing is rejected.
                #expect(try await fleet.strings("select outcome from sluice.outcome where consumer_group = 'sluice-ingest-g1' and outcome = 'rejected'") == [])
                let unknown = try await fleet.sluice(["reindex", "--document", "\(name)/wiki/none", "--yes"])
                #expect(unknown.status == 1 && unknown.text.contains("no such document could be read"), "\(unknown.text)")
                let elsewhere = try await fleet.sluice(redo + ["--into", "nowhere", "--yes"])
                #expect(elsewhere.status == 1 && elsewhere.text.contains("there is no generation nowhere"), "\(elsewhere.text)")
            }
            #expect(
                try await fleet.strings(
                    "select detail->>'document' || ' ' || (detail->>'source') || ' ' || (detail->>'reason') from sluice.audit_log where action = 'reindex.document'"
                ) == ["wiki/a.txt topics a bug"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `where its topic has the record no longer, it is made of the stored text`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers { try await fleet.publish(Self.texts) }
            let before = try await fleet.rows(of: "g1", withWrites: false)
            // As after compaction: another record stands at its place.
            try await fleet.tamper("update sluice.rendition set digest = '\\x00' where tenant_id > 0; delete from sluice.vector_pack where tenant_id > 0")
            // Nobody works: this needs no worker.
            for document in Self.texts.keys {
                let run = try await fleet.sluice(["reindex", "--document", "\(name)/wiki/\(document)", "--yes"])
                #expect(run.status == 0 && run.text.contains("no longer on sluice.documents") && run.text.contains("made anew in g1"), "\(run.text)")
            }
            try await fleet.tamper(
                "update sluice.rendition r set digest = d.digest from sluice.document d where d.document_id = r.document_id and d.tenant_id = r.tenant_id and r.tenant_id > 0"
            )
            #expect(try await fleet.rows(of: "g1", withWrites: false) == before)
        }
    }

    @Test func `what cannot be made anew stays, buries nothing, and is told of no more`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await fleet.publish(["a.txt": "alpha words"])
                // It would grow past its tenant's quota; and what was told of it is forgotten, as after a while.
                try await fleet.tamper(
                    """
                    update sluice.rendition_content set body = 'x' where tenant_id > 0;
                    delete from sluice.outcome where consumer_group = 'sluice-ingest-g1'
                    """)
                #expect(try await fleet.sluice(["tenant", "quota", name, "--bytes", "4", "--reason", "contract"]).status == 0)
                let before = try await fleet.rows(of: "g1")
                let run = try await fleet.sluice(["reindex", "--document", "\(name)/wiki/a.txt", "--yes"])
                #expect(run.status == 1 && run.text.contains("it stays as it was"), "\(run.text)")
                #expect(try await fleet.rows(of: "g1") == before)
                #expect(try await fleet.strings("select outcome from sluice.outcome where consumer_group = 'sluice-ingest-g1'") == [])
                let letters = try await fleet.sluice(["dlq", "list", "--tenant", name])
                #expect(letters.status == 0 && !letters.text.contains("quota_exceeded"), "\(letters.text)")
            }
        }
    }

    @Test func `a worker that does not come is said, and the record waits for it`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers { try await fleet.publish(Self.texts) }
            let run = try await fleet.sluice(["reindex", "--document", "\(name)/wiki/a.txt", "--yes", "--timeout", "1"])
            #expect(run.status == 4 && run.text.contains("SLUICE_GENERATION=g1 sluice ingest"), "\(run.text)")
        }
    }
}
