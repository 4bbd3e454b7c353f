import Contract

/// What is known of a group.
package enum GroupState: Hashable, Sendable {
    case members(Set<Principal>)
    /// Its record in force could not be read: it contains nobody for allow, everybody for deny.
    case closed
}

/// The principals an asker stands for, in two sets.
///
/// - Invariant: what may allow is among what may deny.
package struct Claims: Hashable, Sendable {
    /// The user, `everyone`, the credential's groups, and every group around any of these; without closed groups and those around them.
    package let mayAllow: Set<Principal>
    /// The same with all closed groups of the tenant and those around them.
    package let mayDeny: Set<Principal>

    package init(mayAllow: Set<Principal>, mayDeny: Set<Principal>) {
        self.mayAllow = mayAllow
        self.mayDeny = mayDeny
    }

    /// Resolves an asker over the memberships of one tenant, nested to any depth, cycles included.
    package init(user: Principal, groups: some Swift.Sequence<Principal>, memberships: [Principal: GroupState]) {
        var around: [Principal: [Principal]] = [:]
        var closed = Set<Principal>()
        for (group, state) in memberships {
            switch state {
            case .members(let members): for member in members { around[member, default: []].append(group) }
            case .closed: closed.insert(group)
            }
        }
        let closedAndAround = Self.closure(of: closed, around)
        let own = Self.closure(of: Set(groups).union([user, .everyone]), around)
        mayAllow = own.subtracting(closedAndAround)
        mayDeny = own.union(closedAndAround)
    }

    /// These principals and every group that contains one of them, directly or through others.
    private static func closure(of principals: Set<Principal>, _ around: [Principal: [Principal]]) -> Set<Principal> {
        var found = principals
        var frontier = Array(principals)
        while let principal = frontier.popLast() {
            for group in around[principal] ?? [] where found.insert(group).inserted { frontier.append(group) }
        }
        return found
    }
}

/// The verdict: whether a document under this list is visible to an asker with these claims.
///
/// Visible if some principal is allowed and none is denied; no list is visible to nobody.
package func isVisible(under list: AccessList?, to claims: Claims) -> Bool {
    guard let list else { return false }
    return list.allow.contains(where: claims.mayAllow.contains) && !list.deny.contains(where: claims.mayDeny.contains)
}
