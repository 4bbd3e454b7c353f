import Contract
import Index

/// Registers tenants.
package struct TenantAdministration: Sendable {
    private let store: AdministrationStore
    private let topics: TopicAdministration

    package init(store: AdministrationStore, topics: TopicAdministration) {
        self.store = store
        self.topics = topics
    }

    /// Makes the tenant's topics, then registers it, so that nothing is answered before there is a place to answer. May be repeated.
    /// - Returns: whether the tenant is new, and the topics that were missing.
    package func create(_ tenant: TenantID) async throws -> (isNew: Bool, topics: [String]) {
        let made = try await topics.apply(for: tenant)
        return (try await store.createTenant(tenant), made)
    }

    package func list() async throws -> [TenantID] { try await store.tenants() }
}
