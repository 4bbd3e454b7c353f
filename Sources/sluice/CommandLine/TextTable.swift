/// Rows under headings, in columns as wide as their widest cell.
struct TextTable {
    enum Alignment {
        case left, right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        self.columns = columns
    }

    /// As many cells as there are columns; missing ones are empty.
    mutating func append(_ cells: [String]) {
        rows.append(columns.indices.map { cells.indices.contains($0) ? cells[$0] : "" })
    }

    func render() -> String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { displayWidth($0[column]) }.max() ?? 0 }
        return lines.map { cells in
            let padding = columns.indices.map { column in
                padded(cells[column], to: widths[column], alignment: columns[column].alignment)
            }
            var line = padding.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}

/// Cells of a terminal that the text fills: two for a wide character of East Asia or an emoji, none for a control character.
///
/// Approximate by design: terminals do not agree among themselves either.
func displayWidth(_ text: String) -> Int {
    text.reduce(0) { $0 + displayWidth($1) }
}

/// Of a grapheme cluster, the base counts: what combines with it takes no cell of its own.
private func displayWidth(_ character: Character) -> Int {
    guard let base = character.unicodeScalars.first else { return 0 }
    switch base.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0xFEFF: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
        return 2
    default: return base.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
}

func padded(_ text: String, to width: Int, alignment: TextTable.Alignment = .left) -> String {
    let blanks = String(repeating: " ", count: max(0, width - displayWidth(text)))
    return alignment == .left ? text + blanks : blanks + text
}
