import Foundation

/// One Swift file of Sources/, as far as these tests read it.
struct SourceFile: Sendable {
    /// From the repository's top, such as `Sources/Index/Facts.swift`.
    let path: String
    let text: String

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let all: [SourceFile] = {
        guard let walk = FileManager.default.enumerator(at: root.appending(path: "Sources"), includingPropertiesForKeys: nil) else { return [] }
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.compactMap { file in
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
            return SourceFile(path: String(file.path.dropFirst(root.path.count).drop { $0 == "/" }), text: text)
        }
    }()

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), words[..<index].allSatisfy({ $0.hasPrefix("@") || $0 == "package" || $0 == "internal" }) else {
                return nil
            }
            // `import struct Module.Type` names a module as well.
            return words.last?.split(separator: ".").first.map(String.init)
        }
    }

    /// Without comments, and with every string literal emptied.
    var code: String { parts.code }
    /// The contents of string literals, in order.
    var literals: [String] { parts.literals }

    private var parts: (code: String, literals: [String]) {
        var code = ""
        var literals: [String] = []
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if character == "\"" {
                let mark = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
                rest = rest.dropFirst(mark.count)
                var literal = ""
                while !rest.isEmpty, !rest.hasPrefix(mark) {
                    if rest.first == "\\" { literal.append(rest.removeFirst()) }
                    if !rest.isEmpty { literal.append(rest.removeFirst()) }
                }
                rest = rest.dropFirst(mark.count)
                literals.append(literal)
                code += "\"\""
            } else {
                code.append(rest.removeFirst())
            }
        }
        return (code, literals)
    }
}
