/// Why a model cannot be loaded or run. Says nothing of what was embedded.
package struct EmbeddingError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A file of the model is absent or cannot be read.
        case modelMissing
        /// A file of the model is cut short, malformed, or of another architecture.
        case modelInvalid
        /// The matrix library refused an operation.
        case computationFailed
    }

    package let code: Code
    /// What is wrong, never a value from a text.
    package let reason: StaticString

    package init(_ code: Code, _ reason: StaticString) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "\(code.rawValue): \(reason)" }

    package static func == (a: Self, b: Self) -> Bool {
        a.code == b.code && a.description == b.description
    }
}
