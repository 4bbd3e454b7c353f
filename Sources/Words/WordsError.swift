/// What was stored about words could not be used.
package struct WordsError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case malformedTerms
        case unknownVersion
        case segmentTooLarge
    }

    package let code: Code
    /// Never text of a document.
    package let reason: StaticString

    package var description: String { "\(code.rawValue): \(reason)" }

    package static func == (one: Self, other: Self) -> Bool { one.code == other.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    static var malformedTerms: WordsError { WordsError(code: .malformedTerms, reason: "the terms of a document are not what was written") }
    static var unknownVersion: WordsError { WordsError(code: .unknownVersion, reason: "the terms of a document have a version this program does not know") }
    static var segmentTooLarge: WordsError { WordsError(code: .segmentTooLarge, reason: "a segment of words outgrew its offsets") }
}
