/// Why the server could not start.
package struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Neither an IPv4 nor an IPv6 address in figures.
        case invalidAddress
        case addressInUse
        /// The machine has no such address.
        case addressUnavailable
        /// Ports below 1024 need a privilege.
        case permissionDenied
        case unavailable
    }

    package let code: Code
    package let address: String
    package let port: UInt16

    package var description: String {
        let reason =
            switch code {
            case .invalidAddress: "is not an IPv4 or IPv6 address in figures"
            case .addressInUse: "is taken by another process"
            case .addressUnavailable: "is not an address of this machine"
            case .permissionDenied: "needs a privilege this process lacks"
            case .unavailable: "could not be listened on"
            }
        return "HTTP address \(address) port \(port) \(reason)"
    }
}
