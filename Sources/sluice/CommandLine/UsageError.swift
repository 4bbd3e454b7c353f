import Configuration

/// The command line is not understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// `what` is none of `known`; says which was probably meant.
    static func unknown(_ what: String, _ word: String, among known: [String]) -> UsageError {
        let hint = nearestName(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
        return UsageError("unknown \(what) \(word)\(hint)")
    }
}
