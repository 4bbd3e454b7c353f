/// How a web server is spoken to.
package enum WebScheme: String, Sendable, Hashable {
    case http, https

    /// Where no port is named (RFC 9110, 4.2).
    package var defaultPort: UInt16 { self == .http ? 80 : 443 }
}
