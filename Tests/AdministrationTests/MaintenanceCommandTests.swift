import Administration
import Contract
import Foundation
import Index
import Kafka
import Testing
import Transport

@testable import sluice

/// Upkeep by the command an admin has, on real workers.
@Suite(.needsStack, .timeLimit(.minutes(2)), .serialized)
struct `Maintenance on real workers` {
    private func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try Task.checkCancellation() }
    }

    private func send(_ fleet: Fleet, _ subject: String, source: String = "wiki", sequence: Int? = nil, _ json: String) async throws {
        var headers = [("ce_specversion", "1.0"), ("ce_id", "\(UUID())"), ("ce_type", EventType.documentUpserted.rawValue)]
        if let sequence { headers.append(("ce_sequence", "\(sequence)")) }
        let record = OutboundRecord(
            topic: "sluice.documents", key: Array("\(fleet.tenant)/\(source)/\(subject)".utf8), value: Array(json.utf8),
            headers: headers.map { RecordHeader($0, $1) })
        _ = try await fleet.producer.send(KafkaMessage(record))
    }

    /// As a source does that says nothing more of it: alike each time.
    private func sendTombstone(_ fleet: Fleet, _ subject: String) async throws {
        _ = try await fleet.producer.send(
            KafkaMessage(topic: "sluice.documents", key: Array("\(fleet.tenant)/wiki/\(subject)".utf8), value: nil, headers: []))
    }

    private func publish(_ fleet: Fleet, _ subject: String, source: String = "wiki", sequence: Int? = nil, _ json: String) async throws {
        let permit = try await fleet.sluice(["permit", subject, "--tenant", fleet.tenant.text, "--source", source, "--allow", "everyone"])
        #expect(permit.status == 0, "\(permit.text)")
        try await send(fleet, subject, source: source, sequence: sequence, json)
    }

    private func found(_ fleet: Fleet, _ question: String = "gamma") async throws -> [String] {
        let run = try await fleet.sluice([
            "query", question, "--tenant", fleet.tenant.text, "--as", "user:alice", "--mode", "lexical", "--limit", "20", "--json",
        ])
        #expect(run.status == 0, "\(run.text)")
        let hits = try JSON.parse(Array(run.text.utf8))["hits"]?.array ?? []
        return hits.compactMap { $0["document"]?.string }.sorted()
    }

    /// Time passes: so many days for the documents' records.
    private func age(_ fleet: Fleet, _ subject: String, days: Int) async throws {
        let moved = try await fleet.strings(
            """
            with made as (update sluice.rendition r set record_time = r.record_time - \(days) * 86400000::bigint from sluice.document d
                where d.subject = '\(subject)' and (r.tenant_id, r.document_id) = (d.tenant_id, d.document_id))
            update sluice.document set record_time = record_time - \(days) * 86400000::bigint where subject = '\(subject)' returning subject
            """)
        #expect(moved == [subject])
    }

    private func facts(_ fleet: Fleet) async throws -> [String] {
        try await fleet.strings("select concat_ws(' ', subject, fact, sequence) from sluice.document where tenant_id > 0 order by subject")
    }

    private func maintain(_ fleet: Fleet, _ options: [String] = []) async throws -> String {
        let run = try await fleet.sluice(["maintain"] + options)
        #expect(run.status == 0, "\(run.text)")
        return run.text
    }

    @Test func `what is past its limits is deleted as by its source, and a rebuilt index lacks it too`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await publish(fleet, "old", sequence: 7, #"{"text": "gamma old"}"#)
                try await publish(fleet, "young", #"{"text": "gamma young", "modifiedAt": "2999-01-01T00:00:00Z"}"#)
                try await publish(fleet, "unseen", source: "chat", #"{"text": "gamma unseen", "modifiedAt": "2999-01-01T00:00:00Z"}"#)
                try await publish(fleet, "expired", #"{"text": "gamma expired", "expiresAt": "2020-01-01T00:00:00Z"}"#)
                try await eventually { try await found(fleet) == ["old", "unseen", "young"] }
                try await eventually { try await facts(fleet).count == 4 }
                for subject in ["old", "young", "unseen"] { try await age(fleet, subject, days: 40) }

                // Nothing is due without a rule, but what is expired.
                let dry = try await maintain(fleet, ["--dry-run"])
                #expect(dry.contains("retention: 1 deleted as expired, 0 deleted for their age, 0 deleted as unseen"), "\(dry)")
                #expect(dry.contains("nothing was done"), "\(dry)")
                #expect(try await fleet.sluice(["tenant", "retention", name]).text.contains("kept until their sources delete them"))
                let retention = ["tenant", "retention", name, "--age", "30"]
                #expect(try await fleet.sluice(retention + ["--yes"]).status == 2)
                #expect(try await fleet.sluice(retention + ["--reason", "policy 7"]).status == 2)
                let shown = try await fleet.sluice(retention + ["--reason", "policy 7", "--dry-run"])
                #expect(shown.status == 0 && shown.text.contains("2 documents of \(name) are past their limits then"), "\(shown.text)")
                #expect(try await fleet.strings("select source from sluice.retention_rule") == [])
                #expect(try await fleet.sluice(retention + ["--reason", "policy 7", "--yes"]).status == 0)
                let chat = try await fleet.sluice(
                    ["tenant", "retention", name, "--source", "chat", "--unseen", "39", "--reason", "policy 8", "--yes"])
                #expect(chat.text.contains("3 documents of \(name)") && chat.text.contains("all others") && chat.text.contains("39 d"), "\(chat.text)")

                let run = try await maintain(fleet)
                #expect(run.contains("retention: 1 deleted as expired, 1 deleted for their age, 1 deleted as unseen\n"), "\(run)")
                try await eventually { try await found(fleet) == ["young"] }
                try await eventually { try await facts(fleet) == ["expired 2", "old 2 7", "unseen 2", "young 1"] }
                // It is told, with what deleted it.
                let told = try await fleet.strings("select distinct outcome from sluice.outcome where correlation_id like 'retention-%'")
                #expect(told == ["deleted"])
                #expect(try await maintain(fleet).contains("retention: 0 deleted as expired, 0 deleted for their age, 0 deleted as unseen\n"))

                // What is older than the deletion stays away; what is newer is a document again.
                try await send(fleet, "old", sequence: 6, #"{"text": "gamma six"}"#)
                try await send(fleet, "unseen", source: "chat", #"{"text": "gamma again"}"#)
                try await eventually { try await found(fleet) == ["unseen", "young"] }
                // From the topics alone: the tombstones are in them.
                let reindex = try await fleet.sluice(["reindex", "--into", "g2", "--yes", "--exit"])
                #expect(reindex.status == 0, "\(reindex.text)")
                let rebuilt = try await fleet.strings(
                    """
                    select d.subject from sluice.rendition r join sluice.document d using (tenant_id, document_id) join sluice.generation g using (generation_id)
                    where g.name = 'g2' and r.state = 1 and d.tenant_id > 0 order by 1
                    """)
                #expect(rebuilt == ["unseen", "young"])
            }
            let lines = try await fleet.strings(
                "select concat_ws(' ', action, detail->>'ageDays', detail->>'source') from sluice.audit_log where action in ('tenant.retention', 'maintain') order by entry"
            )
            #expect(lines == ["tenant.retention 30", "tenant.retention none chat", "maintain", "maintain"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `nothing is deleted for what it was before, while the registrar has yet to come to something newer`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await publish(fleet, "old", #"{"text": "gamma old"}"#)
                try await eventually { try await found(fleet) == ["old"] }
                try await age(fleet, "old", days: 40)
            }
            #expect(try await fleet.sluice(["tenant", "retention", name, "--unseen", "30", "--reason", "policy", "--yes"]).status == 0)
            // The newest event of it, which no worker has read.
            try await send(fleet, "old", #"{"text": "gamma new"}"#)
            // SIGTERM wherever it is, for the most part while it waits for a registrar: it ends, and the next one works on.
            for moment in 0..<4 {
                let run = try fleet.start(["maintain"])
                let locks = "select '' from pg_locks l join pg_database d on d.oid = l.database where locktype = 'advisory' and datname = current_database()"
                while try await fleet.strings(locks).isEmpty, run.isRunning {}
                try await Task.sleep(for: .milliseconds(moment * 150))
                run.terminate()
                await run.ended()
                #expect(run.status == 0 && !run.text.contains("somebody else") && !run.text.contains("failed"), "\(run.text)")
                #expect(run.text.contains("left for the next run") || run.text.contains("cut short"), "\(run.text)")
            }
            let run = try await fleet.sluice(["maintain", "--time-limit", "3s"])
            #expect(run.status == 0 && run.text.contains("0 deleted as unseen, 1 left for the next run"), "\(run.text)")
            try await fleet.withWorkers {
                try await eventually { try await found(fleet, "new") == ["old"] }
                #expect(try await maintain(fleet).contains("0 deleted as unseen\n"))
                #expect(try await found(fleet, "new") == ["old"])
            }
        }
    }

    @Test func `what a source publishes in the moment of a deletion is published again behind it, unless it is older`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                try await publish(fleet, "one", #"{"text": "gamma one"}"#)
                try await publish(fleet, "two", sequence: 5, #"{"text": "gamma two"}"#)
                try await publish(fleet, "three", sequence: 5, #"{"text": "gamma three"}"#)
                try await publish(fleet, "four", #"{"text": "gamma four"}"#)
                try await eventually { try await found(fleet).count == 4 }
                for subject in ["one", "two", "three", "four"] { try await age(fleet, subject, days: 40) }
                let set = ["tenant", "retention", name, "--unseen", "30", "--reason", "policy", "--yes"]
                #expect(try await fleet.sluice(set).status == 0)
                let run = RetentionRun(
                    fleet.administration, try Runtime(), RetentionClock(now: .now, grace: .zero), MaintenanceBudget(.seconds(60)) { false }, countsOnly: false
                ) {
                    try await send(fleet, "one", #"{"text": "gamma newer"}"#)
                    try await send(fleet, "two", sequence: 6, #"{"text": "gamma newer"}"#)
                    try await send(fleet, "three", sequence: 4, #"{"text": "gamma older"}"#)
                }
                let finding = try await run.run(try await fleet.administration.tenantRecords()) { _ in }
                #expect(finding.counts.map(\.number) == [0, 0, 4], "\(finding)")
                try await eventually { try await found(fleet, "newer") == ["one", "two"] }
                #expect(try await found(fleet) == ["one", "two"])
            }
            // The newest record of each is what a rebuild finds.
            let newest = try await newest(fleet)
            #expect(newest["one"]?.contains("newer") == true && newest["two"]?.contains("newer") == true, "\(newest)")
            #expect(newest["three"] == "" && newest["four"] == "", "\(newest)")
        }
    }

    @Test func `killed between a deletion and what has to follow it, the next run mends it, whatever came meanwhile`() async throws {
        struct Killed: Error {}
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            try await fleet.withWorkers {
                let subjects = ["kept", "gone", "later", "deleted", "numbered", "raw"]
                for subject in subjects { try await publish(fleet, subject, sequence: subject == "numbered" ? 5 : nil, #"{"text": "gamma \#(subject)"}"#) }
                try await eventually { try await found(fleet).count == 6 }
                for subject in subjects { try await age(fleet, subject, days: 40) }
                let set = ["tenant", "retention", name, "--unseen", "30", "--reason", "policy", "--yes"]
                #expect(try await fleet.sluice(set).status == 0)
                let run = RetentionRun(
                    fleet.administration, try Runtime(), RetentionClock(now: .now, grace: .zero), MaintenanceBudget(.seconds(60)) { false }, countsOnly: false
                ) {
                    try await sendTombstone(fleet, "raw")
                    for subject in ["kept", "later", "deleted", "raw"] { try await send(fleet, subject, #"{"text": "gamma newer"}"#) }
                    try await send(fleet, "numbered", sequence: 6, #"{"text": "gamma newer"}"#)
                } afterWriting: {
                    throw Killed()
                }
                await #expect(throws: Killed.self) { try await run.run(try await fleet.administration.tenantRecords()) { _ in } }
                // Its source goes on meanwhile.
                try await sendTombstone(fleet, "raw")
                try await send(fleet, "later", #"{"text": "gamma newest"}"#)
                #expect(try await fleet.sluice(["delete", "deleted", "--tenant", name, "--source", "wiki"]).status == 0)
                #expect(try await fleet.strings("select count(*)::text from sluice.retention_deletion where tenant_id > 0") == ["6"])
                // What a transaction may still hold back is looked for again, and nothing is deleted a second time.
                #expect(try await maintain(fleet).contains("0 deleted as unseen"))
                #expect(try await fleet.strings("select count(*)::text from sluice.retention_deletion where tenant_id > 0") == ["6"])
                _ = try await fleet.strings("update sluice.retention_deletion set noted_at = now() - interval '2 hours' returning ''")
                #expect(try await maintain(fleet).contains("retention"))
                #expect(try await fleet.strings("select count(*)::text from sluice.retention_deletion where tenant_id > 0") == ["0"])
                try await eventually { try await found(fleet, "newer") == ["kept", "numbered"] }
                try await eventually { try await found(fleet) == ["kept", "later", "numbered"] }
                // Again, and nothing changes.
                #expect(try await maintain(fleet).contains("0 deleted as unseen"))
            }
            let newest = try await newest(fleet)
            #expect(newest["kept"]?.contains("newer") == true && newest["numbered"]?.contains("newer") == true, "\(newest)")
            #expect(newest["later"]?.contains("newest") == true && newest["gone"] == "" && newest["deleted"] == "" && newest["raw"] == "", "\(newest)")
        }
    }

    /// Of each document of the tenant the value of its last record; empty: a tombstone.
    private func newest(_ fleet: Fleet) async throws -> [String: String] {
        var newest: [String: String] = [:]
        for record in try await fleet.records(of: "sluice.documents") {
            guard let key = record.key.flatMap(RecordKey.init(parsing:)) else { continue }
            newest[key.subject.text] = String(decoding: record.value ?? [], as: UTF8.self)
        }
        return newest
    }

    @Test func `every part tells what it did, one run at a time, and what it may not do it leaves out`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let text = try await maintain(fleet)
            for part in ["generations", "retention", "cache", "outcomes", "questions", "orphans", "statistics", "indexes"] {
                #expect(text.contains("\(part): "), "\(text)")
            }
            #expect(!text.contains("left out") && !text.contains("failed"), "\(text)")
            let json = try JSON.parse(Array(try await maintain(fleet, ["--json", "--dry-run"]).utf8))
            let states = (json["parts"]?.array ?? []).compactMap { $0["state"]?.string }
            #expect(states.count == 8 && !states.contains("failed"), "\(states)")
            #expect(try await fleet.sluice(["maintain", "--time-limit", "soon"]).status == 2)
            #expect(try await maintain(fleet, ["--time-limit", "1s"]).contains("orphans"))

            // A login that is not the owner's, and one that nobody has.
            let admin = try fleet.adminURL()
            for (url, reason) in [(admin, "is no member of sluice_owner"), ("", "is not set")] {
                let run = try fleet.start(["maintain"], settings: ["SLUICE_DATABASE_URL": url, "SLUICE_DATABASE_ADMIN_URL": admin])
                await run.ended()
                #expect(run.status == 0 && run.text.contains(reason), "\(run.text)")
                #expect(run.text.contains("statistics: left out") && run.text.contains("indexes: left out"), "\(run.text)")
            }

            // Somebody else is at it.
            let lock = try #require(try await fleet.maintenanceLock())
            let second = try await fleet.sluice(["maintain"])
            #expect(second.status == 0 && second.text == "somebody else is at it already\n", "\(second.text)")
            await lock.release()

            // What is not as it must be is said, and the exit code tells.
            _ = try await fleet.strings(
                """
                insert into sluice.document (tenant_id, source, subject, fact, container_id)
                select tenant_id, 'wiki', 'lost', 1, 4711 from sluice.tenant where tenant_id > 0 returning ''
                """)
            let alarmed = try await fleet.sluice(["maintain"])
            #expect(alarmed.status == 1 && alarmed.text.contains("orphans: 1 document in a container that is not there"), "\(alarmed.text)")
        }
    }
}
