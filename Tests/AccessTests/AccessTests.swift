import Access
import Contract
import Testing

struct AccessTests {
    private let user = Principal("user:alice")!
    private let staff = Principal("group:okta/staff")!
    private let other = Principal("user:bob")!

    /// Every way to put up to three principals on a list (allowed, denied, both) against every set of claims, decided twice.
    @Test func `the verdict over every list of up to three principals`() {
        let principals = [user, staff, other, .everyone]
        var lists = 0
        for (allow, deny) in pairs(of: principals) where Set(allow).union(deny).count <= 3 {
            lists += 1
            for (mayAllow, mayDenyToo) in pairs(of: principals) {
                let claims = Claims(mayAllow: Set(mayAllow), mayDeny: Set(mayAllow).union(mayDenyToo))
                var allowed = false
                var denied = false
                for principal in principals {
                    if allow.contains(principal), mayAllow.contains(principal) { allowed = true }
                    if deny.contains(principal), mayAllow.contains(principal) || mayDenyToo.contains(principal) { denied = true }
                }
                #expect(isVisible(under: AccessList(allow: allow, deny: deny), to: claims) == (allowed && !denied))
                #expect(!isVisible(under: nil, to: claims))
            }
        }
        #expect(lists == 256 - 81)  // all pairs of subsets of four, without those that name all four
    }

    @Test func `groups nest to any depth, and cycles do no harm`() {
        let chain = (0..<12).map { group("n\($0)") }
        var memberships: [Principal: GroupState] = [:]
        for (index, principal) in chain.enumerated() { memberships[principal] = .members([index == 0 ? user : chain[index - 1]]) }
        for index in 0..<5 { memberships[group("r\(index)")] = .members([group("r\((index + 1) % 5)")]) }
        memberships[group("self")] = .members([group("self"), user])
        #expect(claims(memberships).mayAllow == Set(chain + [user, .everyone, group("self")]))
        #expect(claims(memberships, groups: [group("r3")]).mayAllow.isSuperset(of: (0..<5).map { group("r\($0)") }))
    }

    @Test func `a closed group contains nobody for allow and everybody for deny, and so do those around it`() {
        let memberships: [Principal: GroupState] = [group("g"): .closed, group("o"): .members([group("g"), user]), group("free"): .members([user])]
        for groups in [[], [group("g")]] {
            let claims = claims(memberships, groups: groups)
            #expect(claims.mayAllow == [user, .everyone, group("free")])
            #expect(claims.mayDeny == [user, .everyone, group("free"), group("g"), group("o")])
        }
    }

    @Test func `a group's tombstone leaves it to the credential`() {
        #expect(claims([:], groups: [staff]).mayAllow == [user, .everyone, staff])
    }

    @Test func `every claim has a way to it that memberships make, from the asker or a closed group`() {
        var random = Seeded(state: 3)
        let groups = (0..<6).map { group("g\($0)") }
        for _ in 0..<500 {
            var memberships: [Principal: GroupState] = [:]
            for principal in groups where Int.random(in: 0..<5, using: &random) > 0 {
                let members = (groups + [user, .everyone]).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
                memberships[principal] = Int.random(in: 0..<6, using: &random) == 0 ? .closed : .members(Set(members))
            }
            let own = groups.filter { _ in Int.random(in: 0..<5, using: &random) == 0 }
            let paths = ClaimPaths(user: user, groups: own, memberships: memberships)
            let mine = claims(memberships, groups: own).mayDeny
            for principal in groups + [user, other, .everyone] {
                let path = paths.path(to: principal)
                #expect(path.isEmpty == !mine.contains(principal) && path.last == (path.isEmpty ? nil : principal))
                guard let first = path.first else { continue }
                #expect(([user, .everyone] + own).contains(first) || memberships[first] == .closed)
                for (member, around) in zip(path, path.dropFirst()) {
                    guard case .members(let members)? = memberships[around] else {
                        Issue.record("a way through a closed group")
                        continue
                    }
                    #expect(members.contains(member))
                }
            }
        }
    }

    @Test func `a walk tells where it ended`() {
        let (leave, a, b) = (Subject("leave")!, Subject("a")!, Subject("b")!)
        let list = AccessList(allow: [.everyone])
        let entries: [Subject: AccessEntry] = [a: .parent(b), b: .parent(a)]
        #expect(AccessWalk.path(ofDocument: leave, in: a) { entries[$0] } == AccessPath(names: [leave, a, b, a], end: .cycle))
        #expect(AccessWalk.path(ofDocument: leave, in: nil) { entries[$0] } == AccessPath(names: [leave], end: .nothing))
        #expect(AccessWalk.path(ofDocument: leave, in: a) { $0 == a ? .unreadable : nil } == AccessPath(names: [leave, a], end: .unreadable))
        #expect(AccessWalk.path(ofDocument: leave, in: a) { $0 == b ? .list(list) : entries[$0] } == AccessPath(names: [leave, a, b], end: .list(list)))
    }

    @Test func `claims are those of a slow search, over random memberships`() {
        var random = Seeded(state: 2)
        let groups = (0..<6).map { group("g\($0)") }
        for _ in 0..<2000 {
            var memberships: [Principal: GroupState] = [:]
            for principal in groups where Int.random(in: 0..<5, using: &random) > 0 {
                let closed = Int.random(in: 0..<6, using: &random) == 0
                memberships[principal] = closed ? .closed : .members(Set((groups + [user, other]).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }))
            }
            let own = [groups.randomElement(using: &random)!]
            let reached = slowClosure([user, .everyone] + own, memberships)
            let closed = slowClosure(memberships.filter { $0.value == .closed }.map(\.key), memberships)
            let found = claims(memberships, groups: own)
            #expect(found.mayAllow == reached.subtracting(closed) && found.mayDeny == reached.union(closed))
        }
    }

    @Test func `a document's own list, else its container's, else the parent's`() throws {
        let list = AccessList(allow: [user])
        let far = AccessList(allow: [other])
        #expect(walk(["d": .list(list), "c": .list(far)], in: "c") == list)
        #expect(walk(["c": .list(list)], in: "c") == list)
        #expect(walk(["c": .parent(subject("p")), "p": .list(list)], in: "c") == list)
        #expect(walk(["d": .parent(subject("elsewhere")), "elsewhere": .list(far), "c": .list(list)], in: "c") == list)
        #expect(walk(["d": .list(AccessList(allow: [])), "c": .list(list)], in: "c") == AccessList(allow: []))
        #expect(walk([:], in: "c") == nil && walk([:], in: nil) == nil && walk(["c": .parent(subject("nowhere"))], in: "c") == nil)
    }

    @Test func `what cannot be read closes, and a cycle of containers has no list`() {
        let list = AccessList(allow: [user])
        #expect(walk(["d": .unreadable, "c": .list(list)], in: "c") == nil)
        #expect(walk(["c": .unreadable], in: "c") == nil)
        #expect(walk(["a": .parent(subject("b")), "b": .parent(subject("a"))], in: "a") == nil)
        #expect(walk(["s": .parent(subject("s"))], in: "s") == nil)
        #expect(walk(["d": .parent(subject("x"))], in: "d") == nil)
    }

    // MARK: - Words

    private func group(_ name: String) -> Principal { Principal("group:okta/\(name)")! }
    private func subject(_ name: String) -> Subject { Subject(name)! }

    private func claims(_ memberships: [Principal: GroupState], groups: [Principal] = []) -> Claims {
        Claims(user: user, groups: groups, memberships: memberships)
    }

    private func walk(_ entries: [String: AccessEntry], in container: String?) -> AccessList? {
        AccessWalk.list(ofDocument: subject("d"), in: container.map(subject)) { entries[$0.text] }
    }

    private func slowClosure(_ start: [Principal], _ memberships: [Principal: GroupState]) -> Set<Principal> {
        var found = Set(start)
        for _ in memberships {
            for (group, state) in memberships {
                if case .members(let members) = state, !members.isDisjoint(with: found) { found.insert(group) }
            }
        }
        return found
    }

    private func pairs(of principals: [Principal]) -> [([Principal], [Principal])] {
        let subsets = (0..<(1 << principals.count)).map { mask in principals.indices.filter { mask >> $0 & 1 == 1 }.map { principals[$0] } }
        return subsets.flatMap { one in subsets.map { (one, $0) } }
    }
}

/// SplitMix64: a seed repeats a run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
