import Contract
import Foundation
import Testing

@Suite(.needsStack, .timeLimit(.minutes(2)))
struct `Dead letters on the command line` {
    /// Two hours ago, to the second. No longer: Apache Kafka deletes what is older than its topic's retention, whenever it comes to look.
    private let earlier = Int64(Date().timeIntervalSince1970 - 7200) * 1000

    /// One record of each topic that is redriven, a second document, and a query.
    private func bury(_ fleet: Fleet, code: RejectionCode = .invalidText) async throws -> [LetterID] {
        [
            try await fleet.bury(.documents, "one", offset: 11, code: code, timestamp: earlier),
            try await fleet.bury(.permissions, "one", offset: 12, code: code),
            try await fleet.bury(.memberships, "staff", offset: 13, code: code),
            try await fleet.bury(.documents, "two", offset: 14, code: .tooLarge),
        ]
    }

    @Test func `letters are listed, filtered and counted`() async throws {
        try await Fleet.with { fleet async throws in
            let letters = try await bury(fleet)
            let tenant = ["--tenant", fleet.tenant.text]
            let list = try await fleet.sluice(["dlq", "list"] + tenant)
            #expect(list.status == 0)
            for letter in letters { #expect(list.text.contains("\n\(letter) "), "\(list.text)") }
            #expect(list.text.contains(Timestamp(microsecondsSinceEpoch: earlier * 1000).rfc3339) && list.text.contains("sluice.documents/1/11"))
            #expect(list.text.contains("invalid_text        3\ntoo_large           1\n"), "\(list.text)")
            // Never the content.
            #expect(!list.text.contains("value of"))
            let lines = try await fleet.sluice(["dlq", "list", "--json", "--code", "too_large"] + tenant).text.split(separator: "\n")
            let line = try #require(lines.count == 1 ? JSON.parse(Array(lines[0].utf8)) : nil)
            #expect(line["id"]?.string == letters[3].description && line["offset"]?.integer == 14 && line["state"]?.isNull == true)
            #expect(try await fleet.sluice(["dlq", "list", "--json", "--since", "1h"] + tenant).text.split(separator: "\n").count == 3)
            #expect(try await fleet.sluice(["dlq", "list", "--json", "--until", "1h"] + tenant).text.split(separator: "\n").count == 1)
            #expect(try await fleet.sluice(["dlq", "list", "--limit", "2"] + tenant).text.contains("the newest 2 of 4 are shown"))
            #expect(try await fleet.sluice(["dlq", "list", "--tenant", "nobody-\(fleet.tenant)"]).text == "no dead letters\n")
        }
    }

    @Test func `one letter is shown without its content, which goes to a file for its owner alone`() async throws {
        try await Fleet.with { fleet async throws in
            let letter = try await fleet.bury(.documents, "one", offset: 11, code: .invalidText)
            let file = FileManager.default.temporaryDirectory.appending(path: "sluice-letter-\(UUID())").path
            defer { try? FileManager.default.removeItem(atPath: file) }
            let show = try await fleet.sluice(["dlq", "show", letter.description, "--value", file])
            #expect(show.status == 0)
            for part in ["invalid_text", "why", "sluice.documents/1/11", "\(fleet.tenant)/wiki/one", "12 bytes", "header ce_id", "1 bytes that are no text"] {
                #expect(show.text.contains(part), "\(part): \(show.text)")
            }
            #expect(!show.text.contains("value of") && !show.text.contains("__dlq"))
            #expect(FileManager.default.contents(atPath: file) == Data("value of one".utf8))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
            // What is there already is not written over.
            #expect(try await fleet.sluice(["dlq", "show", letter.description, "--value", file]).status == 1)
            for missing in ["\(letter.partition)/1000000", "4711/0"] {
                let none = try await fleet.sluice(["dlq", "show", missing])
                #expect(none.status == 1 && none.text.contains("there is no letter \(missing)"), "\(none.text)")
            }
        }
    }

    @Test func `nothing is redriven or purged unasked`() async throws {
        try await Fleet.with { fleet async throws in
            let letters = try await bury(fleet)
            for command in ["redrive", "purge"] {
                let unasked = try await fleet.sluice(["dlq", command, "--tenant", fleet.tenant.text])
                #expect(unasked.status == 2 && unasked.text.contains("--yes"), "\(unasked.text)")
                let dry = try await fleet.sluice(["dlq", command, "--tenant", fleet.tenant.text, "--dry-run"])
                #expect(dry.status == 0 && dry.text.contains("dry run: nothing was done"), "\(dry.text)")
            }
            #expect(try await fleet.redrivenCount() == 0)
            #expect(try await fleet.strings("select record_offset::text from sluice.dead_letter_mark") == [])
            let list = try await fleet.sluice(["dlq", "list", "--json", "--tenant", fleet.tenant.text])
            #expect(list.text.split(separator: "\n").count == letters.count)
        }
    }

    @Test func `documents follow once permissions and memberships are in force`() async throws {
        try await Fleet.with { fleet async throws in
            let letters = try await bury(fleet)
            let redrive = ["dlq", "redrive", "--tenant", fleet.tenant.text, "--yes"]
            let unattended = try await fleet.sluice(redrive + ["--timeout", "1"])
            #expect(unattended.status == 4 && unattended.text.contains("start `sluice ingest` or `sluice register`"), "\(unattended.text)")
            #expect(Set(try await fleet.redriven(2).map(\.record.topic)) == ["sluice.permissions", "sluice.memberships"])
            #expect(try await fleet.redrivenCount() == 2)

            try await fleet.passRegistrar()
            let run = try await fleet.sluice(redrive)
            #expect(run.status == 0 && run.text.contains("4 letters redriven"), "\(run.text)")
            // The two that nobody applied went again.
            let back = try await fleet.redriven(6)
            #expect(back.suffix(6).filter { $0.record.topic == "sluice.documents" }.count == 2)
            let one = try #require(back.first { $0.record.offset == 11 })
            #expect(one.record.position == RecordPosition(topic: "sluice.documents", partition: 1, offset: 11))
            #expect(one.record.timestampMilliseconds == earlier && one.record.value == Array("value of one".utf8))
            #expect(one.record.headers == [RecordHeader("ce_id", "one"), RecordHeader(name: [0xFF], value: nil)])
            let number = try await fleet.strings("select incarnation_id::text from sluice.topic_incarnation where topic = 'sluice.documents'")
            #expect(number == [String(one.incarnation)])

            // Dealt with: left out, unless asked for.
            #expect(try await fleet.sluice(["dlq", "list", "--tenant", fleet.tenant.text]).text == "no dead letters\n")
            let all = try await fleet.sluice(["dlq", "list", "--all", "--json", "--tenant", fleet.tenant.text]).text
            #expect(all.split(separator: "\n").filter { $0.contains(#""state":"redriven""#) }.count == letters.count)
            #expect(try await fleet.sluice(redrive).text == "no dead letters but 4 that were dealt with already\n")
            let again = try await fleet.sluice(["dlq", "redrive", letters[0].description, "--yes"])
            #expect(again.status == 1 && again.text.contains("was redriven already"), "\(again.text)")
            #expect(try await fleet.sluice(["dlq", "redrive", letters[0].description, "--all", "--yes"]).status == 0)
            #expect(try await fleet.strings("select distinct action from sluice.audit_log") == ["dlq.redrive"])
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `a query is never redriven`() async throws {
        try await Fleet.with { fleet async throws in
            let query = try await fleet.bury(.queries, "q", offset: 1, code: .unknownTenant, key: Array("q1".utf8))
            let run = try await fleet.sluice(["dlq", "redrive", query.description, "--yes"])
            #expect(run.status == 0 && run.text == "1 letters stay: a query: who asked it waits no longer\n", "\(run.text)")
            #expect(try await fleet.strings("select record_offset::text from sluice.dead_letter_mark") == [])
        }
    }

    @Test func `what is purged is left out, and only that`() async throws {
        try await Fleet.with { fleet async throws in
            let letters = try await bury(fleet)
            let purge = try await fleet.sluice(["dlq", "purge", letters[0].description, letters[3].description, "--yes"])
            #expect(purge.status == 0 && purge.text.contains("2 letters purged"), "\(purge.text)")
            let left = try await fleet.sluice(["dlq", "list", "--json", "--tenant", fleet.tenant.text]).text
            #expect(left.split(separator: "\n").count == 2 && left.contains("\"\(letters[1])\"") && left.contains("\"\(letters[2])\""), "\(left)")
            #expect(try await fleet.sluice(["dlq", "purge", "--tenant", fleet.tenant.text, "--code", "invalid_text", "--yes"]).status == 0)
            #expect(try await fleet.sluice(["dlq", "list", "--tenant", fleet.tenant.text]).text == "no dead letters\n")
            let details = try await fleet.strings("select (detail - 'first' - 'last')::text from sluice.audit_log where detail ? 'letters' order by entry")
            #expect(details == [#"{"ids": true, "letters": 2}"#, #"{"code": "invalid_text", "tenant": "\#(fleet.tenant)", "letters": 2}"#])
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test func `a tenant hears of what came before it was registered`() async throws {
        try await Fleet.with { fleet async throws in
            _ = try await bury(fleet, code: .unknownTenant)
            let create = ["tenant", "create", fleet.tenant.text]
            let first = try await fleet.sluice(create)
            #expect(first.status == 0 && first.text.contains("3 events came for \(fleet.tenant) before it was registered"), "\(first.text)")
            #expect(first.text.contains("sluice dlq redrive --tenant \(fleet.tenant) --code unknown_tenant\n"))
            // Made sure of again: nobody is told twice, or kept waiting.
            #expect(try await fleet.sluice(create).text == "\(fleet.tenant) is registered already\n")
            #expect(try await fleet.redrivenCount() == 0)
            #expect(try await fleet.sluice(create + ["--redrive", "--no-redrive"]).status == 2)
            #expect(try await fleet.sluice(["dlq", "redrive", "--tenant", fleet.tenant.text, "--code", "unknown_tenant", "--dry-run"]).status == 0)
            // The redrive topic has to be known before somebody can have read it.
            _ = try await fleet.sluice(["dlq", "redrive", "--tenant", fleet.tenant.text, "--code", "unknown_tenant", "--yes", "--timeout", "1"])
            try await fleet.passRegistrar()
            let redrive = try await fleet.sluice(create + ["--redrive"])
            #expect(redrive.status == 0 && redrive.text.contains("3 letters redriven"), "\(redrive.text)")
            #expect(try await fleet.sluice(create + ["--redrive"]).text.contains("nothing came for \(fleet.tenant) before"))
            // Its one letter of another code stays.
            #expect(try await fleet.sluice(["dlq", "list", "--json", "--tenant", fleet.tenant.text]).text.contains("too_large"))
            #expect(try await fleet.strings("select action from sluice.audit_log where action = 'tenant.create'") == ["tenant.create"])
        }
    }

    @Test func `waiting documents are listed, hastened and given up, when that is wanted`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["deferred", "list"]).text == "no documents wait\n")
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            _ = try await fleet.strings(
                """
                with d as (insert into sluice.document (tenant_id, source, subject) select tenant_id, 'wiki', 'one' from sluice.tenant where tenant_id > 0 returning *),
                g as (insert into sluice.generation (name, embedding_space, dimension, chunker, parser) values ('g1', 's', 4, 'c', 'p') returning *),
                i as (insert into sluice.topic_incarnation (topic, broker_topic_id) values ('sluice.documents', 'x') returning *)
                insert into sluice.deferred (tenant_id, generation_id, document_id, incarnation_id, partition, record_offset, record_time, record_value,
                    header_names, header_values, host, reason, due_at)
                select d.tenant_id, g.generation_id, d.document_id, i.incarnation_id, 0, 1, 1, 'secret', '{}', '{}', 'a.example', 'no answer',
                    now() + interval '1 hour' from d, g, i returning reason
                """)
            let list = try await fleet.sluice(["deferred", "list", "--tenant", fleet.tenant.text])
            #expect(list.status == 0 && list.text.contains("wiki/one") && list.text.contains("a.example") && !list.text.contains("secret"), "\(list.text)")
            #expect(try await fleet.sluice(["deferred", "list", "--host", "b.example"]).text == "no documents wait\n")
            let json = try JSON.parse(Array(try await fleet.sluice(["deferred", "list", "--json"]).text.utf8))
            #expect(json["document"]?.string == "one" && json["attempts"]?.integer == 1 && json["abandoned"]?.bool == false)
            #expect(try await fleet.sluice(["deferred", "drop"]).status == 2)
            #expect(try await fleet.sluice(["deferred", "drop", "--dry-run"]).text.contains("dry run: nothing was done"))
            #expect(try await fleet.strings("select reason from sluice.deferred where abandoned or due_at <= now()") == [])
            #expect(try await fleet.sluice(["deferred", "retry", "--host", "a.example", "--yes"]).text.contains("1 documents are due now"))
            #expect(try await fleet.sluice(["deferred", "drop", "--tenant", fleet.tenant.text, "--yes"]).text.contains("1 documents are given up"))
            #expect(try await fleet.strings("select reason from sluice.deferred where abandoned and due_at <= now()") == ["no answer"])
            #expect(try await fleet.strings("select action from sluice.audit_log order by entry") == ["tenant.create", "deferred.retry", "deferred.drop"])
        }
    }
}
