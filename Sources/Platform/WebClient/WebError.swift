/// Why there was no answer. Holds nothing of request or answer.
package struct WebError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The name resolves to nothing but addresses that the client does not admit.
        case addressRefused
        case unresolved
        case unreachable
        case timedOut
        /// The certificate is not for this host, or not by an authority that is trusted.
        case untrusted
        /// The connection broke, or TLS did not come about.
        case interrupted
        /// What came is not HTTP, or its head is endless.
        case malformed
        /// The body is larger than was allowed.
        case tooLarge
        case cancelled
        /// The file of certificate authorities cannot be read.
        case certificateAuthorities
        /// The system is out of memory, descriptors or the like.
        case unavailable
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var reason: StaticString {
        switch code {
        case .addressRefused: "the host has no address that may be connected to"
        case .unresolved: "the host's name could not be resolved"
        case .unreachable: "the host could not be connected to"
        case .timedOut: "the time limit has passed"
        case .untrusted: "the host's certificate is not trusted"
        case .interrupted: "the connection broke"
        case .malformed: "the answer is not HTTP"
        case .tooLarge: "the answer is larger than allowed"
        case .cancelled: "the request was cancelled"
        case .certificateAuthorities: "the certificate authorities cannot be read"
        case .unavailable: "the system has no resources left"
        }
    }

    package var description: String { "\(code.rawValue): \(reason)" }
}
