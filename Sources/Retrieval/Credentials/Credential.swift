import Contract

/// What a checked token says of its holder.
package struct Credential: Sendable, Hashable {
    package let tenant: TenantID
    package let user: Principal
    /// Those of the token alone: what is around them is found where the question is answered.
    package let groups: [Principal]

    package var asker: Asker { .named(user: user, groups: groups) }
}

/// How an issuer's claims name a tenant, a user and groups.
package struct ClaimMapping: Sendable {
    /// The tenant, by its name here or by one of `tenants`.
    package var tenant: ClaimPath
    /// Where it is not empty, no other value of the claim is taken.
    package var tenants: [(value: String, tenant: TenantID)]
    /// Becomes `user:<value>`.
    package var user: ClaimPath
    /// A text or an array of them. A token without it names no groups.
    package var groups: ClaimPath
    /// A group becomes `group:<source>/<value>`; without it every value is a whole principal, `group:okta/staff`.
    package var groupSource: SourceName?
    /// Claims by which an issuer says that it left the groups out; refused unless `false`.
    package var overage: [ClaimPath]

    package init(
        tenant: ClaimPath, tenants: [(value: String, tenant: TenantID)] = [], user: ClaimPath, groups: ClaimPath, groupSource: SourceName?, overage: [ClaimPath]
    ) {
        self.tenant = tenant
        self.tenants = tenants
        self.user = user
        self.groups = groups
        self.groupSource = groupSource
        self.overage = overage
    }

    /// - Throws: `.overage`, `.tenant`, `.user`, `.groups`, `.tooManyGroups`.
    func credential(_ claims: JSONObject) throws(TokenRefusal) -> Credential {
        // An asker without some of the groups may see more: a list may deny them.
        guard overage.allSatisfy({ [nil, .bool(false)].contains($0.value(in: claims)) }) else { throw .overage }
        guard let name = tenant.value(in: claims)?.string, let tenant = self.tenant(named: name) else { throw .tenant }
        guard let name = user.value(in: claims)?.string, !name.isEmpty, let user = Principal("user:\(name)") else { throw .user }
        return Credential(tenant: tenant, user: user, groups: try groups(claims))
    }

    private func tenant(named name: String) -> TenantID? {
        tenants.isEmpty ? TenantID(name) : tenants.first { $0.value.hasSameBytes(as: name) }?.tenant
    }

    private func groups(_ claims: JSONObject) throws(TokenRefusal) -> [Principal] {
        let names: [JSON]
        switch groups.value(in: claims) {
        case nil: return []
        case .array(let elements): names = elements
        case .string(let name): names = [.string(name)]
        default: throw .groups
        }
        guard names.count <= Asker.maximumGroups else { throw .tooManyGroups }
        var groups: [Principal] = []
        groups.reserveCapacity(names.count)
        for name in names {
            let text = name.string.map { text in groupSource.map { "group:\($0.text)/\(text)" } ?? text }
            guard let group = text.flatMap(Principal.init), group.kind == .group else { throw .groups }
            groups.append(group)
        }
        return groups
    }
}
