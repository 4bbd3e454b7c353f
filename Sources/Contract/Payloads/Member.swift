/// Reading the members of a payload: `null` is as good as absent, unless a payload says otherwise.
extension JSONObject {
    /// The member, where it is there and not null.
    func present(_ name: StaticString) -> JSON? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }

    /// A member that is text, within a limit in UTF-8 bytes.
    func text(_ name: StaticString, maximumBytes: Int = .max) throws(Rejection) -> String? {
        switch present(name) {
        case nil: return nil
        case .string(let text):
            guard text.utf8.count <= maximumBytes else { throw .size("a field of the data is longer than its limit") }
            return text
        case .unreadableString: throw .text("a field of the data holds U+0000, a lone surrogate, or bytes that are not UTF-8")
        default: throw .data("a field of the data is not a string")
        }
    }

    /// A member that names a container.
    func subject(_ name: StaticString) throws(Rejection) -> Subject? {
        guard let text = try text(name) else { return nil }
        guard let subject = Subject(text) else { throw .data("a container's name is not of 1 to 1,024 bytes") }
        return subject
    }

    /// A member that is an RFC 3339 time.
    func timestamp(_ name: StaticString) throws(Rejection) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        guard let timestamp = Timestamp(rfc3339: text) else { throw .data("a time of the data is not RFC 3339") }
        return timestamp
    }

    /// A member that lists principals; nothing where it is absent. Here `null` is not absence: a list that may have been meant closes.
    func principals(_ name: StaticString) throws(Rejection) -> [Principal]? {
        guard let value = self[name] else { return nil }
        guard let elements = value.array else { throw .data("a list of principals is not an array") }
        guard elements.count <= AccessList.maximumPrincipals else { throw .size("a list names more than 10,000 principals") }
        var principals: [Principal] = []
        principals.reserveCapacity(elements.count)
        for element in elements {
            switch element {
            case .string(let text):
                guard let principal = Principal(text) else { throw .data("a principal is out of form") }
                principals.append(principal)
            case .unreadableString: throw .text("a principal holds U+0000, a lone surrogate, or bytes that are not UTF-8")
            default: throw .data("a principal is not a string")
            }
        }
        return principals
    }
}

extension AccessList {
    /// Of each list: `allow`, `deny`, and a group's members.
    package static let maximumPrincipals = 10_000
}
