import Contract
import Mirror
import Testing

@testable import Index

/// Whose mirror leaves, and whose stays, where there is not room for all.
struct MirrorShelfTests {
    private static let mirror = {
        var builder = SegmentBuilder(dimension: 4)
        builder.append(document: 1, list: 1, vectors: [1, 0, 0, 0])
        return Mirror([builder.segment()])
    }()
    private static let size = mirror.byteCount

    private static func key(_ tenant: String, _ generation: Int32) -> MirrorKey { MirrorKey(tenant: TenantID(tenant)!, generation: generation) }

    private static func mirrored(_ generation: Int32) -> Mirrored { Mirrored(mirror: mirror, generation: generation, snapshot: "", takenAt: 0) }

    private static func generations(_ tenant: String, _ shelf: MirrorShelf) -> [Int32] {
        var shelf = shelf
        return shelf.use(TenantID(tenant)!, at: .now).map(\.generation)
    }

    private static func begin(_ key: MirrorKey, _ shelf: inout MirrorShelf) -> Bool { shelf.begin(key, at: .now) }

    private static func grow(_ key: MirrorKey, to bytes: Int, _ shelf: inout MirrorShelf) -> Bool { shelf.grow(key, to: bytes) }

    /// - Returns: whether it has found room.
    @discardableResult
    private static func read(_ key: MirrorKey, _ shelf: inout MirrorShelf, at now: ContinuousClock.Instant = .now) -> Bool {
        guard shelf.begin(key, at: now) else { return false }
        shelf.finish(key, mirrored(key.generation), at: now)
        return shelf.peek(key) != nil
    }

    /// Tenants a, b… with their first generation live and mirrored, asked about in this order.
    private static func shelf(_ tenants: [String], room: Int) -> MirrorShelf {
        var shelf = MirrorShelf(byteLimit: room * size)
        for tenant in tenants {
            shelf.show(TenantID(tenant)!, 1)
            read(key(tenant, 1), &shelf)
            _ = shelf.use(TenantID(tenant)!, at: .now)
        }
        return shelf
    }

    @Test func `a spare takes room that is free, and none from what is asked about`() {
        var shelf = Self.shelf(["a", "b"], room: 3)
        #expect(Self.read(Self.key("b", 2), &shelf))
        #expect(!Self.read(Self.key("a", 2), &shelf), "two spares of one generation would push each other out in turns")
        #expect(!Self.begin(Self.key("a", 2), &shelf), "it rests")
        #expect(Self.read(Self.key("a", 3), &shelf), "what was expected before, or was live, is not needed any more")
        #expect(shelf.peek(Self.key("b", 2)) == nil)
        #expect(Self.generations("a", shelf) == [1, 3])
        var full = Self.shelf(["a", "b"], room: 2)
        #expect(!Self.read(Self.key("a", 2), &full))
        #expect(full.peek(Self.key("a", 1)) != nil && full.peek(Self.key("b", 1)) != nil)
        #expect(full.byteCount == 2 * Self.size)
    }

    @Test func `what is shown while it finds that there is no room for a spare is read again at once`() {
        var shelf = Self.shelf(["a", "b"], room: 2)
        let spare = Self.key("a", 2)
        #expect(Self.begin(spare, &shelf))
        #expect(!Self.grow(spare, to: Self.size, &shelf))
        shelf.show(TenantID("a")!, 2)
        shelf.fail(spare, isTooLarge: true, at: .now)
        #expect(Self.read(spare, &shelf))
    }

    @Test func `what found no room as a spare is read at once when it is shown, in place of the one before`() {
        var shelf = Self.shelf(["a", "b"], room: 2)
        #expect(!Self.read(Self.key("a", 2), &shelf))
        #expect(!Self.begin(Self.key("a", 2), &shelf), "it rests")
        shelf.show(TenantID("a")!, 2)
        #expect(Self.read(Self.key("a", 2), &shelf))
        #expect(Self.generations("a", shelf) == [2])
        #expect(shelf.peek(Self.key("b", 1)) != nil)
    }

    @Test func `a spare that is being read gives way to what is asked about, and ends`() {
        var shelf = Self.shelf(["a"], room: 2)
        let spare = Self.key("a", 2)
        #expect(Self.begin(spare, &shelf))
        #expect(Self.grow(spare, to: Self.size, &shelf))
        shelf.show(TenantID("b")!, 1)
        #expect(Self.read(Self.key("b", 1), &shelf))
        #expect(shelf.peek(Self.key("a", 1)) != nil)
        #expect(!Self.grow(spare, to: Self.size + 1, &shelf))
        // Shown before it has ended: it is its turn, and it begins anew.
        shelf.show(TenantID("a")!, 2)
        shelf.fail(spare, isTooLarge: true, at: .now)
        #expect(Self.read(spare, &shelf))
        #expect(shelf.byteCount == 2 * Self.size)
    }

    @Test func `a spare is brought up to date every other second, and goes when the log of changes no longer reaches back to it`() {
        var shelf = Self.shelf(["a"], room: 4)
        let (spare, start) = (Self.key("a", 2), ContinuousClock.now)
        #expect(shelf.isDue(spare, at: start))
        Self.read(spare, &shelf, at: start)
        #expect(!shelf.isDue(spare, at: start + .seconds(1)))
        #expect(shelf.isDue(spare, at: start + .seconds(2)))
        _ = shelf.use(TenantID("a")!, at: start + .seconds(49 * 60))
        #expect(shelf.peek(spare) != nil)
        _ = shelf.use(TenantID("a")!, at: start + .seconds(50 * 60))
        #expect(shelf.peek(spare) == nil && shelf.peek(Self.key("a", 1)) != nil)
    }

    @Test func `where a name belongs to another generation meanwhile, nothing is kept`() {
        var shelf = Self.shelf(["a"], room: 4)
        let spare = Self.key("a", 2)
        #expect(Self.begin(spare, &shelf))
        shelf.finish(spare, Self.mirrored(3), at: .now)
        #expect(Self.generations("a", shelf) == [1])
    }
}
