/// Why a model cannot be loaded or run. Says nothing of what was embedded, and nothing of what an endpoint answered but its status.
package struct EmbeddingError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A file of the model is absent or cannot be read.
        case modelMissing
        /// A file of the model is cut short, malformed, or of another architecture.
        case modelInvalid
        /// The matrix library refused an operation.
        case computationFailed
        /// The endpoint cannot be reached, is not well, or asks to wait: it passes by itself.
        case endpointUnavailable
        /// The endpoint takes nothing from this client: its key, address, model or other settings are wrong.
        case endpointRefused
        /// The endpoint answers in another form than vectors of the model's space.
        case answerInvalid
        /// The model never takes this text, though it takes others.
        case textRefused
    }

    package let code: Code
    /// What is wrong, never a value from a text.
    package let reason: StaticString
    /// What an endpoint answered with.
    package let status: Int?
    /// How long it asks to be left alone.
    package let retryAfter: Duration?

    package init(_ code: Code, _ reason: StaticString, status: Int? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.reason = reason
        self.status = status
        self.retryAfter = retryAfter
    }

    /// Whether the same call can succeed later.
    package var isRetryable: Bool { code == .endpointUnavailable }

    package var description: String { "\(code.rawValue): \(reason)" + (status.map { " (status \($0))" } ?? "") }

    package static func == (a: Self, b: Self) -> Bool {
        a.code == b.code && a.description == b.description
    }
}
