import Contract
import Postgres

/// What administration reads and writes, as the role `sluice_admin`. Every change appends its line to the audit log in its own transaction.
package struct AdministrationStore: Sendable {
    private let pool: PostgresPool
    /// Whom the audit log names.
    package let actor: String

    package init(pool: PostgresPool, actor: String = ProcessOwner.name) {
        self.pool = pool
        self.actor = actor
    }

    /// - Returns: whether the tenant is new.
    package func createTenant(_ tenant: TenantID) async throws -> Bool {
        try await write { session in
            guard try !session.execute(.tenantCreate, [.text(tenant.text)]).isEmpty else { return false }
            try AuditLog.append(audit(.tenantCreate, tenant, ["tenant": .string(tenant.text)]), session)
            return true
        }
    }

    /// When a tenant of this name was deleted, and not erased.
    package func formerTenant(_ tenant: TenantID) async throws -> Timestamp? {
        try await read { session in
            let rows = try session.execute(.tenantFormer, [.text(tenant.text)])
            return rows.isEmpty ? nil : try rows.moment(0, 0)
        }
    }

    package func tenants() async throws -> [TenantID] {
        try await read { session in
            let rows = try session.execute(.tenantList)
            return try (0..<rows.count).compactMap { TenantID(try rows.string($0, 1)) }
        }
    }

    /// Makes the generation where it is missing; the first of all is live at once.
    package func ensureGeneration(name: String, embeddingSpace: String, dimension: Int, chunker: String, parser: String) async throws {
        try await write { session in
            _ = try session.execute(
                .generationCreate, [.text(name), .text(embeddingSpace), .int4(Int32(dimension)), .text(chunker), .text(parser), .text(nil)])
        }
    }

    // MARK: the audit log

    func audit(_ action: AuditEntry.Action, _ tenant: TenantID?, _ detail: [String: JSON]) -> AuditEntry {
        AuditEntry(actor: actor, action: action, tenant: tenant, detail: detail)
    }

    /// Appends a line of something that changes nothing in this database.
    package func record(_ action: AuditEntry.Action, tenant: TenantID?, detail: [String: JSON]) async throws {
        try await write { try AuditLog.append(audit(action, tenant, detail), $0) }
    }

    /// Reads the audit log of admins from its beginning.
    ///
    /// - Parameter known: a head as it was once, to find lines cut off since.
    /// - Returns: what is wrong with it, in order; and its head, nothing where it is empty.
    package func verifyAudit(since known: AuditHead? = nil) async throws -> (flaws: [AuditFlaw], head: AuditHead?) {
        let (flaws, head, _) = try await snapshot { try AuditLog.verify(since: known.map { [$0] } ?? [], $0) }
        return (flaws, head)
    }

    // MARK: sessions

    func read<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withSession(body) }
    }

    func snapshot<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.snapshot(body)
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await pool.withConnection { try await $0.withTransaction(body) }
    }

    /// Of what locks in another order than workers do: begun again where one of both had to give way.
    func writeDespiteDeadlocks<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        for _ in 0..<2 {
            do { return try await write(body) } catch let error as PostgresError where error.sqlState == "40P01" { continue }
        }
        return try await write(body)
    }
}
