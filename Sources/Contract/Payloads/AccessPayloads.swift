/// A document's or container's own entry.
package struct PermissionsChanged: Sendable, Hashable {
    /// Nothing: the entry states no list, it only names a parent.
    package let list: AccessList?
    /// Whose list holds where this container states none; on a document it means nothing.
    package let parent: Subject?

    package init(list: AccessList?, parent: Subject?) {
        self.list = list
        self.parent = parent
    }

    /// Unlike elsewhere, a member that is `null` is malformed: an entry nobody can read closes, where absence might open.
    ///
    /// - Throws: `malformed_data`, `invalid_text`, `too_large`.
    init(_ object: JSONObject) throws(Rejection) {
        if let parent = object["parent"], parent.isNull { throw .data("parent is null") }
        let allow = try object.principals("allow")
        let deny = try object.principals("deny")
        parent = try object.subject("parent")
        list = allow == nil && deny == nil ? nil : AccessList(allow: allow ?? [], deny: deny ?? [])
        guard list != nil || parent != nil else { throw .data("the entry has neither allow nor deny nor parent") }
    }
}

/// A group's whole membership.
package struct GroupChanged: Sendable, Hashable {
    package let members: [Principal]

    package init(members: [Principal]) {
        self.members = members
    }

    /// - Throws: `malformed_data`, `invalid_text`, `too_large`.
    init(_ object: JSONObject) throws(Rejection) {
        guard let members = try object.principals("members") else { throw .data("the group has no members array") }
        self.members = members
    }
}
