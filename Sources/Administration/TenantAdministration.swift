import Contract
import Index

/// Registers tenants, and takes them away.
package struct TenantAdministration: Sendable {
    package let store: AdministrationStore
    private let topics: TopicAdministration

    package init(store: AdministrationStore, topics: TopicAdministration) {
        self.store = store
        self.topics = topics
    }

    /// Makes the tenant's topics, then registers it, so that nothing is answered before there is a place to answer. May be repeated.
    /// - Parameter isReused: also where a tenant of this name was deleted, and not erased.
    /// - Returns: whether the tenant is new, and the topics that were missing.
    /// - Throws: `AdministrationError.beingDeleted`, `AdministrationError.nameWasUsed`.
    package func create(_ tenant: TenantID, isReused: Bool = false) async throws -> (isNew: Bool, topics: [String]) {
        let record = try await store.tenantRecord(tenant)
        if record?.state == .deleting { throw AdministrationError.beingDeleted }
        if record == nil, !isReused, let date = try await store.formerTenant(tenant) { throw AdministrationError.nameWasUsed(date) }
        let made = try await topics.apply(for: tenant)
        return (try await store.createTenant(tenant), made)
    }

    package func list() async throws -> [TenantID] { try await store.tenants() }

    /// - Throws: `AdministrationError.unknownTenant`.
    package func record(_ tenant: TenantID) async throws -> TenantRecord {
        guard let record = try await store.tenantRecord(tenant) else { throw AdministrationError.unknownTenant }
        return record
    }

    /// As `record`, of a tenant that is not being deleted.
    /// - Throws: `AdministrationError`.
    package func standing(_ tenant: TenantID) async throws -> TenantRecord {
        let record = try await record(tenant)
        guard record.state != .deleting else { throw AdministrationError.beingDeleted }
        return record
    }

    /// The topics that are the tenant's alone and that the broker has: its results and statuses, and input topics of its own.
    package func topics(of tenant: TenantID) async throws -> [String] { try await topics.present(for: tenant) }

    /// Deletes a tenant: the mark first, then rows, then topics. Stopped anywhere, it goes on when it is asked for again.
    package func delete(_ tenant: TenantRecord, reason: String, onProgress: (Int) -> Void) async throws -> (rows: Int, topics: [String]) {
        try await remove(try await mark(tenant, reason: reason), onProgress: onProgress)
    }

    /// Marks a tenant: nobody of it is answered and its events are nobody's from the mark's commit on, which waits for what has begun.
    package func mark(_ tenant: TenantRecord, reason: String) async throws -> TenantRecord {
        _ = try await store.beginDeletion(of: tenant.tenant, reason: reason)
        return try await record(tenant.tenant)
    }

    /// Removes what a marked tenant has.
    ///
    /// - Parameter beforeEnd: what is to be done while the name still leads to it; told the rows by table, and the topics.
    package func remove(
        _ marked: TenantRecord, onProgress: (Int) -> Void, beforeEnd: ([String: Int], [String]) async throws -> Void = { _, _ in }
    ) async throws -> (rows: Int, topics: [String]) {
        let removed = try await store.removeRows(of: marked, onProgress: onProgress)
        let gone = try await topics.delete(for: marked.tenant)
        try await beforeEnd(removed, gone)
        try await store.endDeletion(of: marked, removed: removed, topics: gone)
        return (removed.values.reduce(0, +), gone)
    }
}
