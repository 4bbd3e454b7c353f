import Administration
import Contract
import Kafka
import MockCluster
import Testing

@Suite(.needsStack, .timeLimit(.minutes(2)))
struct `Erasures on the command line` {
    @Test func `nothing is erased unasked, nor without a reason that can be kept`() async throws {
        try await Fleet.with { fleet async throws in
            let unknown = try await fleet.sluice(["erase", "--tenant", fleet.tenant.text, "--document", "wiki/one", "--reason", "why", "--yes"])
            #expect(unknown.status == 1 && unknown.text.contains("no such tenant"), "\(unknown.text)")
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            for target in [["--document", "wiki/one"], ["--subject", "user:alice"]] {
                let erase = ["erase", "--tenant", fleet.tenant.text] + target
                let unasked = try await fleet.sluice(erase + ["--reason", "why"])
                #expect(unasked.status == 2 && unasked.text.contains("--yes"), "\(unasked.text)")
                let dry = try await fleet.sluice(erase + ["--dry-run"])
                #expect(dry.status == 0 && dry.text.contains("dry run: nothing was done"), "\(dry.text)")
                let unreasoned = try await fleet.sluice(erase + ["--yes"])
                #expect(unreasoned.status == 2 && unreasoned.text.contains("--reason"), "\(unreasoned.text)")
                let naming = try await fleet.sluice(erase + ["--yes", "--reason", "one, and alice, asked"])
                #expect(naming.status == 2 && naming.text.contains("names what is erased"), "\(naming.text)")
            }
            for wrong in [[], ["--document", "wiki/one", "--subject", "user:alice"], ["--subject", "group:okta/eng"], ["--document", "one"]] {
                #expect(try await fleet.sluice(["erase", "--tenant", fleet.tenant.text] + wrong).status == 2)
            }
            #expect(try await fleet.sluice(["erase", "list"]).text == "no erasures\n")
            #expect(try await fleet.sluice(["erase", "show", "1"]).status == 1)
            #expect(try await fleet.strings("select key::text from sluice.erasure_key") == [])
        }
    }

    @Test func `an erasure that stopped goes on where it is begun again`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let letter = try await fleet.bury(.documents, "one", offset: 11, code: .invalidText)
            let erase = ["erase", "--tenant", fleet.tenant.text, "--document", "wiki/one", "--reason", "asked to", "--yes"]
            let stopped = try await fleet.sluice(erase + ["--timeout", "1"])
            #expect(stopped.status == 4 && stopped.text.contains("no registrar has applied them"), "\(stopped.text)")
            #expect(try await fleet.sluice(["erase", "list"]).text.contains("interrupted"))
            #expect(try await fleet.sluice(["erase", "check", "1"]).status == 1)
            // The name is nowhere, not even while it is at work.
            #expect(try await fleet.strings("select tenant from sluice.erasure e where e::text like '%wiki/one%'") == [])

            try await fleet.passRegistrar(.documents)
            let run = try await fleet.sluice(erase)
            #expect(run.text.contains("erasure 1 goes on") && run.text.contains("topic sluice.dlq"), "\(run.text)")
            let states = try await fleet.strings(
                "select p->>'place' || ' ' || (p->>'state') from sluice.erasure, jsonb_array_elements(receipt->'places') p order by 1")
            #expect(states.contains("table answer_log gone") && states.contains { $0.hasPrefix("topic sluice.documents ") }, "\(states)")
            // Listings leave the letter out, whether the broker could delete it or not.
            let list = try await fleet.sluice(["dlq", "list", "--tenant", fleet.tenant.text])
            #expect(list.text == "no dead letters\n", "\(letter): \(list.text)")
            #expect(try await fleet.verifyAudit() == [])
            let actions = try await fleet.strings("select action from sluice.audit_log where action like 'erasure.%' order by entry")
            #expect(actions == ["erasure.begin", "erasure.begin", "erasure.end"])
        }
    }

    /// Where the records of a key stand on a topic, with what each says: a deletion's sequence, or nothing of it.
    private func tombstones(_ fleet: Fleet, _ topic: String) async throws -> [String] {
        try await fleet.records(of: topic).filter { $0.value == nil }.map { record in
            let sequence = record.headers.first { $0.name == Array("ce_sequence".utf8) }?.value
            return "\(topic)/\(record.partition) \(sequence.map { String(decoding: $0, as: UTF8.self) } ?? "–")"
        }
    }

    private func passRegistrar(_ fleet: Fleet, _ topics: [String]) async throws {
        let admin = try KafkaAdmin(configuration: fleet.kafka)
        for topic in topics {
            _ = try await fleet.administration.incarnation(of: topic, on: admin)
            try await fleet.passRegistrar(topic)
        }
    }

    @Test func `the entry goes once the document has, and both wherever records of them stand`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            let own = [InputTopic.documents, .permissions].map { InputTopicName($0, tenant: fleet.tenant).description }
            let admin = try KafkaAdmin(configuration: fleet.kafka)
            for topic in own { _ = try await admin.createTopic(topic, partitions: 1, replication: 1, config: [("cleanup.policy", "compact")]) }
            // Its source has moved to a topic of its own; no row tells of the one before.
            for (topic, sequence) in [("sluice.documents", 1), (own[0], 2), ("sluice.permissions", 3), (own[1], 4)] {
                try await fleet.state("one", on: topic, sequence: sequence)
            }
            let erase = ["erase", "--tenant", fleet.tenant.text, "--document", "wiki/one", "--reason", "asked to", "--yes", "--timeout", "1"]
            #expect(try await fleet.sluice(erase).status == 4)
            for topic in ["sluice.documents", own[0]] {
                let found = try await tombstones(fleet, topic)
                #expect(found.count == 1 && found[0].hasSuffix(" 2"), "\(topic): \(found)")
            }
            for topic in ["sluice.permissions", own[1]] { #expect(try await tombstones(fleet, topic) == []) }

            try await passRegistrar(fleet, ["sluice.documents", own[0]])
            #expect(try await fleet.sluice(erase).status == 4)
            for topic in ["sluice.permissions", own[1]] {
                let found = try await tombstones(fleet, topic)
                #expect(found.count == 1 && found[0].hasSuffix(" 4"), "\(topic): \(found)")
            }
            try await passRegistrar(fleet, ["sluice.permissions", own[1]])
            let run = try await fleet.sluice(erase)
            let places = try await fleet.strings("select p->>'place' from sluice.erasure, jsonb_array_elements(receipt->'places') p")
            for topic in ["sluice.documents", "sluice.permissions"] + own {
                #expect(places.contains("topic \(topic)") && places.contains("topic \(topic), keys of tombstones"), "\(run.text)")
            }
            for topic in own { try await admin.deleteTopic(topic) }
        }
    }

    @Test func `nobody of a tenant is answered while it is erased, nor where that stopped`() async throws {
        try await Fleet.with { fleet async throws in
            let name = fleet.tenant.text
            #expect(try await fleet.sluice(["tenant", "create", name]).status == 0)
            // What comes without a sequence wins over any before it, and a deletion with such a one would not win over that.
            for sequence in [9, nil] { try await fleet.state("one", on: "sluice.permissions", sequence: sequence) }
            let erase = ["erase", "--tenant", name, "--reason", "contract ended", "--yes", "--timeout", "1"]
            for goesOn in [false, true] {
                let run = try await fleet.sluice(erase)
                #expect(run.status == 4 && run.text.contains("goes on") == goesOn, "\(run.text)")
                #expect(try await fleet.strings("select name from sluice.tenant where suspended_at is not null and deleted_at is null") == [name])
            }
            #expect(try await tombstones(fleet, "sluice.permissions").map { $0.suffix(1) } == ["–"])
            let resumed = try await fleet.sluice(["tenant", "resume", name, "--reason", "a mistake"])
            #expect(resumed.status == 1 && resumed.text.contains("is being erased"), "\(resumed.text)")
            try await fleet.passRegistrar(.permissions)
            #expect(try await fleet.sluice(erase).text.contains("table"))
            // Another tenant of its name is not what was erased.
            #expect(try await fleet.sluice(["tenant", "create", name, "--reuse", "--no-redrive"]).status == 0)
            #expect(try await fleet.sluice(["tenant", "suspend", name, "--reason", "unpaid", "--yes"]).status == 0)
            #expect(try await fleet.sluice(["tenant", "resume", name, "--reason", "paid"]).text == "resumed \(name)\n")
            #expect(try await fleet.verifyAudit() == [])
        }
    }

    @Test(arguments: [#"["user:jos\u00e9"]"#, #"["user:jose\u0301"], "members": []"#, #"["user:josé""#])
    func `a person in dead letters is found, however their name is written`(members: String) async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            _ = try await fleet.bury(.memberships, "eng", offset: 1, code: .malformedData, value: #"{"members": \#(members)}"#)
            for (user, found) in [("user:josé", "1 false"), ("user:bob", "0 true")] {
                let run = try await fleet.sluice(["erase", "--tenant", fleet.tenant.text, "--subject", user, "--reason", "asked to", "--yes"])
                let letters = """
                    select coalesce(p->>'count', '0') || ' ' || (p->>'state' = 'gone') from sluice.erasure, jsonb_array_elements(receipt->'places') p
                    where p->>'place' = 'topic sluice.dlq' order by erasure_id desc limit 1
                    """
                #expect(try await fleet.strings(letters) == [found], "\(run.text)")
            }
        }
    }

    @Test func `a check that can read nothing does not say that all has gone`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text]).status == 0)
            try await fleet.tamper(
                """
                insert into sluice.erasure_key (tenant_id, key) select tenant_id, sha256('') from sluice.tenant where name = '\(fleet.tenant)';
                insert into sluice.erasure (tenant, kind, target, actor, reason, finished_at, receipt) values ('\(fleet.tenant)', 'user', 'x', 'x', 'x', now(),
                    '{"places": [{"place": "topic sluice.queries", "state": "goneBy", "by": "2099-01-01T00:00:00Z"}]}')
                """)
            let cluster = try MockCluster(brokers: 1)
            try cluster.makeTopic("sluice.queries", partitions: 1)
            let producer = try KafkaProducer(configuration: KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "sluice-tests"))
            _ = try await producer.send(KafkaMessage(topic: "sluice.queries", key: [1], value: [2], headers: []))
            await producer.close()
            cluster.fail(.fetch, Array(repeating: .notLeader, count: 100_000))
            let run = try await fleet.sluice(["erase", "check", "1"], settings: ["SLUICE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers])
            #expect(run.status != 0 && run.text.contains("the topic gives no records"), "\(run.text)")
            let states = try await fleet.strings("select p->>'state' from sluice.erasure, jsonb_array_elements(receipt->'places') p")
            #expect(states == ["goneBy"], "\(run.text)")
        }
    }
}
