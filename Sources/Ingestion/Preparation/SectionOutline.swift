import Text

/// A heading with the blocks under it, up to the next heading; also the blocks before the first.
struct Section {
    /// Indices of the text's blocks.
    var blocks: Range<Int>

    /// This section's heading and those above.
    let path: [String]

    /// Whether it begins with a heading.
    let hasHeading: Bool

    var hasBody: Bool { blocks.count > (hasHeading ? 1 : 0) }
    var parent: ArraySlice<String> { path.dropLast(hasHeading ? 1 : 0) }
}

/// Divides a text into sections.
enum SectionOutline {
    /// Longer headings are cut in paths; their text is in the chunk as it is.
    private static let maximumHeadingBytes = 256

    static func sections(of text: ExtractedText) -> [Section] {
        var sections: [Section] = []
        var path: [(level: Int, heading: String)] = []
        for (index, block) in text.blocks.enumerated() {
            if case .heading(let level) = block.kind {
                while let last = path.last, last.level >= level { path.removeLast() }
                path.append((level, heading(text.utf8[block.range])))
                sections.append(Section(blocks: index..<index + 1, path: path.map(\.heading), hasHeading: true))
            } else if sections.isEmpty {
                sections.append(Section(blocks: index..<index + 1, path: [], hasHeading: false))
            } else {
                sections[sections.count - 1].blocks = sections[sections.count - 1].blocks.lowerBound..<index + 1
            }
        }
        return sections
    }

    private static func heading(_ bytes: ArraySlice<UInt8>) -> String {
        var end = min(bytes.endIndex, bytes.startIndex + maximumHeadingBytes)
        while end < bytes.endIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[bytes.startIndex..<end].map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }
}
