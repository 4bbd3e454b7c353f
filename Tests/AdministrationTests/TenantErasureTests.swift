import Contract
import Foundation
import Kafka
import Testing
import Transport

@Suite(.needsStack, .timeLimit(.minutes(3)))
struct `Erased for good, on real workers` {
    private let next = "e\(String(UInt32.random(in: 0 ... .max), radix: 36))"

    @Test func `it is nowhere that says gone, and no replay gives it to the next of its name`() async throws {
        let word = "zeugma\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try await Fleet.with { fleet async throws in
            let (name, other) = (fleet.tenant.text, TenantID("\(fleet.tenant.text)-x")!)
            for tenant in [name, other.text] { #expect(try await fleet.sluice(["tenant", "create", tenant]).status == 0) }
            try await fleet.withWorkers {
                try await fleet.publish(["\(word).txt": "here is \(word)", "b.txt": "more words"])
                try await fleet.publish(["kept.txt": "other words"], tenant: other)
                // What nobody could read, and what somebody asked.
                _ = try await fleet.producer.send(
                    KafkaMessage(topic: "sluice.documents", key: Array("\(name)/wiki/broken".utf8), value: Array("no JSON of \(word)".utf8), headers: []))
                #expect(try await found(fleet, word, name) == ["\(word).txt"])
                // A question that cannot be answered, by its topic's own kind of name.
                _ = try await fleet.producer.send(
                    KafkaMessage(
                        topic: "sluice.queries", key: Array("some-id".utf8), value: Array("no JSON of \(word)".utf8),
                        headers: [("ce_specversion", "1.0"), ("ce_type", "sluice.query"), ("ce_tenant", name)].map { KafkaHeader(name: $0.0, value: $0.1) }))
                #expect(try await fleet.sluice(["trace", "\(name)/wiki/\(word).txt"]).status == 0)
                try await fleet.eventually {
                    try await fleet.sluice(["dlq", "list", "--tenant", name, "--json"]).text.contains(#""code""#)
                }
                #expect(try await tables(fleet, with: word).count > 5)

                let erase = ["erase", "--tenant", name]
                #expect(try await fleet.sluice(erase + ["--reason", "contract ended"]).status == 2)
                #expect(try await fleet.sluice(erase + ["--yes"]).status == 2)
                let dry = try await fleet.sluice(erase + ["--dry-run"])
                #expect(dry.status == 0 && dry.text.contains("THE WHOLE TENANT \(name), 2 documents"), "\(dry.text)")
                #expect(try await found(fleet, word, name) == ["\(word).txt"])

                let run = try await fleet.sluice(erase + ["--reason", "contract ended", "--yes"])
                let places = try await fleet.strings(
                    "select p->>'place' || '|' || (p->>'state') from sluice.erasure, jsonb_array_elements(receipt->'places') p where finished_at is not null")
                let failed = places.filter { $0.hasSuffix("|failed") }
                // A broker that does not compact, or keeps records for good, is said to.
                #expect(run.status == (failed.isEmpty ? 0 : 1) && failed.allSatisfy { $0.hasPrefix("topic ") }, "\(run.text)")
                for place in ["table document|gone", "table answer_log|gone", "topic sluice.results.\(name)|gone"] {
                    #expect(places.contains(place), "\(places)")
                }
                #expect(try await tables(fleet, with: word) == [], "\(run.text)")
                #expect(try await liveKeys(fleet) == [])
                #expect(try await fleet.sluice(["tenant", "list", "--all"]).text.contains("deleted"))
                #expect(try await found(fleet, "words", other.text) == ["kept.txt"])
                #expect(try await fleet.sluice(erase + ["--reason", "again", "--yes"]).status == 1)
            }
            // Its name is free once nothing of it is left to be read again.
            let early = try await fleet.sluice(["tenant", "create", name, "--no-redrive"])
            #expect(early.status == 1 && early.text.contains("--reuse"), "\(early.text)")
            try await fleet.tamper("update sluice.erasure set receipt = replace(replace(receipt::text, 'failed', 'gone'), 'goneBy', 'gone')::jsonb")
            let again = try await fleet.sluice(["tenant", "create", name, "--no-redrive"])
            #expect(again.status == 0 && again.text.contains("registered \(name)"), "\(again.text)")
            try await fleet.withWorkers {
                let reindex = try await fleet.sluice(["reindex", "--into", next, "--yes", "--exit"])
                #expect(reindex.status == 0, "\(reindex.text)")
                // Keys are read again, with nothing behind them, until compaction ends their tombstones.
                #expect(try await tables(fleet, with: "here is \(word)") == [])
                let names = try await Set(tables(fleet, with: word))
                #expect(names.isSubset(of: ["document", "outcome"]), "\(names)")
                let made = """
                    select subject from sluice.rendition join sluice.generation g using (generation_id) join sluice.document using (tenant_id, document_id)
                    where g.name = '\(next)' and state = 1 and tenant_id > 0
                    """
                #expect(try await fleet.strings(made) == ["kept.txt"])
                #expect(try await fleet.sluice(["erase", "list"]).text.contains("tenant"))
                let number = try await fleet.strings("select max(erasure_id)::text from sluice.erasure")[0]
                #expect(try await fleet.sluice(["erase", "check", number]).text.contains("erasure \(number) of a tenant"))
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `nothing is taken out before a registrar has come, and killed anywhere it ends as it would have`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers([["ingest"]]) { try await fleet.publish(["a.txt": "alpha", "b.txt": "beta"]) }
            let erase = ["erase", "--tenant", name, "--reason", "contract ended", "--yes"]
            let alone = try await fleet.sluice(erase + ["--timeout", "1"])
            #expect(alone.status == 4 && alone.text.contains("no registrar has applied them"), "\(alone.text)")
            #expect(try await fleet.strings("select subject from sluice.document where tenant_id > 0 order by 1") == ["a.txt", "b.txt"])
            #expect(try await fleet.sluice(["erase", "list"]).text.contains("interrupted"))
            try await fleet.withWorkers([["ingest"]]) {
                let killed = try fleet.start(erase)
                try await fleet.eventually {
                    try await fleet.strings("select fact::text from sluice.document where tenant_id > 0 and fact = 1").isEmpty || !killed.isRunning
                }
                killed.kill()
                await killed.ended()
                // Killed in time, or done.
                if try await !fleet.strings("select name from sluice.tenant where removed_at is null and tenant_id > 0").isEmpty {
                    let run = try await fleet.sluice(erase)
                    #expect(run.text.contains("goes on"), "\(run.text)")
                }
                #expect(try await fleet.strings("select kind || ' ' || (finished_at is not null) from sluice.erasure") == ["tenant true"])
                #expect(try await fleet.strings("select subject from sluice.document where tenant_id > 0") == [])
                #expect(try await liveKeys(fleet) == [])
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `killed anywhere, a document's erasure goes on, and no table has anything of it`() async throws {
        let word = "zeugma\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            try await fleet.withWorkers {
                for number in 0..<3 {
                    let subject = "\(word)-\(number).txt"
                    try await fleet.publish([subject: "here is \(word)", "kept.txt": "other words"])
                    #expect(try await found(fleet, word, fleet.tenant.text) == [subject])
                    let erase = ["erase", "--tenant", fleet.tenant.text, "--document", "wiki/\(subject)", "--reason", "asked to", "--yes"]
                    let killed = try fleet.start(erase)
                    // At its beginning, once its tombstone has taken force, and once its rows have gone.
                    let reached = [
                        "select '' from sluice.erasure where finished_at is null", "select '' from sluice.document where fact = 2 and erased is not true",
                        "select '' from sluice.document where erased offset 2",
                    ][number]
                    while try await fleet.strings(reached).isEmpty, killed.isRunning {}
                    killed.kill()
                    await killed.ended()
                    if try await !fleet.strings("select '' from sluice.erasure where finished_at is null").isEmpty {
                        let run = try await fleet.sluice(erase)
                        #expect(run.text.contains("goes on"), "\(run.text)")
                    }
                    #expect(try await tables(fleet, with: word) == [], "killed \(number): \(killed.text)")
                    #expect(try await fleet.strings("select '' from sluice.erasure where finished_at is null") == [])
                }
                #expect(try await found(fleet, "words", fleet.tenant.text) == ["kept.txt"])
                #expect(try await liveKeys(fleet).filter { $0.contains(word) } == [])
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `a page that holds others keeps its entry, and goes with it once they are gone`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await fleet.publish(["page.txt": "alpha words"])
                try await fleet.publish(["child.txt": "alpha pages"], ["--container", "page.txt"])
                #expect(try await Set(found(fleet, "alpha", name)) == ["child.txt", "page.txt"])
                let erase = ["erase", "--tenant", name, "--document", "wiki/page.txt", "--reason", "asked to"]
                let inside = "1 documents and containers are inside it"
                let dry = try await fleet.sluice(erase + ["--dry-run"])
                #expect(dry.status == 0 && dry.text.contains(inside), "\(dry.text)")
                let kept = try await fleet.sluice(erase + ["--yes"])
                #expect(kept.status == 1 && kept.text.contains("\(inside): its name stays"), "\(kept.text)")
                let failed = try await fleet.strings(
                    "select p->>'place' from sluice.erasure, jsonb_array_elements(receipt->'places') p where p->>'state' = 'failed'")
                #expect(Set(failed).isSuperset(of: ["table document", "table permission", "topic sluice.permissions"]), "\(failed)")
                // Nobody sees more or less of what is inside than before.
                #expect(try await found(fleet, "alpha", name) == ["child.txt"])
                #expect(try await tables(fleet, with: "alpha words") == [])

                #expect(try await fleet.sluice(["delete", "child.txt", "--tenant", name, "--source", "wiki"]).status == 0)
                try await fleet.eventually { try await !fleet.sluice(erase + ["--dry-run"]).text.contains("inside it") }
                let gone = try await fleet.sluice(erase + ["--yes"])
                #expect(try await tables(fleet, with: "page.txt") == [], "\(gone.text)")
                #expect(try await liveKeys(fleet) == [])
            }
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `one that was being deleted is erased all the same`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers([["ingest"]]) {
                try await fleet.publish(["a.txt": "alpha", "b.txt": "beta"])
                // As `tenant delete` leaves it that was killed at once.
                try await fleet.tamper("update sluice.tenant set deleted_at = now() where name = '\(name)'")
                #expect(try await liveKeys(fleet).count == 4)
                let run = try await fleet.sluice(["erase", "--tenant", name, "--reason", "contract ended", "--yes"])
                #expect(run.text.contains("table document") && run.status <= 1, "\(run.text)")
                #expect(try await liveKeys(fleet) == [])
                #expect(try await fleet.strings("select former_name from sluice.tenant where removed_at is not null") == [name])
            }
        }
    }

    @Test func `maintenance and an erasure do not work side by side`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            let lock = try #require(try await fleet.maintenanceLock())
            let run = try await fleet.sluice(["erase", "--tenant", name, "--reason", "contract ended", "--yes", "--timeout", "1"])
            #expect(run.status == 4 && run.text.contains("waiting for `sluice maintain`"), "\(run.text)")
            #expect(try await fleet.strings("select kind from sluice.erasure") == [])
            await lock.release()
        }
    }

    private func found(_ fleet: Fleet, _ question: String, _ tenant: String) async throws -> [String] {
        let run = try await fleet.sluice(["query", question, "--tenant", tenant, "--as", "user:alice", "--mode", "lexical", "--json"])
        guard let line = run.text.split(separator: "\n").last(where: { $0.hasPrefix(#"{"status""#) }), let json = try? JSON.parse(Array(line.utf8)) else {
            return []
        }
        return (json["hits"]?.array ?? []).compactMap { $0["document"]?.string }
    }

    /// The tables of which a row holds the word, as text or as bytes.
    private func tables(_ fleet: Fleet, with word: String) async throws -> [String] {
        let hex = word.utf8.map { String($0, radix: 16) }.joined()
        var found: [String] = []
        for table in try await fleet.strings("select tablename from pg_tables where schemaname = 'sluice' order by 1") {
            let rows = try await fleet.strings("select 'x' from sluice.\(table) t where t::text ilike '%\(word)%' or t::text ilike '%\(hex)%' limit 1")
            if !rows.isEmpty { found.append(table) }
        }
        return found
    }

    /// The tenant's keys whose last record is no tombstone.
    private func liveKeys(_ fleet: Fleet) async throws -> Set<String> {
        var live: Set<String> = []
        for topic in ["sluice.documents", "sluice.permissions", "sluice.memberships"] {
            for record in try await fleet.records(of: topic) {
                let key = "\(topic) \(String(decoding: record.key ?? [], as: UTF8.self))"
                if record.value == nil { live.remove(key) } else { live.insert(key) }
            }
        }
        return live
    }
}
