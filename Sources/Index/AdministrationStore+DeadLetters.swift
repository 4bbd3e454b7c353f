import Contract
import Postgres

/// What an admin did with a dead letter.
package enum LetterMark: String, Sendable, Hashable, CaseIterable {
    case redriven, purged
}

/// A topic's number in the database, and since when it is known there.
package struct TopicIncarnation: Hashable, Sendable {
    package let number: Int32
    package let seenAt: Timestamp

    package init(number: Int32, seenAt: Timestamp) {
        self.number = number
        self.seenAt = seenAt
    }
}

extension AdministrationStore {
    /// The number of a topic as it is now on the broker; it is given one where it has none.
    package func incarnation(topic: String, brokerID: String) async throws -> Int32 {
        try await write { try Positions.incarnation(topic: topic, brokerID: brokerID, $0) }
    }

    /// Every incarnation the database knows of these topics, oldest first.
    package func incarnations(of topics: Set<String>) async throws -> [String: [TopicIncarnation]] {
        try await read { session in
            let rows = try session.execute(.topicIncarnationList, [.textArray(topics.sorted())])
            var known: [String: [TopicIncarnation]] = [:]
            for row in 0..<rows.count {
                let seenAt = Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 2))
                known[try rows.string(row, 0), default: []].append(TopicIncarnation(number: try rows.int32(row, 1), seenAt: seenAt))
            }
            return known
        }
    }

    /// The marked letters of one incarnation of the dead-letter topic.
    ///
    /// - Parameter offsets: of each partition that is asked for, the first offset that matters.
    package func marks(incarnation: Int32, from offsets: [Int32: Int64]) async throws -> [LetterID: LetterMark] {
        try await read { session in
            let partitions = offsets.keys.sorted()
            let rows = try session.execute(
                .deadLetterMarkList, [.int4(incarnation), .int4Array(partitions.map { $0 }), .int8Array(partitions.map { offsets[$0] })])
            var marks: [LetterID: LetterMark] = [:]
            marks.reserveCapacity(rows.count)
            for row in 0..<rows.count {
                marks[LetterID(partition: try rows.int32(row, 0), offset: try rows.int64(row, 1))] = LetterMark(rawValue: try rows.string(row, 2))
            }
            return marks
        }
    }

    /// Marks letters, again or anew, and tells the audit log.
    ///
    /// - Parameter detail: what the audit log says beside the letters' number and ends.
    package func mark(
        _ letters: [LetterID], as mark: LetterMark, incarnation: Int32, tenant: TenantID?, detail: [String: JSON]
    ) async throws {
        guard let first = letters.min(), let last = letters.max() else { return }
        let action: AuditEntry.Action =
            switch mark {
            case .redriven: .deadLetterRedrive
            case .purged: .deadLetterPurge
            }
        let whole = detail.merging(
            ["letters": .number(letters.count), "first": .string(first.description), "last": .string(last.description)]) { $1 }
        try await write { session in
            _ = try session.execute(
                .deadLetterMarkWrite,
                [.int4(incarnation), .int4Array(letters.map(\.partition)), .int8Array(letters.map(\.offset)), .text(mark.rawValue), .text(actor)])
            try AuditLog.append(audit(action, tenant, whole), session)
        }
    }

    /// How far a consumer group has come in a topic, by partition; nothing of those it never had.
    package func appliedOffsets(group: String, incarnation: Int32) async throws -> [Int32: Int64] {
        try await read { session in
            let rows = try session.execute(.appliedPositionReached, [.text(group), .int4(incarnation)])
            var offsets: [Int32: Int64] = [:]
            for row in 0..<rows.count { offsets[try rows.int32(row, 0)] = try rows.int64(row, 1) }
            return offsets
        }
    }
}
