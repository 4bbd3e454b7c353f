/// Why content could not be had by its reference. Holds nothing of the reference or the content.
package struct ReferenceError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The operator does not allow it (`reference_refused`).
        case refused
        /// It will not be there later either (`reference_failed`).
        case failed
        /// More bytes than a document may have (`too_large`).
        case tooLarge
        /// It may be there later. `retryAfter` is how long the host is to be left alone, where that is known.
        case unavailable(retryAfter: Duration?)
        /// The task was cancelled: nothing is known about the reference.
        case cancelled
    }

    package let kind: Kind
    package let reason: StaticString

    init(_ kind: Kind, _ reason: StaticString) {
        self.kind = kind
        self.reason = reason
    }

    package var description: String {
        let name =
            switch kind {
            case .refused: "refused"
            case .failed: "failed"
            case .tooLarge: "too large"
            case .unavailable: "unavailable"
            case .cancelled: "cancelled"
            }
        return "reference \(name): \(reason)"
    }

    package static func == (left: ReferenceError, right: ReferenceError) -> Bool {
        left.kind == right.kind && left.description == right.description
    }
}

/// Settings that no reference could be fetched with.
package struct ReferenceSetupError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case folder, certificateAuthorities, client
    }

    package let code: Code
    /// The folder or the file, as the operator named it.
    package let path: String

    package var description: String {
        switch code {
        case .folder: "the folder for references \(path) is none, or cannot be reached"
        case .certificateAuthorities: "the certificate authorities \(path) cannot be read"
        case .client: "the HTTP client could not start"
        }
    }
}
