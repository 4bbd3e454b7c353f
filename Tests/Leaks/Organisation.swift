import Access
import Contract

/// One state of an organisation: groups and groups of groups, and documents under every kind of list; and, by the pure verdict, what each asker may see.
struct Organisation: Sendable {
    struct Document: Sendable {
        let subject: Subject
        let container: Subject?
    }

    struct Asker: Sendable {
        let user: Principal
        let groups: [Principal]
    }

    let memberships: [Principal: GroupState]
    /// What is said of documents and containers; a name without an entry has none.
    let entries: [Subject: AccessEntry]
    let documents: [Document]
    private let users: Int
    private let roles: Int

    private static let units = 7

    init(_ matrix: RoleMatrix) {
        (users, roles) = (matrix.roles.count, matrix.permissions.count)
        memberships = Self.memberships(matrix)
        var entries: [Subject: AccessEntry] = [:]
        var documents: [Document] = []
        for permission in 0..<matrix.permissionCount {
            let holders = matrix.permissions.indices.filter { matrix.permissions[$0].contains(permission) }.map(Self.role)
            let unit = Self.unit(permission % Self.units)
            let (box, inner) = (Self.subject("box-\(permission)"), Self.subject("inner-\(permission)"))
            entries[box] = .list(AccessList(allow: holders))
            entries[inner] = .parent(box)
            func add(_ kind: String, in container: Subject? = nil, _ entry: AccessEntry?) {
                let document = Document(subject: Self.subject("\(kind)-\(permission)"), container: container)
                documents.append(document)
                entries[document.subject] = entry
            }
            add("own", .list(AccessList(allow: holders)))
            add("contained", in: box, nil)
            add("nested", in: inner, nil)
            add("own-in-box", in: box, .list(AccessList(allow: [unit])))
            add("but-unit", .list(AccessList(allow: holders, deny: [unit])))
            add("but-user", .list(AccessList(allow: [unit], deny: [Self.user(permission % users)])))
            add("but-closed", .list(AccessList(allow: [.everyone], deny: [permission % 2 == 0 ? Self.closed : Self.aroundClosed])))
            switch permission % 4 {
            case 0: add("odd", .list(AccessList(allow: [])))
            case 1: add("odd", nil)
            case 2: add("odd", .unreadable)
            default: add("odd", .list(AccessList(allow: [.everyone])))
            }
        }
        (self.entries, self.documents) = (entries, documents)
    }

    /// A role is a group of its users. Units are groups of roles: a chain of four, each in the one before, and three that contain each other.
    private static func memberships(_ matrix: RoleMatrix) -> [Principal: GroupState] {
        var groups: [Principal: GroupState] = [closed: .closed, aroundClosed: .members([closed, user(0)])]
        for role in matrix.permissions.indices {
            groups[Self.role(role)] = .members(Set(matrix.roles.indices.filter { matrix.roles[$0].contains(role) }.map(user)))
        }
        let inside = [0: 1, 1: 2, 2: 3, 4: 5, 5: 6, 6: 4]
        for unit in 0..<units {
            let members = matrix.permissions.indices.filter { $0 % (units * 2) == unit }.map(role) + (inside[unit].map { [Self.unit($0)] } ?? [])
            groups[Self.unit(unit)] = .members(Set(members))
        }
        return groups
    }

    /// One of the users, or nobody's; with no groups of a credential, or some that exist, are closed, or are unknown.
    func randomAsker(using random: inout SeededGenerator) -> Asker {
        let user = Int.random(in: 0..<20, using: &random) == 0 ? Self.principal("user:stranger") : Self.user(Int.random(in: 0..<users, using: &random))
        let known = [Self.role(Int.random(in: 0..<roles, using: &random)), Self.unit(Int.random(in: 0..<Self.units, using: &random)), Self.closed]
        let groups = (known + [Self.principal("group:elsewhere/none")]).filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
        return Asker(user: user, groups: groups)
    }

    /// Per document, the verdict.
    func visible(to asker: Asker) -> [Bool] {
        let claims = Access.Claims(user: asker.user, groups: asker.groups, memberships: memberships)
        return documents.map { document in
            isVisible(under: AccessWalk.list(ofDocument: document.subject, in: document.container) { entries[$0] }, to: claims)
        }
    }

    static let source = "leaks"
    private static let closed = principal("group:\(source)/closed")
    private static let aroundClosed = principal("group:\(source)/around-closed")

    private static func user(_ number: Int) -> Principal { principal("user:u\(number)") }
    private static func role(_ number: Int) -> Principal { principal("group:\(source)/role-\(number)") }
    private static func unit(_ number: Int) -> Principal { principal("group:\(source)/unit-\(number)") }
    private static func principal(_ text: String) -> Principal { Principal(text)! }
    private static func subject(_ text: String) -> Subject { Subject(text)! }
}
