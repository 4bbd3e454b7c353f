import Access
import Contract

/// What each asker may see of a suite, by the rule itself rather than by the index that is being judged.
struct Visibility {
    private let lists: [(name: DocumentName, list: AccessList?)]
    private let memberships: [Principal: GroupState]

    init(documents: [Suite.Document], permissions: [Suite.Permission], memberships: [Suite.Membership]) {
        let entries: [DocumentName: AccessEntry] = Dictionary(
            uniqueKeysWithValues: permissions.compactMap { permission in
                (permission.list.map(AccessEntry.list) ?? permission.parent.map(AccessEntry.parent)).map { (permission.subject, $0) }
            })
        lists = documents.map { document in
            let list = AccessWalk.list(ofDocument: document.name.subject, in: document.container) {
                entries[DocumentName(source: document.name.source, subject: $0)]
            }
            return (document.name, list)
        }
        self.memberships = Dictionary(uniqueKeysWithValues: memberships.map { ($0.principal, GroupState.members(Set($0.members))) })
    }

    /// Nothing where it depends on what a token is worth.
    func documents(visibleTo asker: Asker) -> Set<DocumentName>? {
        guard case .named(let user, let groups) = asker else { return nil }
        let claims = Claims(user: user, groups: groups, memberships: memberships)
        return Set(lists.filter { isVisible(under: $0.list, to: claims) }.map(\.name))
    }
}
