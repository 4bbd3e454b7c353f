import Contract
import Kafka
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
}
