import Contract
import Index
import Synchronization

/// Which tenants are registered. None is ever unregistered, so each is looked up until it is there.
final class TenantRegistry: Sendable {
    private let store: RetrievalStore
    private let known = Mutex<Set<TenantID>>([])

    init(store: RetrievalStore) {
        self.store = store
    }

    func isRegistered(_ tenant: TenantID) async throws -> Bool {
        if known.withLock({ $0.contains(tenant) }) { return true }
        guard try await !store.registered([tenant]).isEmpty else { return false }
        known.withLock { _ = $0.insert(tenant) }
        return true
    }
}
