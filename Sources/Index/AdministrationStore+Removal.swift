import Contract
import Postgres

/// A table that holds rows of tenants, as the database's own catalogue knows it: what a later migration adds is among them by itself.
package struct TenantTable: Sendable, Hashable {
    package let name: String
    let pages: Int64
    /// Whether an index leads to a tenant's rows; else they are looked for page by page.
    let isIndexed: Bool

    /// Of one transaction: some hundred milliseconds.
    fileprivate static let (rowsTogether, pagesTogether): (Int64, Int64) = (5000, 4096)

    /// Every table but the registry and the audit, in an order that no reference forbids.
    package static func all(_ session: Session) throws -> [TenantTable] {
        let rows = try session.execute(.tenantTables)
        return try (0..<rows.count).map { row in
            TenantTable(name: try rows.string(row, 0), pages: try rows.int64(row, 1), isIndexed: try rows.bool(row, 2))
        }
    }

    /// Removes some rows of a tenant.
    ///
    /// - Parameter page: to go on from, where no index leads; moves on.
    /// - Returns: how many, and whether there may be more.
    func removeSome(of tenant: TenantNumber, from page: inout Int64, _ session: Session) throws -> (rows: Int, isMore: Bool) {
        let range: [Parameter] = isIndexed ? [.int8(nil), .int8(nil)] : [.int8(page), .int8(Self.pagesTogether)]
        let removed = try session.execute(.tenantRowsRemove, [.text(name), .int4(tenant.value), .int8(Self.rowsTogether)] + range).int64(0, 0)
        page += Self.pagesTogether
        return (Int(removed), isIndexed ? removed == Self.rowsTogether : page < pages)
    }
}

extension AdministrationStore {
    /// The mark: from its commit on nobody of the tenant is answered, its events are of no tenant, and nobody writes for it.
    /// - Returns: whether it is new.
    package func beginDeletion(of tenant: TenantID, reason: String) async throws -> Bool {
        try await write { session in
            _ = try session.execute(.tenantLock, [.text(tenant.text)])
            guard try session.execute(.tenantDelete, [.text(tenant.text)]).affectedCount > 0 else { return false }
            try AuditLog.append(audit(.tenantDelete, tenant, ["tenant": .string(tenant.text), "reason": .string(reason)]), session)
            return true
        }
    }

    /// Removes every row of a tenant that is marked, in many short transactions; whoever begins again goes on where this was stopped.
    ///
    /// - Parameter onProgress: told of rows as they go.
    /// - Returns: rows removed by table.
    package func removeRows(of tenant: TenantRecord, onProgress: (Int) -> Void) async throws -> [String: Int] {
        guard tenant.state == .deleting else { throw IndexError.inconsistent }
        let number = tenant.number
        var removed: [String: Int] = [:]
        while true {
            let tables = try await read { try TenantTable.all($0) }
            var pass = 0
            for table in tables {
                var (page, isMore): (Int64, Bool) = (0, true)
                while isMore {
                    let from = page
                    let (rows, next, more) = try await write { session in
                        var page = from
                        let (rows, isMore) = try table.removeSome(of: number, from: &page, session)
                        return (rows, page, isMore)
                    }
                    (page, isMore) = (next, more)
                    removed[table.name, default: 0] += rows
                    pass += rows
                    onProgress(rows)
                }
            }
            // What a worker of an earlier version wrote meanwhile, and what triggers noted.
            if pass == 0 { break }
        }
        while true {
            let count = try await write {
                try $0.execute(.tenantAnswerTextRemove, [.text(tenant.tenant.text), .int4(Int32(TenantTable.rowsTogether))]).affectedCount
            }
            removed["answer_text", default: 0] += count
            onProgress(count)
            if count == 0 { break }
        }
        return removed.filter { $0.value > 0 }
    }

    /// The tenant's name is free, and its number stays for the audit log.
    package func endDeletion(of tenant: TenantRecord, removed: [String: Int], topics: [String]) async throws {
        try await write { session in
            let detail: [String: JSON] = [
                "tenant": .string(tenant.tenant.text), "rows": .object(removed.mapValues { .number($0) }), "topics": .array(topics.map { .string($0) }),
            ]
            try AuditLog.append(audit(.tenantDeleted, tenant.tenant, detail), session)
            _ = try session.execute(.tenantRemoved, [.text(tenant.tenant.text)])
        }
    }
}
