import Administration
import Contract
import Index
import Testing

/// What an auditor is told agrees with what row-level security does, and says why.
@Suite(.needsDatabase) struct ExplanationTests {
    private static func auditor(_ world: World) -> AccessAuditor {
        AccessAuditor(store: AdministrationStore(pool: IndexRole.admin.pool(url: world.database.url, connections: 1, applicationName: "sluice tests")))
    }

    private static func question(_ document: String, _ user: String, _ groups: [String] = [], at moment: Timestamp? = nil) -> AccessQuestion {
        AccessQuestion(
            tenant: World.tenantID, source: SourceName("wiki")!, document: Subject(document)!, user: Principal(user)!, groups: World.principals(groups),
            moment: moment)
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `an explanation agrees with the policy over random worlds`(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let names = (0..<6).map { "n\($0)" }
        let users = ["user:alice", "user:bob"]
        let groups = (0..<4).map { "group:wiki/g\($0)" }
        try await World.with { world async throws in
            let auditor = Self.auditor(world)
            var next: Int64 = 0
            for round in 0..<30 {
                for _ in 0..<4 {
                    next += 1
                    let name = names.randomElement(using: &random)!
                    let container = Bool.random(using: &random) ? names.randomElement(using: &random) : nil
                    switch Int.random(in: 0..<9, using: &random) {
                    case 0, 1: try await world.upsert(name, world.version(next), "text \(next)", in: container)
                    case 2: try await world.register(facts: [world.exists(name, world.version(next), in: container)])
                    case 3: try await world.register(facts: [world.deleted(name, world.version(next, isDeletion: true))])
                    case 4:
                        try await world.register(permissions: [
                            PermissionChange(
                                name: world.name(name), version: world.version(next), statement: Bool.random(using: &random) ? .removed : .unreadable)
                        ])
                    case 5: try await world.register(permissions: [world.permission(name, next, parent: names.randomElement(using: &random)!)])
                    case 6:
                        let group = groups.randomElement(using: &random)!
                        let members = (users + groups).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
                        let change = MembershipChange(
                            name: world.name(String(group.dropFirst("group:wiki/".count))), version: world.version(next),
                            statement: Int.random(in: 0..<5, using: &random) == 0 ? .unreadable : .members(World.principals(members)))
                        try await world.register(memberships: [change])
                    default:
                        let listed = users + groups + ["everyone"]
                        try await world.register(permissions: [
                            world.permission(
                                name, next, allow: listed.filter { _ in Int.random(in: 0..<3, using: &random) == 0 },
                                deny: listed.filter { _ in Int.random(in: 0..<6, using: &random) == 0 })
                        ])
                    }
                }
                for user in users {
                    let own = groups.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
                    let visible = try await world.visible(names, to: [user, "everyone"] + own)
                    for (name, isShown) in zip(names, visible) {
                        let explanation = try await auditor.explain(Self.question(name, user, own))
                        #expect(explanation.isVisible == isShown, "seed \(seed), round \(round): \(name) to \(user) in \(own)")
                        #expect(!explanation.isInconsistent, "seed \(seed), round \(round): \(name)")
                    }
                }
            }
        }
    }

    @Test func `it says which entry decides, its version, and through which groups`() async throws {
        try await World.with { world async throws in
            try await world.register(
                permissions: [
                    world.permission("space", 1, parent: "top"),
                    world.permission("top", 2, allow: ["group:wiki/staff"], deny: ["group:wiki/leavers", "user:mallory"]),
                ],
                memberships: [
                    MembershipChange(name: world.name("team"), version: world.version(3), statement: .members(World.principals(["user:alice"]))),
                    MembershipChange(name: world.name("staff"), version: world.version(4), statement: .members(World.principals(["group:wiki/team"]))),
                    MembershipChange(name: world.name("shut"), version: world.version(5), statement: .unreadable),
                    MembershipChange(name: world.name("leavers"), version: world.version(6), statement: .members(World.principals(["user:bob"]))),
                ])
            try await world.upsert("leave", world.version(7), "words", in: "space")
            let alice = try await Self.auditor(world).explain(Self.question("leave", "user:alice"))
            #expect(alice.isVisible && alice.rulings.count == 1 && alice.closedGroups.map(\.text) == ["group:wiki/shut"])
            let ruling = try #require(alice.rulings.first)
            #expect(
                ruling.steps.map { "\($0.place) \($0.name.text) \($0.entry.map { "\($0.state) \($0.version.text)" } ?? "none")" } == [
                    "own leave none", "container space parent @0/1", "ancestor top list @0/2",
                ])
            #expect(ruling.steps.last?.entry?.version.since != nil)
            #expect(ruling.allowing.map { $0.through.map(\.text) } == [["user:alice", "group:wiki/team", "group:wiki/staff"]])
            #expect(ruling.denying.isEmpty)

            let bob = try await Self.auditor(world).explain(Self.question("leave", "user:bob", ["group:wiki/staff"]))
            #expect(!bob.isVisible && bob.rulings.first?.denying.map(\.principal.text) == ["group:wiki/leavers"])
            #expect(bob.rulings.first?.allowing.map(\.principal.text) == ["group:wiki/staff"])

            for (document, obstacle) in [("never", AccessExplanation.Obstacle.unknown), ("space", .unknown)] {
                #expect(try await Self.auditor(world).explain(Self.question(document, "user:alice")).obstacles == [obstacle])
            }
            await #expect(throws: AdministrationError.unknownTenant) {
                try await Self.auditor(world).explain(
                    AccessQuestion(
                        tenant: TenantID("nobody")!, source: SourceName("wiki")!, document: Subject("leave")!, user: Principal("user:alice")!, groups: [],
                        moment: nil))
            }
        }
    }

    @Test func `the past is told from the history of entries, groups and facts`() async throws {
        try await World.with { world async throws in
            let auditor = Self.auditor(world)
            var moments: [Timestamp] = []
            func step(_ body: () async throws -> Void) async throws {
                try await body()
                moments.append(try await Self.now(world))
            }
            moments.append(try await Self.now(world))
            try await step { try await world.register(permissions: [world.permission("open", 1, allow: ["everyone"])]) }
            try await step { try await world.upsert("leave", world.version(2), "words", in: "open") }
            try await step { try await world.upsert("leave", world.version(3), "words", in: "shut") }
            try await step { try await world.register(permissions: [world.permission("shut", 4, allow: ["group:wiki/team"])]) }
            try await step {
                try await world.register(memberships: [
                    MembershipChange(name: world.name("team"), version: world.version(5), statement: .members(World.principals(["user:alice"])))
                ])
            }
            try await step {
                try await world.register(memberships: [MembershipChange(name: world.name("team"), version: world.version(6), statement: .removed)])
            }
            try await step { try await world.upsert("leave", world.version(7), "words", in: "open") }
            try await step { try await world.register(facts: [world.deleted("leave", world.version(8, isDeletion: true))]) }
            try await step { try await world.upsert("leave", world.version(9), "words", in: "open") }
            var seen: [Bool] = []
            for moment in moments { seen.append(try await auditor.explain(Self.question("leave", "user:alice", at: moment)).isVisible) }
            #expect(seen == [false, false, true, false, false, true, false, true, false, true])
            #expect(try await auditor.explain(Self.question("leave", "user:alice", at: moments[1])).obstacles == [.unknown])
            #expect(try await auditor.explain(Self.question("leave", "user:alice", at: moments[8])).obstacles == [.deleted])
            // An edit in place writes no history: three states have ended.
            try await world.upsert("leave", world.version(10), "other words", in: "open")
            #expect(try await world.database.withSession { try $0.query("select count(*) from document_change").int64(0, 0) } == 4)
        }
    }

    @Test func `being asked is a line of the audit log`() async throws {
        try await World.with { world async throws in
            _ = try await Self.auditor(world).explain(Self.question("leave", "user:alice"))
            let lines = try await world.database.withSession {
                try $0.strings("select action || ' ' || (detail->>'document') || ' ' || (detail->>'user') from audit_log order by entry desc limit 1")
            }
            #expect(lines == ["access.explain wiki/leave user:alice"])
        }
    }

    private static func now(_ world: World) async throws -> Timestamp {
        let microseconds = try await world.database.withSession { try $0.query("select clock_timestamp()").timestamp(0, 0) }
        return Timestamp(microsecondsSinceEpoch: microseconds)
    }
}
