import Foundation
import Testing

/// A table of Tests/Scenarios: events going down, askers going across. Its grammar: Tests/Scenarios/README.md.
struct Scenario: Sendable, CustomTestStringConvertible {
    struct Column: Sendable {
        let user: String
        let groups: [String]
        let document: String
    }

    enum Cell: Sendable, Equatable {
        case unasked, hidden, visible
        /// Visible, with this text.
        case shows(String)
    }

    struct Row: Sendable {
        let event: ScenarioEvent
        /// Nothing: anything but a rejection.
        let outcome: String?
        let cells: [Cell]
        let line: Int
    }

    let file: String
    let title: String
    let columns: [Column]
    let rows: [Row]
    /// Of its own, so that scenarios do not meet.
    let source: String

    var testDescription: String { "\(file): \(title)" }
    var path: String { "\(Self.folder)/\(file)" }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Scenarios").path

    /// Every table of every file but the README.
    static func all() throws -> [Scenario] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") && $0 != "README.md" }.sorted().flatMap { file in
            try parse(String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8), file: file)
        }
    }

    static func parse(_ text: String, file: String) throws -> [Scenario] {
        var scenarios: [Scenario] = []
        var title = ""
        var table: [(line: Int, cells: [String])] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in (lines + [""]).enumerated() {
            if line.hasPrefix("|") {
                let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                table.append((index + 1, cells.map { $0.trimmingCharacters(in: .whitespaces) }))
            } else if !table.isEmpty {
                let name = file.replacing(".md", with: "")
                scenarios.append(try Scenario(table, title: title, file: file, source: "\(name)-\(scenarios.count + 1)"))
                table = []
            }
            if line.hasPrefix("## ") { title = String(line.dropFirst(3)) }
        }
        return scenarios
    }

    private init(_ table: [(line: Int, cells: [String])], title: String, file: String, source: String) throws {
        (self.title, self.file, self.source) = (title, file, source)
        let header = table[0].cells
        let outcome = header.firstIndex(of: "outcome")
        let asked = header.indices.dropFirst().filter { $0 != outcome }
        columns = asked.map { Column(header[$0]) }
        rows = try table.dropFirst(2).map { line, cells in
            guard cells.count == header.count else { throw ScenarioError(file, line, "a row has another number of cells than the header") }
            return Row(
                event: try ScenarioEvent(cells[0], ScenarioError(file, line, "no such event: \(cells[0])")),
                outcome: outcome.map { cells[$0].replacing("`", with: "") }.flatMap { $0.isEmpty ? nil : $0 },
                cells: try asked.map { try Cell(cells[$0], ScenarioError(file, line, "a cell is ✓, –, a \"text\" or empty")) }, line: line)
        }
    }
}

extension Scenario.Column {
    /// `alice + staff · page`
    fileprivate init(_ header: String) {
        let parts = header.components(separatedBy: " · ")
        let names = parts[0].components(separatedBy: " + ")
        self.init(user: names[0], groups: Array(names.dropFirst()), document: parts.count > 1 ? parts[1] : "page")
    }
}

extension Scenario.Cell {
    fileprivate init(_ text: String, _ error: ScenarioError) throws {
        switch text {
        case "": self = .unasked
        case "–": self = .hidden
        case "✓": self = .visible
        case _ where text.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\""): self = .shows(String(text.dropFirst().dropLast()))
        default: throw error
        }
    }
}

/// A table that is not one, or a run that came to nothing.
struct ScenarioError: Error, CustomStringConvertible {
    let description: String

    init(_ file: String, _ line: Int, _ what: String) { description = "\(file):\(line): \(what)" }
    init(_ what: String) { description = what }
}
