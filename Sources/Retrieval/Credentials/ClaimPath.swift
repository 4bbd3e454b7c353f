import Contract

/// Where a claim stands in a token: the whole name of a top-level one (`groups`, `https://sso.example/tenant`), or with a first `/` a JSON Pointer
/// (RFC 6901) into nested objects (`/realm_access/roles`).
///
/// Names of claims hold dots and slashes in the field, so neither could part the steps of a path without one standing for two.
package struct ClaimPath: Sendable, Hashable {
    private let names: [String]

    /// Nothing where the text is empty, or a pointer out of form.
    package init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/") else {
            guard !text.isEmpty else { return nil }
            names = [text]
            return
        }
        var names: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let escapes = part.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
            guard !part.isEmpty, escapes.allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") }) else { return nil }
            names.append(String(part.replacing("~1", with: "/").replacing("~0", with: "~")))
        }
        self.names = names
    }

    /// The claim; nothing where it is missing.
    func value(in claims: JSONObject) -> JSON? {
        var value = JSON.object(claims)
        for name in names {
            guard let member = value.object?.members.first(where: { $0.name.hasSameBytes(as: name) }) else { return nil }
            value = member.value
        }
        return value
    }
}
