import Contract

/// Until when a topic may keep what was written to it, by its settings.
package struct TopicRetention: Sendable, Equatable {
    /// What a cleaner takes to begin and to end a round, and a broker to remove a file: generous, since a date that has passed must hold.
    private static let slackMilliseconds: Int64 = 3_600_000
    /// What brokers have where a topic has no setting of its own.
    private static let segmentMilliseconds: Int64 = 604_800_000
    private static let tombstoneMilliseconds: Int64 = 86_400_000

    /// Nothing: no time is set.
    private let compactionMilliseconds: Int64?
    private let retentionMilliseconds: Int64?
    private let tombstoneMilliseconds: Int64

    /// - Parameter config: by Kafka's names; empty where the broker tells nothing.
    package init(config: [String: String]) {
        func milliseconds(_ name: String) -> Int64? {
            guard let value = config[name].flatMap(Int64.init), value >= 0, value < Int64.max else { return nil }
            return value
        }
        let policies = (config["cleanup.policy"] ?? "").split(separator: ",").map { $0.drop { $0 == " " } }
        compactionMilliseconds = policies.contains("compact") ? milliseconds("max.compaction.lag.ms") : nil
        // A file goes as a whole, once the last record in it may go; it may be written to for so long.
        let segment = milliseconds("segment.ms") ?? Self.segmentMilliseconds
        retentionMilliseconds = policies.contains("delete") ? milliseconds("retention.ms").map { Self.sum($0, segment) } : nil
        tombstoneMilliseconds = milliseconds("delete.retention.ms") ?? Self.tombstoneMilliseconds
    }

    /// When what was written before a moment is gone; nothing where no setting says so.
    package func records(before moment: Timestamp) -> Timestamp? { Self.date(moment, retentionMilliseconds) }

    /// When an older record of a key is gone that a tombstone followed at a moment.
    package func superseded(at moment: Timestamp) -> Timestamp? { Self.date(moment, [compactionMilliseconds, retentionMilliseconds].compactMap(\.self).min()) }

    /// When the tombstone itself is gone, and with it the key: it outlasts a round of compaction, stays, and goes with a later one.
    package func tombstone(at moment: Timestamp) -> Timestamp? {
        let compacted = compactionMilliseconds.map { Self.sum(Self.sum($0, tombstoneMilliseconds), $0) }
        return Self.date(moment, [compacted, retentionMilliseconds].compactMap(\.self).min())
    }

    private static func date(_ moment: Timestamp, _ milliseconds: Int64?) -> Timestamp? {
        guard let milliseconds else { return nil }
        let (microseconds, isTooLong) = sum(milliseconds, slackMilliseconds).multipliedReportingOverflow(by: 1000)
        guard !isTooLong, microseconds < latest - moment.microsecondsSinceEpoch else { return nil }
        return Timestamp(microsecondsSinceEpoch: moment.microsecondsSinceEpoch + microseconds)
    }

    private static func sum(_ one: Int64, _ other: Int64) -> Int64 { one.addingReportingOverflow(other).overflow ? .max : one + other }

    /// The year 9999: past it nothing is a date.
    private static let latest: Int64 = 253_370_764_800_000_000
}
