import Contract
import Postgres

/// Which of the waiting documents; nothing set is all of them.
package struct DeferredFilter: Hashable, Sendable {
    package var tenant: TenantID?
    /// Byte for byte.
    package var host: String?

    package init(tenant: TenantID? = nil, host: String? = nil) {
        self.tenant = tenant
        self.host = host
    }

    fileprivate var parameters: [Parameter] { [.text(tenant?.text), .text(host)] }

    fileprivate var detail: [String: JSON] {
        var detail: [String: JSON] = [:]
        if let tenant { detail["tenant"] = .string(tenant.text) }
        if let host { detail["host"] = .string(host) }
        return detail
    }
}

/// A document that waits; of one generation, and without its content.
package struct DeferredDocument: Sendable {
    package let tenant: TenantID
    package let generation: String
    package let source: String
    package let document: String
    package let cause: DeferralCause
    /// What it waits for, where it refers to its content.
    package let host: String?
    package let reason: String
    package let attempts: Int
    package let deferredAt: Timestamp
    package let dueAt: Timestamp
    /// Given up: the next worker rejects it.
    package let isAbandoned: Bool
    /// A worker is at it.
    package let isLeased: Bool
}

/// How many documents of a tenant wait for one host.
package struct DeferredCount: Hashable, Sendable {
    package let tenant: TenantID
    package let host: String?
    package let documents: Int
    /// Of these, given up already.
    package let abandoned: Int
    /// Of these, waiting for their source to be resumed.
    package let paused: Int

    package init(tenant: TenantID, host: String?, documents: Int, abandoned: Int, paused: Int = 0) {
        self.tenant = tenant
        self.host = host
        self.documents = documents
        self.abandoned = abandoned
        self.paused = paused
    }
}

extension AdministrationStore {
    /// The waiting documents, those that are due first at the front.
    package func deferred(_ filter: DeferredFilter, limit: Int) async throws -> [DeferredDocument] {
        try await read { session in
            let rows = try session.execute(.deferredList, filter.parameters + [.int4(Int32(clamping: limit))])
            return try (0..<rows.count).compactMap { row in
                guard let tenant = TenantID(try rows.string(row, 0)) else { return nil }
                return DeferredDocument(
                    tenant: tenant, generation: try rows.string(row, 1), source: try rows.string(row, 2), document: try rows.string(row, 3),
                    cause: DeferralCause(rawValue: try rows.string(row, 11)) ?? .reference, host: try rows.optionalString(row, 4),
                    reason: try rows.string(row, 5), attempts: Int(try rows.int32(row, 6)),
                    deferredAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 7)),
                    dueAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 8)), isAbandoned: try rows.bool(row, 9),
                    isLeased: try rows.bool(row, 10))
            }
        }
    }

    package func deferredCounts(_ filter: DeferredFilter) async throws -> [DeferredCount] {
        try await read { session in
            let rows = try session.execute(.deferredCount, filter.parameters)
            return try (0..<rows.count).compactMap { row in
                guard let tenant = TenantID(try rows.string(row, 0)) else { return nil }
                return DeferredCount(
                    tenant: tenant, host: try rows.optionalString(row, 1), documents: Int(try rows.int64(row, 2)), abandoned: Int(try rows.int64(row, 3)),
                    paused: Int(try rows.int64(row, 4)))
            }
        }
    }

    /// Makes them due now; nothing else of them changes.
    /// - Returns: how many.
    package func retryDeferred(_ filter: DeferredFilter) async throws -> Int {
        try await change(.deferredHasten, filter, .deferredRetry)
    }

    /// Gives them up: the next worker rejects each, with a dead letter and an outcome.
    /// - Returns: how many.
    package func dropDeferred(_ filter: DeferredFilter) async throws -> Int {
        try await change(.deferredAbandon, filter, .deferredDrop)
    }

    private func change(_ statement: Statement, _ filter: DeferredFilter, _ action: AuditEntry.Action) async throws -> Int {
        try await write { session in
            let count = try session.execute(statement, filter.parameters).affectedCount
            guard count > 0 else { return 0 }
            try AuditLog.append(audit(action, filter.tenant, filter.detail.merging(["documents": .number(count)]) { $1 }), session)
            return count
        }
    }
}
