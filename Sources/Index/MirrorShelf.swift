import Contract

/// Whose documents a mirror is of, as which generation made them.
struct MirrorKey: Hashable, Sendable {
    let tenant: TenantID
    let generation: Int32
}

/// Which mirrors there are, which are being read, and whose turn it is to leave.
///
/// Of a tenant there may be several: of the generation that is live, as far as its askers have seen, and spares, of the one that is expected to be or of the one
/// that was. Spares have what room the others leave.
struct MirrorShelf {
    private struct Place {
        var mirrored: Mirrored?
        var byteCount = 0
        var isUnderWay = false
        /// As a spare that was under way it found no room, or lost it: it ends as soon as it asks for more.
        var isGivenUp = false
        var readAt: ContinuousClock.Instant?
        /// Not read again before then.
        var restsUntil: ContinuousClock.Instant?
    }

    private struct Places {
        /// The generation that was live when the tenant was last asked about.
        var shown: Int32?
        var usedAt = 0
        var byGeneration: [Int32: Place] = [:]
    }

    /// After a failure, so that queries do not load a database that is unwell.
    private static let failureRest = Duration.seconds(10)
    /// Reading a tenant only to find that it does not fit costs as much as any load.
    private static let tooLargeRest = Duration.seconds(600)
    /// How far behind a spare may be that is about to be shown: whoever asks then looks at what changed since beside it.
    private static let spareAge = Duration.seconds(2)
    /// A spare that is older has to be read anew in any case, or soon: the log of changes reaches back no further.
    private static let spareLife = Duration.seconds(50 * 60)

    private let byteLimit: Int
    private var tenants: [TenantID: Places] = [:]
    private var uses = 0

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    var byteCount: Int { tenants.values.reduce(0) { $0 + $1.byGeneration.values.reduce(0) { $0 + $1.byteCount } } }

    private subscript(key: MirrorKey) -> Place? {
        get { tenants[key.tenant]?.byGeneration[key.generation] }
        set {
            tenants[key.tenant, default: Places(usedAt: uses)].byGeneration[key.generation] = newValue
            if tenants[key.tenant]?.byGeneration.isEmpty == true { tenants[key.tenant] = nil }
        }
    }

    private func isShown(_ key: MirrorKey) -> Bool { tenants[key.tenant]?.shown == key.generation }

    /// - Returns: first that of the generation last shown.
    mutating func use(_ tenant: TenantID, at now: ContinuousClock.Instant) -> [Mirrored] {
        uses += 1
        tenants[tenant]?.usedAt = uses
        for (generation, place) in tenants[tenant]?.byGeneration ?? [:] {
            let spare = MirrorKey(tenant: tenant, generation: generation)
            if !isShown(spare), !place.isUnderWay, let readAt = place.readAt, readAt + Self.spareLife <= now { self[spare] = nil }
        }
        guard let places = tenants[tenant] else { return [] }
        let mirrors = places.byGeneration.values.compactMap(\.mirrored)
        return mirrors.filter { $0.generation == places.shown } + mirrors.filter { $0.generation != places.shown }
    }

    mutating func show(_ tenant: TenantID, _ generation: Int32) {
        guard tenants[tenant]?.shown != generation else { return }
        tenants[tenant, default: Places(usedAt: uses)].shown = generation
        // As a spare it may have found no room: now it is its turn.
        let key = MirrorKey(tenant: tenant, generation: generation)
        if self[key]?.isUnderWay == false { self[key]?.restsUntil = nil }
    }

    /// What is there, without counting as a use.
    func peek(_ key: MirrorKey) -> Mirrored? { self[key]?.mirrored }

    /// Whether a spare is missing, or falls behind.
    func isDue(_ key: MirrorKey, at now: ContinuousClock.Instant) -> Bool {
        self[key]?.readAt.map { $0 + Self.spareAge <= now } ?? true
    }

    /// - Returns: whether to read it: not where it is under way, or rests.
    mutating func begin(_ key: MirrorKey, at now: ContinuousClock.Instant) -> Bool {
        var place = self[key] ?? Place()
        guard !place.isUnderWay, place.restsUntil.map({ $0 <= now }) ?? true else { return false }
        place.isUnderWay = true
        place.restsUntil = nil
        self[key] = place
        return true
    }

    /// A load that is under way ends by itself: it finds no tenant.
    mutating func forget(_ tenant: TenantID) {
        for generation in tenants[tenant]?.byGeneration.keys.map(\.self) ?? [] {
            let key = MirrorKey(tenant: tenant, generation: generation)
            if self[key]?.isUnderWay == false { self[key] = nil }
        }
    }

    /// Its mirror is of no more use; what takes its place is under way.
    mutating func drop(_ key: MirrorKey) {
        self[key]?.mirrored = nil
        self[key]?.byteCount = 0
    }

    /// Makes room for a mirror of this size.
    /// - Returns: whether there is any, once all have left that may.
    mutating func grow(_ key: MirrorKey, to bytes: Int) -> Bool {
        guard self[key]?.isGivenUp == false else { return false }
        self[key]?.byteCount = bytes
        while byteCount > byteLimit {
            guard let next = leaving(for: key) else {
                if !isShown(key) { self[key]?.isGivenUp = true }
                return false
            }
            if self[next]?.isUnderWay == true {
                drop(next)
                self[next]?.isGivenUp = true
            } else {
                self[next] = nil
            }
        }
        return true
    }

    /// Who makes room for another: spares first, in the order in which their tenants were asked about. Nothing that is shown gives way to a spare, or is
    /// interrupted; nor do spares of one generation, or they would push each other out in turns.
    private func leaving(for key: MirrorKey) -> MirrorKey? {
        var next: (key: MirrorKey, turn: (Int, Int))?
        for (tenant, places) in tenants {
            for (generation, place) in places.byGeneration where place.byteCount > 0 {
                let other = MirrorKey(tenant: tenant, generation: generation)
                let mayLeave =
                    isShown(key) ? !isShown(other) || !place.isUnderWay : !isShown(other) && !place.isUnderWay && generation != key.generation
                let turn = (isShown(other) ? 1 : 0, places.usedAt)
                if other != key, mayLeave, next.map({ turn < $0.turn }) ?? true { next = (other, turn) }
            }
        }
        return next?.key
    }

    /// - Parameter mirrored: nothing: there is no such tenant or generation any more.
    mutating func finish(_ key: MirrorKey, _ mirrored: Mirrored?, at now: ContinuousClock.Instant) {
        guard let mirrored, mirrored.generation == key.generation else {
            self[key] = nil
            return
        }
        guard grow(key, to: mirrored.mirror.byteCount) else { return fail(key, isTooLarge: true, at: now) }
        self[key] = Place(mirrored: mirrored, byteCount: mirrored.mirror.byteCount, readAt: now)
    }

    /// What was there stays, unless there is no room for it.
    mutating func fail(_ key: MirrorKey, isTooLarge: Bool, at now: ContinuousClock.Instant) {
        let before = self[key] ?? Place()
        var place = Place()
        if !isTooLarge, let mirrored = before.mirrored {
            (place.mirrored, place.byteCount, place.readAt) = (mirrored, mirrored.mirror.byteCount, before.readAt)
        }
        // Shown meanwhile: now it is its turn.
        if !(before.isGivenUp && isShown(key)) { place.restsUntil = now + (isTooLarge ? Self.tooLargeRest : Self.failureRest) }
        self[key] = place
    }
}
