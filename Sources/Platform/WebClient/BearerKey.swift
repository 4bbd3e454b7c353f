/// The secret a service knows its callers by, sent as a bearer token (RFC 6750).
package struct BearerKey: Sendable, CustomStringConvertible {
    package let header: WebHeader
    package var description: String { "a key" }

    /// Without blanks and line ends around it, as files have them. Nothing where it is empty or would break the header.
    package init?(_ text: String) {
        let key = text.split { $0.isWhitespace }
        guard key.count == 1, let header = WebHeader("Authorization", "Bearer \(key[0])") else { return nil }
        self.header = header
    }
}
