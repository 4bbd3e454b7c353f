import Contract
import Postgres

/// What a tenant may have at most; nothing set is no limit.
package struct TenantQuota: Sendable, Hashable {
    package var documents: Int64?
    /// Of extracted text.
    package var bytes: Int64?
    /// Embedded on one day, in UTC.
    package var tokens: Int64?

    package init(documents: Int64? = nil, bytes: Int64? = nil, tokens: Int64? = nil) {
        self.documents = documents
        self.bytes = bytes
        self.tokens = tokens
    }

    fileprivate var detail: JSON {
        func limit(_ value: Int64?) -> JSON { value.map { .number(Int($0)) } ?? .string("none") }
        return .object(["documents": limit(documents), "bytes": limit(bytes), "tokens": limit(tokens)])
    }
}

/// A tenant as it stands.
package struct TenantRecord: Sendable {
    package enum State: String, Sendable {
        case active, suspended
        /// Marked: nobody is answered, its events are of no tenant, and its rows are being removed, or were until somebody stopped that.
        case deleting
        case deleted
    }

    /// What the live generation has of it.
    package struct Usage: Sendable, Hashable {
        package let documents: Int64
        package let bytes: Int64
    }

    package let tenant: TenantID
    package let number: TenantNumber
    package let state: State
    /// When it came to that; nothing while it is active.
    package let since: Timestamp?
    package let quota: TenantQuota
    /// Nothing without a quota: only of tenants with one is it counted.
    package let usage: Usage?
    /// Whether what was there before the quota is in it.
    package let isCounted: Bool
    package let tokensToday: Int64
    package let pausedSources: Int
}

/// What belongs to a tenant, in numbers.
package struct TenantSize: Sendable, Hashable {
    package let documents: Int64
    package let permissions: Int64
    package let groups: Int64
    /// Of all generations.
    package let renditions: Int64
    package let waiting: Int64
}

/// A source of a tenant.
package struct SourceRecord: Sendable {
    package let source: String
    package let documents: Int64
    /// Put off until it is resumed, of all generations.
    package let waiting: Int64
    package let pausedAt: Timestamp?
}

extension AdministrationStore {
    /// By name, with those that were deleted; a name may have been used before.
    package func tenantRecords(_ tenant: TenantID? = nil) async throws -> [TenantRecord] {
        try await read { try Self.records(tenant, $0) }
    }

    /// - Returns: nothing where there is none, or it was deleted.
    package func tenantRecord(_ tenant: TenantID) async throws -> TenantRecord? { try await tenantRecords(tenant).first }

    private static func records(_ tenant: TenantID?, _ session: Session) throws -> [TenantRecord] {
        let rows = try session.execute(.tenantStandings, [.text(tenant?.text)])
        return try (0..<rows.count).compactMap { row in
            guard let tenant = TenantID(try rows.string(row, 0)) else { return nil }
            let (suspended, deleted, removed) = (try rows.moment(row, 1), try rows.moment(row, 2), try rows.moment(row, 3))
            let usage = try rows.optionalInt64(row, 7).map { TenantRecord.Usage(documents: $0, bytes: try rows.int64(row, 8)) }
            return TenantRecord(
                tenant: tenant, number: TenantNumber(try rows.int32(row, 11)),
                state: removed != nil ? .deleted : deleted != nil ? .deleting : suspended != nil ? .suspended : .active,
                since: removed ?? deleted ?? suspended,
                quota: TenantQuota(
                    documents: try rows.optionalInt64(row, 4), bytes: try rows.optionalInt64(row, 5), tokens: try rows.optionalInt64(row, 6)),
                usage: try usage ?? (rows.bool(row, 12) ? TenantRecord.Usage(documents: 0, bytes: 0) : nil), isCounted: try rows.bool(row, 9),
                tokensToday: try rows.optionalInt64(row, 10) ?? 0, pausedSources: Int(try rows.int64(row, 13)))
        }
    }

    package func size(of tenant: TenantID) async throws -> TenantSize? {
        try await read { session in
            let rows = try session.execute(.tenantSize, [.text(tenant.text)])
            guard rows.count == 1 else { return nil }
            return TenantSize(
                documents: try rows.int64(0, 0), permissions: try rows.int64(0, 1), groups: try rows.int64(0, 2), renditions: try rows.int64(0, 3),
                waiting: try rows.int64(0, 4))
        }
    }

    /// Changes a tenant beside nobody who writes for it: waits for what has begun, and what begins later sees the change.
    ///
    /// - Parameter body: returns whether there was anything to change.
    private func change(
        _ tenant: TenantID, _ action: AuditEntry.Action, _ detail: [String: JSON], _ body: @escaping @Sendable (Session) throws -> Bool
    ) async throws -> Bool {
        try await write { session in
            _ = try session.execute(.tenantLock, [.text(tenant.text)])
            guard try body(session) else { return false }
            try AuditLog.append(audit(action, tenant, detail), session)
            return true
        }
    }

    /// From its end on every query and access check of the tenant is refused.
    /// - Returns: whether it was active.
    package func suspend(_ tenant: TenantID, reason: String) async throws -> Bool {
        try await change(tenant, .tenantSuspend, ["reason": .string(reason)]) {
            try $0.execute(.tenantSuspend, [.text(tenant.text)]).affectedCount > 0
        }
    }

    /// - Returns: whether it was suspended, and is not being erased.
    package func resume(_ tenant: TenantID, reason: String) async throws -> Bool {
        try await change(tenant, .tenantResume, ["reason": .string(reason)]) {
            try $0.execute(.tenantResume, [.text(tenant.text)]).affectedCount > 0
        }
    }

    // MARK: sources

    package func sources(of tenant: TenantID) async throws -> [SourceRecord] {
        try await read { session in
            let rows = try session.execute(.sourceList, [.text(tenant.text)])
            return try (0..<rows.count).map { row in
                SourceRecord(
                    source: try rows.string(row, 0), documents: try rows.int64(row, 1), waiting: try rows.int64(row, 2),
                    pausedAt: try rows.moment(row, 3))
            }
        }
    }

    /// From its end on documents of the source wait.
    /// - Returns: whether it was not paused.
    package func pause(_ source: SourceName, of tenant: TenantID, reason: String) async throws -> Bool {
        try await change(tenant, .sourcePause, ["source": .string(source.text), "reason": .string(reason)]) {
            try $0.execute(.sourcePause, [.text(tenant.text), .text(source.text)]).affectedCount > 0
        }
    }

    /// What waited for the source is due.
    /// - Returns: how many documents; nothing where it was not paused.
    package func resume(_ source: SourceName, of tenant: TenantID, reason: String) async throws -> Int? {
        try await write { session in
            _ = try session.execute(.tenantLock, [.text(tenant.text)])
            guard try session.execute(.sourceResume, [.text(tenant.text), .text(source.text)]).affectedCount > 0 else { return nil }
            let count = try session.execute(
                .deferredRelease, [.text(tenant.text), .text(DeferralCause.source.rawValue), .text(source.text)]
            ).affectedCount
            let detail: [String: JSON] = ["source": .string(source.text), "reason": .string(reason), "documents": .number(count)]
            try AuditLog.append(audit(.sourceResume, tenant, detail), session)
            return count
        }
    }

    // MARK: quotas

    /// - Returns: how many documents that waited for the budget of tokens are due.
    package func setQuota(_ quota: TenantQuota, of tenant: TenantRecord, reason: String?) async throws -> Int {
        let released = try await write { session in
            _ = try session.execute(.tenantLock, [.text(tenant.tenant.text)])
            let number = Parameter.int4(tenant.number.value)
            let rows = try session.execute(.tenantQuotaWrite, [number, .int8(quota.documents), .int8(quota.bytes), .int8(quota.tokens)])
            if try rows.bool(0, 0) { _ = try session.execute(.tenantUsageBegin, [number]) }
            var detail = ["quota": quota.detail]
            if let reason { detail["reason"] = .string(reason) }
            try AuditLog.append(audit(.tenantQuota, tenant.tenant, detail), session)
            guard quota.tokens != tenant.quota.tokens else { return 0 }
            return try session.execute(
                .deferredRelease, [.text(tenant.tenant.text), .text(DeferralCause.budget.rawValue), .null(.text)]
            ).affectedCount
        }
        try await countUsage(of: tenant.number)
        return released
    }

    /// Adds what was there before triggers counted, once whatever had begun before is over. Nobody waits for it: until it is done no limit holds.
    ///
    /// - Throws: `IndexError.busy` where a transaction does not end.
    private func countUsage(of tenant: TenantNumber) async throws {
        let moment = try await write { try $0.execute(.tenantUsageMoment, [.null(.text)]).string(0, 0) }
        let deadline = ContinuousClock.now + Self.patience
        while try await !write({ try $0.execute(.tenantUsageMoment, [.text(moment)]).bool(0, 1) }) {
            guard ContinuousClock.now < deadline else { throw IndexError.busy }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await write { _ = try $0.execute(.tenantUsageCount, [.int4(tenant.value)]) }
    }

    /// Longer than any transaction of Sluice's workers.
    private static let patience = Duration.seconds(60)
}
