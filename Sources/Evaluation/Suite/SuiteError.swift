/// Why a suite, or a report of one, was not taken as it is: the file, the line, and what is wrong there.
///
/// Nothing from the file is repeated but names of members, which are the format's own.
package struct SuiteError: Error, Equatable, CustomStringConvertible {
    /// Relative to the suite's folder.
    package let file: String
    /// From 1; nothing where it is the whole file.
    package let line: Int?
    package let reason: String

    package init(_ file: String, line: Int? = nil, _ reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
