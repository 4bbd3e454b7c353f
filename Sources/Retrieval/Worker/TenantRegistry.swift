import Contract
import Index
import Synchronization

/// Which tenants are registered. That one was is kept, so that no question costs a look: what is answered, each snapshot says itself.
final class TenantRegistry: Sendable {
    private let store: RetrievalStore
    private let known = Mutex<Set<TenantID>>([])

    init(store: RetrievalStore) {
        self.store = store
    }

    func isRegistered(_ tenant: TenantID) async throws -> Bool {
        if known.withLock({ $0.contains(tenant) }) { return true }
        return try await standing(of: tenant) != .unregistered
    }

    /// As it is at present.
    func standing(of tenant: TenantID) async throws -> TenantStanding {
        let standing = try await store.standing(of: tenant)
        known.withLock { known in
            if standing == .unregistered { known.remove(tenant) } else { known.insert(tenant) }
        }
        return standing
    }
}
