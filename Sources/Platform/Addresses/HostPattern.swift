/// Web servers that an operator allows: `files.example`, `*.files.example:8443`, `http://intranet`, `[2001:db8::1]`.
///
/// Without a scheme it is `https`; without a port, the scheme's own. `*.` stands for one or more labels, not for none.
package struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    let scheme: WebScheme
    /// In lower case, without a last dot; of a pattern with `*`, what follows it, the dot included.
    let host: String
    let matchesBelow: Bool
    let port: UInt16

    /// Nil where the text has another form; a name with letters beyond ASCII is written as it goes to the name servers (`xn--…`).
    package init?(_ text: some StringProtocol) {
        var rest = text.lowercased()[...]
        var scheme = WebScheme.https
        if let end = rest.firstRange(of: "://") {
            guard let named = WebScheme(rawValue: String(rest[..<end.lowerBound])) else { return nil }
            scheme = named
            rest = rest[end.upperBound...]
        }
        guard let (host, port) = Self.split(rest) else { return nil }
        self.scheme = scheme
        self.port = port ?? scheme.defaultPort
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), let address = IPAddress(host.dropFirst().dropLast()) else { return nil }
            matchesBelow = false
            self.host = address.description
        } else if let address = IPAddress(host), address.version == .v4 {
            matchesBelow = false
            self.host = address.description
        } else {
            let name = host.hasSuffix(".") ? host.dropLast() : host
            matchesBelow = name.hasPrefix("*.")
            self.host = String(matchesBelow ? name.dropFirst() : name)
            guard Self.isName(matchesBelow ? name.dropFirst(2) : name) else { return nil }
        }
    }

    /// - Parameter host: in lower case, without a last dot; an address in its canonical form without brackets.
    package func matches(_ scheme: WebScheme, host: String, port: UInt16) -> Bool {
        guard scheme == self.scheme, port == self.port else { return false }
        return matchesBelow ? host.hasSuffix(self.host) && host.utf8.count > self.host.utf8.count : host == self.host
    }

    package var description: String {
        let shown = matchesBelow ? "*\(host)" : host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? "\(scheme.rawValue)://\(shown)" : "\(scheme.rawValue)://\(shown):\(port)"
    }

    private static func split(_ text: Substring) -> (host: Substring, port: UInt16?)? {
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else { return (text, nil) }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else { return nil }
        return (text[..<colon], port)
    }

    /// Labels of letters, digits, hyphens and underscores. The last one is not a number: that would be another way of writing an address.
    private static func isName(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
        }
        guard areLabels, text.utf8.count <= 253, let last = labels.last else { return false }
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) } && !last.hasPrefix("0x")
    }
}
