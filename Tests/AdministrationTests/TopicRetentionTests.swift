import Administration
import Contract
import Testing

struct TopicRetentionTests {
    private static let now = Timestamp(rfc3339: "2026-03-01T00:00:00Z")!

    @Test func `a topic that deletes keeps a record for its retention, and as long as a file is written`() {
        let retention = TopicRetention(config: ["cleanup.policy": "delete", "retention.ms": "86400000", "segment.ms": "3600000"])
        #expect(retention.records(before: Self.now)?.rfc3339 == "2026-03-02T02:00:00Z")
        let unset = TopicRetention(config: ["cleanup.policy": "delete", "retention.ms": "86400000"])
        #expect(unset.records(before: Self.now)?.rfc3339 == "2026-03-09T01:00:00Z")
    }

    @Test func `a topic that compacts has a date where its compaction has one`() {
        let config = ["cleanup.policy": "compact", "max.compaction.lag.ms": "86400000", "delete.retention.ms": "172800000"]
        let retention = TopicRetention(config: config)
        #expect(retention.superseded(at: Self.now)?.rfc3339 == "2026-03-02T01:00:00Z")
        #expect(retention.tombstone(at: Self.now)?.rfc3339 == "2026-03-05T01:00:00Z")
        #expect(retention.records(before: Self.now) == nil)
        let both = TopicRetention(config: config.merging(["cleanup.policy": "compact, delete", "retention.ms": "0", "segment.ms": "0"]) { $1 })
        #expect(both.tombstone(at: Self.now)?.rfc3339 == "2026-03-01T01:00:00Z")
    }

    @Test(arguments: [
        [:], ["cleanup.policy": "delete", "retention.ms": "-1"], ["cleanup.policy": "compact", "max.compaction.lag.ms": "9223372036854775807"],
        ["cleanup.policy": "compact", "retention.ms": "1"], ["cleanup.policy": "delete", "retention.ms": "9223372036854775806"],
    ])
    func `what no setting bounds has no date`(config: [String: String]) {
        let retention = TopicRetention(config: config)
        #expect(retention.records(before: Self.now) == nil && retention.superseded(at: Self.now) == nil && retention.tombstone(at: Self.now) == nil)
    }
}
