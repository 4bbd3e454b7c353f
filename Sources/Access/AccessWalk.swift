import Contract

/// What a document's or container's own entry says.
package enum AccessEntry: Hashable, Sendable {
    /// A list, which ends the walk, and perhaps a parent, which then does not matter.
    case list(AccessList)
    /// No list: a container's parent decides. On a document the parent means nothing.
    case parent(Subject)
    /// The entry in force could not be read: it closes.
    case unreadable
}

/// The way from a document to the list it is under, or to where that was not found.
package struct AccessPath: Hashable, Sendable {
    package enum End: Hashable, Sendable {
        case list(AccessList)
        /// The last name's entry could not be read.
        case unreadable
        /// The last name has no entry, or none that leads on.
        case nothing
        /// The last name is a container that was passed before.
        case cycle
    }

    /// The names whose entries were asked for, the document first.
    package let names: [Subject]
    package let end: End

    package init(names: [Subject], end: End) {
        self.names = names
        self.end = end
    }

    /// Nothing where nobody may see it.
    package var list: AccessList? {
        guard case .list(let list) = end else { return nil }
        return list
    }
}

/// Finds the list a document is under.
package enum AccessWalk {
    /// The document's own list; without one its container's, its container's parent's, and so on.
    ///
    /// - Parameter containers: what the document's facts name. More than one while a newer version is known but not ready; then each of them
    ///   must allow, so walk once for each.
    /// - Parameter entry: the entry of a subject of the document's tenant and source; documents and containers share one name space.
    /// - Returns: nothing where nobody may see it: no list, an unreadable entry, or a walk that comes back to a container it has passed.
    package static func list(ofDocument document: Subject, in container: Subject?, entry: (Subject) -> AccessEntry?) -> AccessList? {
        path(ofDocument: document, in: container, entry: entry).list
    }

    /// The same walk, with every name it passed.
    package static func path(
        ofDocument document: Subject, in container: Subject?, entry: (Subject) throws -> AccessEntry?
    ) rethrows -> AccessPath {
        var names = [document]
        switch try entry(document) {
        case .list(let list)?: return AccessPath(names: names, end: .list(list))
        case .unreadable?: return AccessPath(names: names, end: .unreadable)
        case .parent?, nil: break
        }
        var passed = Set<Subject>()
        var next = container
        while let container = next {
            names.append(container)
            guard passed.insert(container).inserted else { return AccessPath(names: names, end: .cycle) }
            switch try entry(container) {
            case .list(let list)?: return AccessPath(names: names, end: .list(list))
            case .parent(let parent)?: next = parent
            case .unreadable?: return AccessPath(names: names, end: .unreadable)
            case nil: return AccessPath(names: names, end: .nothing)
            }
        }
        return AccessPath(names: names, end: .nothing)
    }
}
