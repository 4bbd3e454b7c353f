/// Who asks, as the payload says it.
package enum Asker: Sendable, Hashable {
    /// A signed token; what it is worth is not decided here.
    case token(String)
    /// Read from a payload only where the operator has declared the query topic trusted; else made of a token that has been checked.
    case named(user: Principal, groups: [Principal])
}

/// Which askers are believed.
package enum AskerTrust: Sendable, Hashable {
    /// The topic is trusted: the asker named in the payload is believed. There are no keys to check a token with.
    case named
    /// Signed tokens alone.
    case tokens
}

extension Asker {
    /// Groups one credential may name; a list has ten times as many.
    package static let maximumGroups = 1000

    /// - Throws: `.invalidAsker`, `.tooManyGroups`, `.missingCredential`, `.tokenRefused`, `.askerNotTrusted`.
    init(_ value: JSON?, trust: AskerTrust) throws(QueryError) {
        guard let value, !value.isNull else { throw .missingCredential }
        guard let object = value.object else { throw .invalidAsker }
        guard object["user"] == nil, object["groups"] == nil else {
            self = try Self.named(object, trust: trust)
            return
        }
        guard let token = object.present("token") else { throw .missingCredential }
        guard let text = token.string else { throw .invalidAsker }
        guard trust == .tokens, !text.isEmpty else { throw .tokenRefused }
        self = .token(text)
    }

    private static func named(_ object: JSONObject, trust: AskerTrust) throws(QueryError) -> Asker {
        guard object["token"] == nil, let user = object["user"]?.string.flatMap(Principal.init), user.kind == .user else { throw .invalidAsker }
        var groups: [Principal] = []
        if let value = object.present("groups") {
            guard let names = value.array else { throw .invalidAsker }
            guard names.count <= maximumGroups else { throw .tooManyGroups }
            for name in names {
                guard let group = name.string.flatMap(Principal.init), group.kind == .group else { throw .invalidAsker }
                groups.append(group)
            }
        }
        guard trust == .named else { throw .askerNotTrusted }
        return .named(user: user, groups: groups)
    }
}
