import Contract
import Mirror
import Postgres
import Synchronization

/// The mirrors of the tenants that are asked about, within a bound on their memory: where one does not fit, those least recently asked about leave, and a
/// tenant that does not fit alone is searched by rows.
///
/// Nothing is read ahead or watched: a query that finds its tenant without a mirror, or a mirror behind the index, has it read, and is answered meanwhile
/// from what there is. A query never waits.
package final class Mirrors: Sendable {
    private let loader: MirrorLoader
    private let state: Mutex<State>
    private let onFailure: @Sendable (any Error) -> Void

    private struct State {
        var shelf: MirrorShelf
        var loads: [TenantID: Task<Void, Never>] = [:]
    }

    /// - Parameters:
    ///   - pool: a connection in the role `sluice_retrieval` for loads alone.
    ///   - byteLimit: what all mirrors together may hold.
    ///   - onFailure: told why a load failed; the tenant is searched by rows, and after a while its mirror is tried for again.
    package init(pool: PostgresPool, byteLimit: Int, onFailure: @escaping @Sendable (any Error) -> Void) {
        loader = MirrorLoader(pool: pool)
        state = Mutex(State(shelf: MirrorShelf(byteLimit: byteLimit)))
        self.onFailure = onFailure
    }

    package var byteCount: Int { state.withLock { $0.shelf.byteCount } }

    /// The tenant's mirror, which may be behind the index by what the log of changes tells.
    func mirrored(_ tenant: TenantID) -> Mirrored? {
        state.withLock { $0.shelf.use(tenant) }
    }

    /// Lets go of what is held of a tenant that is not answered.
    func forget(_ tenant: TenantID) { state.withLock { $0.shelf.forget(tenant) } }

    /// Has the mirror read, or brought up to date, unless that is under way or was given up lately.
    /// - Returns: the load that is under way.
    @discardableResult
    package func renew(_ tenant: TenantID) -> Task<Void, Never>? {
        state.withLock { state in
            if state.shelf.begin(tenant, at: .now) { state.loads[tenant] = Task { await run(tenant) } }
            return state.loads[tenant]
        }
    }

    private func run(_ tenant: TenantID) async {
        let claims = Claims(tenant: tenant, principals: [])
        do {
            var next = try await refreshed(tenant, claims)
            if next == nil {
                // Freed before the next is read: nobody here holds it any more, and queries only until they are answered.
                state.withLock { $0.shelf.drop(tenant) }
                next = try await loader.load(claims) { [self] bytes in state.withLock { $0.shelf.grow(tenant, to: bytes) } }
            }
            state.withLock { $0.shelf.finish(tenant, next, at: .now) }
        } catch {
            state.withLock { $0.shelf.fail(tenant, isTooLarge: error is MirrorLoader.Failure, at: .now) }
            if !(error is MirrorLoader.Failure) { onFailure(error) }
        }
        state.withLock { $0.loads[tenant] = nil }
    }

    /// - Returns: nothing where there is none yet, or it cannot be brought up to date: another generation is live, or it is too far behind.
    private func refreshed(_ tenant: TenantID, _ claims: Claims) async throws -> Mirrored? {
        guard let mirrored = state.withLock({ $0.shelf.peek(tenant) }) else { return nil }
        return try await loader.refresh(mirrored, claims)
    }
}

/// Which mirrors there are, which are being read, and whose turn it is to leave.
struct MirrorShelf {
    private struct Place {
        var mirrored: Mirrored?
        var byteCount = 0
        var isUnderWay = false
        var usedAt = 0
        /// Not read again before then.
        var restsUntil: ContinuousClock.Instant?
    }

    /// After a failure, so that queries do not load a database that is unwell.
    private static let failureRest = Duration.seconds(10)
    /// Reading a tenant only to find that it does not fit costs as much as any load.
    private static let tooLargeRest = Duration.seconds(600)

    private let byteLimit: Int
    private var places: [TenantID: Place] = [:]
    private var uses = 0

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    var byteCount: Int { places.values.reduce(0) { $0 + $1.byteCount } }

    mutating func use(_ tenant: TenantID) -> Mirrored? {
        uses += 1
        places[tenant]?.usedAt = uses
        return places[tenant]?.mirrored
    }

    /// What is there, without counting as a use.
    func peek(_ tenant: TenantID) -> Mirrored? { places[tenant]?.mirrored }

    /// - Returns: whether to read it: not where it is under way, or rests.
    mutating func begin(_ tenant: TenantID, at now: ContinuousClock.Instant) -> Bool {
        var place = places[tenant] ?? Place(usedAt: uses)
        guard !place.isUnderWay, place.restsUntil.map({ $0 <= now }) ?? true else { return false }
        place.isUnderWay = true
        place.restsUntil = nil
        places[tenant] = place
        return true
    }

    /// A load that is under way ends by itself: it finds no tenant.
    mutating func forget(_ tenant: TenantID) {
        if places[tenant]?.isUnderWay == false { places[tenant] = nil }
    }

    /// Its mirror is of no more use; what takes its place is under way.
    mutating func drop(_ tenant: TenantID) {
        places[tenant]?.mirrored = nil
        places[tenant]?.byteCount = 0
    }

    /// Makes room for a mirror of this size.
    /// - Returns: whether there is any, once all others have left that are not being read.
    mutating func grow(_ tenant: TenantID, to bytes: Int) -> Bool {
        places[tenant]?.byteCount = bytes
        while byteCount > byteLimit {
            let idle = places.filter { $0.key != tenant && !$0.value.isUnderWay && $0.value.byteCount > 0 }
            guard let last = idle.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return false }
            places[last.key] = nil
        }
        return true
    }

    mutating func finish(_ tenant: TenantID, _ mirrored: Mirrored?, at now: ContinuousClock.Instant) {
        guard let mirrored else {
            places[tenant] = nil
            return
        }
        guard grow(tenant, to: mirrored.mirror.byteCount) else { return fail(tenant, isTooLarge: true, at: now) }
        places[tenant]?.mirrored = mirrored
        places[tenant]?.isUnderWay = false
    }

    /// What was there stays, unless there is no room for it.
    mutating func fail(_ tenant: TenantID, isTooLarge: Bool, at now: ContinuousClock.Instant) {
        var place = Place(usedAt: places[tenant]?.usedAt ?? uses)
        if !isTooLarge, let mirrored = places[tenant]?.mirrored { (place.mirrored, place.byteCount) = (mirrored, mirrored.mirror.byteCount) }
        place.restsUntil = now + (isTooLarge ? Self.tooLargeRest : Self.failureRest)
        places[tenant] = place
    }
}
