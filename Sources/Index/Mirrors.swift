import Contract
import Postgres
import Synchronization

/// The mirrors of the tenants that are asked about, within a bound on their memory: where one does not fit, those least recently asked about leave, and a
/// tenant that does not fit alone is searched by rows.
///
/// Nothing is watched: a query that finds its tenant without a mirror, or a mirror behind the index, has it read, and is answered meanwhile from what there
/// is. A query never waits. Ahead is read only what is about to be asked for: of a generation that is expected to go live, where there is room for it.
package final class Mirrors: Sendable {
    private let loader: MirrorLoader
    private let aheadLoader: MirrorLoader
    private let state: Mutex<State>
    private let onFailure: @Sendable (any Error) -> Void

    private struct State {
        var shelf: MirrorShelf
        var loads: [MirrorKey: Task<Void, Never>] = [:]
        /// One at a time, so that none waits for the connection unseen.
        var isPreparing = false
    }

    /// - Parameters:
    ///   - pool: a connection in the role `sluice_retrieval` for loads alone.
    ///   - ahead: likewise, for what is read ahead, so that it holds up nobody; nothing: the same.
    ///   - byteLimit: what all mirrors together may hold.
    ///   - onFailure: told why a load failed; the tenant is searched by rows, and after a while its mirror is tried for again.
    package init(pool: PostgresPool, ahead: PostgresPool? = nil, byteLimit: Int, onFailure: @escaping @Sendable (any Error) -> Void) {
        loader = MirrorLoader(pool: pool)
        aheadLoader = MirrorLoader(pool: ahead ?? pool)
        state = Mutex(State(shelf: MirrorShelf(byteLimit: byteLimit)))
        self.onFailure = onFailure
    }

    package var byteCount: Int { state.withLock { $0.shelf.byteCount } }

    /// Reads the mirror of what is live, or brings it up to date, and returns once it is there or has been given up.
    package func ready(_ tenant: TenantID) async throws {
        guard let live = try await loader.live(Claims(tenant: tenant, principals: [])) else { return }
        show(tenant, live)
        await renew(tenant, live)?.value
    }

    /// The tenant's mirrors, which may be behind the index by what the log of changes tells: first that of the generation it was last asked about.
    func mirrored(_ tenant: TenantID) -> [Mirrored] {
        state.withLock { $0.shelf.use(tenant, at: .now) }
    }

    /// Says which generation is live.
    func show(_ tenant: TenantID, _ live: ScopedGeneration) { state.withLock { $0.shelf.show(tenant, live.number) } }

    /// Lets go of what is held of a tenant that is not answered.
    func forget(_ tenant: TenantID) { state.withLock { $0.shelf.forget(tenant) } }

    /// Has the mirror of the live generation read, or brought up to date, unless that is under way or was given up lately.
    /// - Returns: the load that is under way.
    @discardableResult
    func renew(_ tenant: TenantID, _ live: ScopedGeneration) -> Task<Void, Never>? {
        let key = MirrorKey(tenant: tenant, generation: live.number)
        return state.withLock { state in
            if state.shelf.begin(key, at: .now) { state.loads[key] = Task { await run(key, live, loader) } }
            return state.loads[key]
        }
    }

    /// Has the mirror of a generation read ahead that is expected to go live, or brought up to date.
    func prepare(_ tenant: TenantID, _ expected: ScopedGeneration) {
        let key = MirrorKey(tenant: tenant, generation: expected.number)
        state.withLock { state in
            guard !state.isPreparing, state.shelf.isDue(key, at: .now), state.shelf.begin(key, at: .now) else { return }
            state.isPreparing = true
            state.loads[key] = Task {
                await run(key, expected, aheadLoader)
                self.state.withLock { $0.isPreparing = false }
            }
        }
    }

    private func run(_ key: MirrorKey, _ generation: ScopedGeneration, _ loader: MirrorLoader) async {
        let claims = Claims(tenant: key.tenant, principals: [])
        do {
            var next = try await refreshed(key, generation, claims, loader)
            if next == nil {
                // Freed before the next is read: nobody here holds it any more, and queries only until they are answered.
                state.withLock { $0.shelf.drop(key) }
                next = try await loader.load(claims, generation) { [self] bytes in state.withLock { $0.shelf.grow(key, to: bytes) } }
            }
            state.withLock { $0.shelf.finish(key, next, at: .now) }
        } catch {
            state.withLock { $0.shelf.fail(key, isTooLarge: error is MirrorLoader.Failure, at: .now) }
            if !(error is MirrorLoader.Failure) { onFailure(error) }
        }
        state.withLock { $0.loads[key] = nil }
    }

    /// - Returns: nothing where there is none yet, or it cannot be brought up to date: it is too far behind.
    private func refreshed(
        _ key: MirrorKey, _ generation: ScopedGeneration, _ claims: Claims, _ loader: MirrorLoader
    ) async throws -> Mirrored? {
        guard let mirrored = state.withLock({ $0.shelf.peek(key) }) else { return nil }
        return try await loader.refresh(mirrored, claims, generation)
    }
}
