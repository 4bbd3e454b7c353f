/// Why a document could not be read. Carries nothing of the document.
package struct ParsingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One for each rejection code of the contract that content can cause.
    package enum Code: String, Sendable, CaseIterable {
        case unsupportedMediaType = "unsupported_media_type"
        case invalidText = "invalid_text"
        case parseFailed = "parse_failed"
        case parseLimit = "parse_limit"
        /// More bytes than a document may have.
        case tooLarge = "too_large"
        case encrypted = "encrypted"
    }

    package let code: Code
    package let reason: StaticString

    package init(_ code: Code, _ reason: StaticString) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "\(code.rawValue): \(reason)" }

    package static func == (left: ParsingError, right: ParsingError) -> Bool {
        left.code == right.code && left.description == right.description
    }
}
