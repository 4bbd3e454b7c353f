import Access
import Contract
import Index
import Testing

/// The verdict of `Access`, some forty lines of Swift, and what the policies let through are one rule.
@Suite(.needsDatabase) struct VerdictTests {
    @Test func `the verdict equals the policy for every list of up to three principals`() async throws {
        try await World.with { world async throws in
            let house = House(world)
            try await house.publish()
            for asker in House.askers {
                let claims = Access.Claims(user: asker.user, groups: asker.groups, memberships: House.memberships)
                let documents = house.documents
                let visible = try await world.visible(
                    documents.map(\.subject), to: Set([asker.user, .everyone] + asker.groups).map(\.text))
                for (document, isShown) in zip(documents, visible) {
                    let list = AccessWalk.list(ofDocument: Subject(document.subject)!, in: document.container.flatMap(Subject.init)) { house.entries[$0] }
                    #expect(isShown == isVisible(under: list, to: claims), "\(document) to \(asker.user.text) in \(asker.groups.map(\.text))")
                }
            }
        }
    }
}

/// Every list, on a document, on its container and on its container's parent; and every way of having none.
private struct House {
    struct Document {
        let subject: String
        let container: String?
    }

    struct Asker {
        let user: Principal
        let groups: [Principal]
    }

    /// alice is in `team`, which is in `org`; `shut` could not be read and is in `around`, and so is carol.
    static let memberships: [Principal: GroupState] = [
        principal("group:wiki/team"): .members([principal("user:alice")]),
        principal("group:wiki/org"): .members([principal("group:wiki/team"), principal("group:wiki/loop")]),
        principal("group:wiki/loop"): .members([principal("group:wiki/org")]),
        principal("group:wiki/shut"): .closed,
        principal("group:wiki/around"): .members([principal("group:wiki/shut"), principal("user:carol")]),
    ]
    static let listed = ["user:alice", "everyone", "group:wiki/team", "group:wiki/org", "group:wiki/shut", "group:wiki/around"].map(principal)
    static let askers = [
        Asker(user: principal("user:alice"), groups: []),
        Asker(user: principal("user:alice"), groups: [principal("group:wiki/shut")]),
        Asker(user: principal("user:bob"), groups: []),
        Asker(user: principal("user:bob"), groups: [principal("group:wiki/team"), principal("group:elsewhere/none")]),
        Asker(user: principal("user:bob"), groups: [principal("group:wiki/loop")]),
        Asker(user: principal("user:carol"), groups: []),
    ]

    let world: World
    private(set) var entries: [Subject: AccessEntry] = [:]
    private(set) var documents: [Document] = []

    init(_ world: World) {
        self.world = world
        for (index, list) in Self.lists.enumerated() {
            add("own\(index)", .list(list), in: "closing")
            add("box\(index)", .list(list))
            add("inside\(index)", nil, in: "box\(index)")
            add("inner\(index)", .parent(Subject("box\(index)")!))
            add("nested\(index)", nil, in: "inner\(index)")
        }
        let open = AccessEntry.list(AccessList(allow: [.everyone]))
        add("closing", .list(AccessList(allow: [])))
        add("open", open)
        add("unreadable", .unreadable, in: "open")
        add("unreadable-box", .unreadable)
        add("in-unreadable-box", nil, in: "unreadable-box")
        add("below-unreadable", .parent(Subject("unreadable-box")!))
        add("in-below-unreadable", nil, in: "below-unreadable")
        for (container, parent) in [("a", "b"), ("b", "c"), ("c", "a"), ("self", "self"), ("orphan", "nowhere"), ("into-cycle", "a")] {
            add(container, .parent(Subject(parent)!))
            add("in-\(container)", nil, in: container)
            add("own-in-\(container)", open, in: container)
        }
        add("nothing", nil)
        add("in-nothing", nil, in: "never-mentioned")
        add("in-itself", .parent(Subject("open")!), in: "in-itself")
        add("parent-means-nothing", .parent(Subject("open")!))
    }

    private mutating func add(_ subject: String, _ entry: AccessEntry?, in container: String? = nil) {
        documents.append(Document(subject: subject, container: container))
        if let entry, let key = Subject(subject) { entries[key] = entry }
    }

    func publish() async throws {
        let permissions = entries.map { subject, entry -> PermissionChange in
            let statement: PermissionChange.Statement =
                switch entry {
                case .list(let list): .stated(PermissionsChanged(list: list, parent: nil))
                case .parent(let parent): .stated(PermissionsChanged(list: nil, parent: parent))
                case .unreadable: .unreadable
                }
            return PermissionChange(name: world.name(subject.text), version: world.version(0), statement: statement)
        }
        let memberships = Self.memberships.map { group, state -> MembershipChange in
            let name = world.name(String(group.text.drop { $0 != "/" }.dropFirst()))
            switch state {
            case .members(let members): return MembershipChange(name: name, version: world.version(0), statement: .members(Array(members)))
            case .closed: return MembershipChange(name: name, version: world.version(0), statement: .unreadable)
            }
        }
        // Half of the entries before the documents, half after them.
        let half = permissions.count / 2
        try await world.register(permissions: Array(permissions[..<half]), memberships: memberships)
        for start in stride(from: 0, to: documents.count, by: 500) {
            let batch = documents[start..<min(start + 500, documents.count)]
            let version = world.version(1)
            try await world.index(
                facts: batch.map { world.exists($0.subject, version, in: $0.container) },
                batch.map { world.content($0.subject, version, "", in: $0.container) })
        }
        try await world.register(permissions: Array(permissions[half...]))
    }

    /// Up to three of the principals, each allowed, denied or both.
    private static let lists: [AccessList] = {
        var lists = [AccessList(allow: [])]
        func extend(_ list: AccessList, from first: Int, named: Int) {
            guard named < 3 else { return }
            for index in first..<listed.count {
                for (isAllowed, isDenied) in [(true, false), (false, true), (true, true)] {
                    let longer = AccessList(allow: list.allow + (isAllowed ? [listed[index]] : []), deny: list.deny + (isDenied ? [listed[index]] : []))
                    lists.append(longer)
                    extend(longer, from: index + 1, named: named + 1)
                }
            }
        }
        extend(AccessList(allow: []), from: 0, named: 0)
        return lists
    }()
}

private func principal(_ text: String) -> Principal { Principal(text)! }
