import Contract
import Postgres

/// How long documents of a tenant, or of one source of it, are kept.
package struct RetentionRule: Sendable, Hashable {
    /// Since a document was modified, or else published.
    package var ageDays: Int?
    /// Since its newest event.
    package var unseenDays: Int?

    package init(ageDays: Int? = nil, unseenDays: Int? = nil) {
        self.ageDays = ageDays
        self.unseenDays = unseenDays
    }

    fileprivate var isNone: Bool { ageDays == nil && unseenDays == nil }

    fileprivate var detail: [String: JSON] {
        func days(_ value: Int?) -> JSON { value.map { .number($0) } ?? .string("none") }
        return ["ageDays": days(ageDays), "unseenDays": days(unseenDays)]
    }
}

/// A rule as it was set.
package struct RetentionRecord: Sendable {
    /// Nothing: every source that has no limit of its own.
    package let source: SourceName?
    package let rule: RetentionRule
    package let actor: String
    package let reason: String
    package let setAt: Timestamp
}

/// A document that is not kept any longer.
package struct DueDocument: Sendable {
    package enum Cause: String, Sendable, CaseIterable {
        case expired, age, unseen
    }

    fileprivate let document: Int64
    package let key: RecordKey
    package let cause: Cause
    /// Of the version in force, and where its record stands.
    package let sequence: SequenceNumber?
    package let topic: String
    package let partition: Int32
    package let incarnation: Int32
    package let offset: Int64
}

/// A deletion that is being published, or was when a process died: what its topic has of the document from `start` on may be newer.
package struct PendingDeletion: Sendable {
    fileprivate let document: Int64
    package let key: RecordKey
    package let topic: String
    package let incarnation: Int32
    package let partition: Int32
    package let start: Int64
    fileprivate let judged: (incarnation: Int32, offset: Int64, sequence: SequenceNumber?)
    /// Of one that a process left.
    package let notedAt: Timestamp?

    /// - Parameters:
    ///   - incarnation: of the topic that it is written to.
    ///   - start: what stands before it has been judged.
    package init(_ due: DueDocument, incarnation: Int32, start: Int64) {
        (document, key, topic, partition) = (due.document, due.key, due.topic, due.partition)
        (self.incarnation, self.start) = (incarnation, start)
        judged = (due.incarnation, due.offset, due.sequence)
        notedAt = nil
    }

    fileprivate init(
        document: Int64, key: RecordKey, topic: String, incarnation: Int32, partition: Int32, start: Int64,
        judged: (incarnation: Int32, offset: Int64, sequence: SequenceNumber?), notedAt: Timestamp
    ) {
        (self.document, self.key, self.topic, self.partition) = (document, key, topic, partition)
        (self.incarnation, self.start, self.judged, self.notedAt) = (incarnation, start, judged, notedAt)
    }

    /// Whether a record of the same key is newer than the version that is deleted.
    package func isOlder(than sequence: SequenceNumber?, at offset: Int64) -> Bool {
        guard incarnation > judged.incarnation || offset > judged.offset else { return false }
        guard let mine = judged.sequence, let sequence else { return true }
        return sequence > mine
    }
}

/// Some documents of a tenant, one after another.
package struct DocumentWindow: Sendable, Hashable {
    /// Those after this one,
    let after: Int64
    /// up to this one.
    let through: Int64

    package static let first = DocumentWindow(after: 0, through: 0)

    /// Whatever follows: behind the last document nothing should be.
    package var rest: DocumentWindow { DocumentWindow(after: through, through: .max) }
}

/// By when what is past a limit is due.
package struct RetentionClock: Sendable {
    let now: Timestamp
    /// How long past its expiry a document, which nobody is shown any more, is left alone.
    let grace: Duration

    package init(now: Timestamp, grace: Duration) {
        self.now = now
        self.grace = grace
    }
}

extension AdministrationStore {
    /// Documents of one look: some milliseconds.
    private static let documentsAtOnce: Int32 = 5000

    package func retentionRules(of tenant: TenantID) async throws -> [RetentionRecord] {
        try await read { try Self.rules(tenant, $0) }
    }

    private static func rules(_ tenant: TenantID, _ session: Session) throws -> [RetentionRecord] {
        let rows = try session.execute(.retentionRuleList, [.text(tenant.text)])
        return try (0..<rows.count).map { row in
            RetentionRecord(
                source: SourceName(try rows.string(row, 0)),
                rule: RetentionRule(
                    ageDays: try rows.optionalInt32(row, 1).map(Int.init), unseenDays: try rows.optionalInt32(row, 2).map(Int.init)),
                actor: try rows.string(row, 3), reason: try rows.string(row, 4), setAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 5)))
        }
    }

    /// - Parameter source: nothing: every source that has no limit of its own.
    package func setRetention(_ rule: RetentionRule, of tenant: TenantID, source: SourceName?, reason: String) async throws {
        try await write { [self] session in
            try set(rule, tenant, source, reason, session)
            var detail = rule.detail
            if let source { detail["source"] = .string(source.text) }
            detail["reason"] = .string(reason)
            try AuditLog.append(audit(.tenantRetention, tenant, detail), session)
        }
    }

    private func set(_ rule: RetentionRule, _ tenant: TenantID, _ source: SourceName?, _ reason: String, _ session: Session) throws {
        let key: [Parameter] = [.text(tenant.text), .text(source?.text ?? "")]
        guard !rule.isNone else {
            _ = try session.execute(.retentionRuleDelete, key)
            return
        }
        let limits: [Parameter] = [.int4(rule.ageDays.map(Int32.init(clamping:))), .int4(rule.unseenDays.map(Int32.init(clamping:)))]
        _ = try session.execute(.retentionRuleWrite, key + limits + [.text(actor), .text(reason)])
    }

    /// How many documents of the tenant would be due if this rule were in force. Nothing is kept of it.
    package func preview(_ rule: RetentionRule, of tenant: TenantRecord, source: SourceName?, _ clock: RetentionClock) async throws -> Int {
        do {
            try await write { [self] session in
                try set(rule, tenant.tenant, source, "", session)
                var (window, count) = (DocumentWindow.first, 0)
                while let next = try Self.window(of: tenant.number, after: window, session) {
                    window = next
                    count += try Self.due(tenant, window, clock, session).count
                }
                throw Preview(count: count)
            }
            return 0
        } catch let preview as Preview {
            return preview.count
        }
    }

    private struct Preview: Error {
        let count: Int
    }

    // MARK: what is due

    /// The next documents of a tenant after some; nothing where there are none.
    package func window(of tenant: TenantRecord, after last: DocumentWindow) async throws -> DocumentWindow? {
        try await read { try Self.window(of: tenant.number, after: last, $0) }
    }

    static func window(of tenant: TenantNumber, after last: DocumentWindow, _ session: Session) throws -> DocumentWindow? {
        let rows = try session.execute(.documentWindow, [.int4(tenant.value), .int8(last.through), .int4(documentsAtOnce)])
        return try rows.optionalInt64(0, 0).map { DocumentWindow(after: last.through, through: $0) }
    }

    /// Documents that are past their expiry, or past a limit of their tenant or source.
    package func due(_ tenant: TenantRecord, in window: DocumentWindow, _ clock: RetentionClock) async throws -> [DueDocument] {
        try await read { try Self.due(tenant, window, clock, $0) }
    }

    private static func due(_ tenant: TenantRecord, _ window: DocumentWindow, _ clock: RetentionClock, _ session: Session) throws -> [DueDocument] {
        let rows = try session.execute(
            .retentionDue,
            [
                .int4(tenant.number.value), .int8(window.after), .int8(window.through), .timestamptz(microseconds: clock.now.microsecondsSinceEpoch),
                .int8(Int64(clock.grace / .milliseconds(1))),
            ])
        return try (0..<rows.count).compactMap { row in
            // What is no name of the contract is nobody's document.
            guard let source = SourceName(try rows.string(row, 1)), let subject = Subject(try rows.string(row, 2)) else { return nil }
            guard let cause = DueDocument.Cause(rawValue: try rows.string(row, 8)) else { throw IndexError.inconsistent }
            return DueDocument(
                document: try rows.int64(row, 0), key: RecordKey(tenant: tenant.tenant, source: source, subject: subject), cause: cause,
                sequence: try rows.optionalInt64(row, 3).map(SequenceNumber.init), topic: try rows.string(row, 4), partition: try rows.int32(row, 5),
                incarnation: try rows.int32(row, 6), offset: try rows.int64(row, 7))
        }
    }
}

// MARK: deletions that are being published

extension AdministrationStore {
    /// Before they are published.
    package func note(_ deletions: [PendingDeletion], of tenant: TenantRecord) async throws {
        let parameters: [Parameter] = [
            .int4(tenant.number.value), .int8Array(deletions.map(\.document)), .int4Array(deletions.map(\.incarnation)),
            .int4Array(deletions.map(\.partition)), .int8Array(deletions.map(\.start)), .int4Array(deletions.map(\.judged.incarnation)),
            .int8Array(deletions.map(\.judged.offset)), .int8Array(deletions.map { $0.judged.sequence?.value }),
        ]
        try await write { _ = try $0.execute(.retentionDeletionWrite, parameters) }
    }

    /// Those that nobody has come to the end of.
    package func pendingDeletions(of tenant: TenantRecord) async throws -> [PendingDeletion] {
        try await read { session in
            let rows = try session.execute(.retentionDeletionList, [.int4(tenant.number.value)])
            return try (0..<rows.count).compactMap { row in
                guard let source = SourceName(try rows.string(row, 1)), let subject = Subject(try rows.string(row, 2)) else { return nil }
                return PendingDeletion(
                    document: try rows.int64(row, 0), key: RecordKey(tenant: tenant.tenant, source: source, subject: subject), topic: try rows.string(row, 3),
                    incarnation: try rows.int32(row, 4), partition: try rows.int32(row, 5), start: try rows.int64(row, 6),
                    judged: (try rows.int32(row, 7), try rows.int64(row, 8), try rows.optionalInt64(row, 9).map(SequenceNumber.init)),
                    notedAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 10)))
            }
        }
    }

    /// They are published, and whatever was newer behind them.
    package func end(_ deletions: [PendingDeletion], of tenant: TenantRecord) async throws {
        try await write { _ = try $0.execute(.retentionDeletionEnd, [.int4(tenant.number.value), .int8Array(deletions.map(\.document))]) }
    }
}
