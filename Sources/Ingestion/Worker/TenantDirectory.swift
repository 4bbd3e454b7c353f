import Contract
import Index
import Synchronization

/// The registered tenants, read again when a record names one that is not known yet: registering a tenant takes effect with its next record.
package final class TenantDirectory: Sendable {
    private let store: IngestionStore
    private let tenants: Mutex<[TenantID: TenantNumber]>

    /// - Parameter known: what needs no reading.
    package init(store: IngestionStore, known: [TenantID: TenantNumber] = [:]) {
        self.store = store
        tenants = Mutex(known)
    }

    package subscript(tenant: TenantID) -> TenantNumber? { tenants.withLock { $0[tenant] } }

    /// Makes sure that every one of these tenants that is registered is known.
    package func load(_ named: some Sequence<TenantID>) async throws {
        guard named.contains(where: { self[$0] == nil }) else { return }
        try await reload()
    }

    /// Also forgets those that are registered no longer.
    package func reload() async throws {
        let registered = try await store.tenants()
        tenants.withLock { $0 = registered }
    }
}
