/// Why a record can never succeed: the contract's rule 5.
package enum RejectionCode: String, CaseIterable, Sendable, Hashable {
    case malformedEnvelope = "malformed_envelope"
    case malformedData = "malformed_data"
    case unknownType = "unknown_type"
    case keyMismatch = "key_mismatch"
    case unknownTenant = "unknown_tenant"
    case tooLarge = "too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case invalidText = "invalid_text"
    case parseFailed = "parse_failed"
    case parseLimit = "parse_limit"
    case encrypted
    case referenceRefused = "reference_refused"
    case referenceFailed = "reference_failed"
    case embeddingRejected = "embedding_rejected"
    case quotaExceeded = "quota_exceeded"
}

/// A record refused for good: its code, where on its way, and a fixed reason.
///
/// - Invariant: `message` is written in this program; nothing of the record is in it.
package struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where on a record's way it was refused; `__dlq.errors.stage`.
    package enum Stage: String, Sendable, Hashable {
        case envelope, data, fetch, parse, prepare, embed, write
    }

    package let code: RejectionCode
    package let stage: Stage
    package let message: String

    package init(_ code: RejectionCode, _ stage: Stage, _ message: StaticString) {
        self.code = code
        self.stage = stage
        self.message = "\(message)"
    }

    /// A rejection as it was stored by an earlier worker, on its way out.
    package init(stored code: RejectionCode, message: String) {
        self.code = code
        stage = .write
        self.message = message
    }

    package var description: String { "\(code.rawValue) (\(stage.rawValue)): \(message)" }
}

extension Rejection {
    static func envelope(_ message: StaticString) -> Self { Self(.malformedEnvelope, .envelope, message) }
    static func data(_ message: StaticString) -> Self { Self(.malformedData, .data, message) }
    static func text(_ message: StaticString) -> Self { Self(.invalidText, .data, message) }
    static func size(_ message: StaticString) -> Self { Self(.tooLarge, .data, message) }
}
