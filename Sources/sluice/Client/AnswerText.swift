/// An answer for people: numbered citations, each with its place, its text and what it can be checked against.
enum AnswerText {
    /// A passage is an excerpt here; `--json` has all of it.
    private static let excerptLines = 5
    private static let indent = "    "

    /// - Parameter width: cells of a line.
    static func render(_ hits: [QueryReply.Hit], truncated: Bool, width: Int) -> String {
        guard !hits.isEmpty else { return "nothing that this asker may see matches\n" }
        var text = hits.enumerated().map { render($1, number: $0 + 1, width: width) }.joined(separator: "\n")
        if truncated { text += "\nmore would match than one result can hold\n" }
        return text
    }

    private static func render(_ hit: QueryReply.Hit, number: Int, width: Int) -> String {
        var lines = ["[\(number)] \(heading(of: hit))", "\(indent)\(printable(hit.source))/\(printable(hit.document))"]
        let wrapped = wrap(printable(hit.text), width: width - indent.count)
        lines += wrapped.prefix(excerptLines).map { indent + $0 }
        if wrapped.count > excerptLines { lines[lines.count - 1] += " …" }
        let digest = hit.receipt.textDigest.prefix("sha-256:".count + 12)
        lines.append(
            "\(indent)bytes \(hit.span.lowerBound)–\(hit.span.upperBound) of \(digest)…, content \(hit.receipt.contentVersion), "
                + "permissions \(hit.receipt.permissionsVersion)")
        if let uri = hit.uri { lines.append(indent + printable(uri)) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `Leave policy › Parental leave`; a title that the headings begin with is not said twice.
    static func heading(of hit: QueryReply.Hit) -> String {
        var parts = hit.headings
        if let title = hit.title, !title.isEmpty, parts.first != title { parts.insert(title, at: 0) }
        return printable(parts.isEmpty ? hit.document : parts.joined(separator: " › "))
    }
}

/// Documents are not ours: what would move a cursor or recolour a terminal becomes a space, and white space one space.
func printable(_ text: String) -> String {
    var result = ""
    var needsSpace = false
    for character in text {
        let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control || $0.properties.isBidiControl }
        if character.isWhitespace || isControl {
            needsSpace = !result.isEmpty
        } else {
            if needsSpace { result.append(" ") }
            needsSpace = false
            result.append(character)
        }
    }
    return result
}

/// Lines of at most `width` cells, broken at spaces where there are any.
func wrap(_ text: String, width: Int) -> [String] {
    let width = max(20, width)
    var lines: [String] = []
    var line = ""
    var lineWidth = 0
    for word in text.split(separator: " ") {
        var rest = word[...]
        if lineWidth > 0, lineWidth + 1 + displayWidth(String(word)) <= width {
            line += " "
            lineWidth += 1
        } else if lineWidth > 0 {
            lines.append(line)
            (line, lineWidth) = ("", 0)
        }
        // A word wider than a line, or a script without spaces, is broken anywhere.
        while let character = rest.popFirst() {
            let cells = displayWidth(String(character))
            if lineWidth + cells > width {
                lines.append(line)
                (line, lineWidth) = ("", 0)
            }
            line.append(character)
            lineWidth += cells
        }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
}
