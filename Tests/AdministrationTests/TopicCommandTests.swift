import Contract
import Kafka
import Testing

@Suite(.needsStack, .timeLimit(.minutes(2)))
struct `Topics on the command line` {
    @Test func `a topic that is not as declared is shown, and one that is missing`() async throws {
        try await Fleet.with { fleet async throws in
            #expect(try await fleet.sluice(["tenant", "create", fleet.tenant.text, "--no-redrive"]).status == 0)
            let before = try await fleet.sluice(["topics", "diff"])
            #expect(!before.text.contains(fleet.tenant.text), "\(before.text)")
            // Its producer's own topic, made by hand.
            let own = InputTopicName(.documents, tenant: fleet.tenant).description
            _ = try await KafkaAdmin(configuration: fleet.kafka).createTopic(own, partitions: 1, replication: 1, config: [("cleanup.policy", "delete")])
            let after = try await fleet.sluice(["topics", "diff"])
            #expect(after.status == 1)
            #expect(
                after.text.split(separator: "\n").contains { $0.hasPrefix(own) && $0.contains("cleanup.policy") && $0.contains("compact") }, "\(after.text)")
        }
    }
}
