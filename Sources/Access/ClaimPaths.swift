import Contract

/// How an asker comes by each of its principals: for explanations, where ``Claims`` only needs the sets.
package struct ClaimPaths: Sendable {
    /// Whom each principal was reached from; nothing for those a way begins at.
    private let reachedFrom: [Principal: Principal?]

    /// Shortest ways, over the memberships of one tenant: first from what the asker is by itself, then from closed groups.
    package init(user: Principal, groups: some Swift.Sequence<Principal>, memberships: [Principal: GroupState]) {
        var around: [Principal: [Principal]] = [:]
        var closed: [Principal] = []
        for (group, state) in memberships {
            switch state {
            case .members(let members): for member in members { around[member, default: []].append(group) }
            case .closed: closed.append(group)
            }
        }
        var reachedFrom: [Principal: Principal?] = [:]
        for origins in [[user, .everyone] + groups.sorted(), closed.sorted()] {
            var frontier: [Principal] = []
            for origin in origins where reachedFrom.updateValueIfAbsent(nil, forKey: origin) { frontier.append(origin) }
            while !frontier.isEmpty {
                var next: [Principal] = []
                for principal in frontier {
                    for group in (around[principal] ?? []).sorted() where reachedFrom.updateValueIfAbsent(principal, forKey: group) { next.append(group) }
                }
                frontier = next
            }
        }
        self.reachedFrom = reachedFrom
    }

    /// From the asker's own principal, or a closed group, through the groups around it; empty where it is none of the asker's.
    package func path(to principal: Principal) -> [Principal] {
        guard var origin = reachedFrom[principal] else { return [] }
        var path = [principal]
        while let member = origin {
            path.append(member)
            origin = reachedFrom[member] ?? nil
        }
        return path.reversed()
    }
}

extension Dictionary {
    /// - Returns: whether the key is new.
    fileprivate mutating func updateValueIfAbsent(_ value: Value, forKey key: Key) -> Bool {
        guard index(forKey: key) == nil else { return false }
        updateValue(value, forKey: key)
        return true
    }
}
