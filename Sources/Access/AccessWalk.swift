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

/// Finds the list a document is under.
package enum AccessWalk {
    /// The document's own list; without one its container's, its container's parent's, and so on.
    ///
    /// - Parameter containers: what the document's facts name. More than one while a newer version is known but not ready; then each of them
    ///   must allow, so walk once for each.
    /// - Parameter entry: the entry of a subject of the document's tenant and source; documents and containers share one name space.
    /// - Returns: nothing where nobody may see it: no list, an unreadable entry, or a walk that comes back to a container it has passed.
    package static func list(ofDocument document: Subject, in container: Subject?, entry: (Subject) -> AccessEntry?) -> AccessList? {
        switch entry(document) {
        case .list(let list)?: return list
        case .unreadable?: return nil
        case .parent?, nil: break
        }
        var passed = Set<Subject>()
        var next = container
        while let container = next {
            guard passed.insert(container).inserted else { return nil }
            switch entry(container) {
            case .list(let list)?: return list
            case .parent(let parent)?: next = parent
            case .unreadable?, nil: return nil
            }
        }
        return nil
    }
}
