import Text

/// An extracted text as its document's chunks tell of it, where the document itself is no longer at hand.
///
/// Paragraphs are what lies between empty lines. Of headings and pages so much is known again as the chunks have: the heading of a section that was joined to
/// others is a paragraph.
package enum StoredText {
    /// A chunk as it was stored.
    package struct Passage: Sendable {
        package let range: Range<Int>
        package let headings: [String]
        package let page: Int?

        package init(range: Range<Int>, headings: [String], page: Int?) {
            self.range = range
            self.headings = headings
            self.page = page
        }
    }

    /// - Parameter passages: in the order of the text.
    package static func text(_ utf8: [UInt8], _ passages: [Passage]) -> ExtractedText {
        let blocks = utf8.withUnsafeBufferPointer { text in
            var reading = Reading(text: text, passages: passages)
            for paragraph in UTF8Text.paragraphs(text) { reading.take(paragraph) }
            return reading.blocks
        }
        return ExtractedText(utf8: utf8, blocks: blocks)
    }

    private struct Reading {
        let text: UnsafeBufferPointer<UInt8>
        let passages: [Passage]
        var blocks: [Block] = []
        /// The passage that what is read next lies in, and the headings above it.
        private var passage = 0
        private var path: [String] = []

        /// Of one that is not known to be a heading: longer ones are texts.
        private static let maximumHeadingBytes = 120

        init(text: UnsafeBufferPointer<UInt8>, passages: [Passage]) {
            self.text = text
            self.passages = passages
        }

        /// A heading is a paragraph, or the first line of one.
        mutating func take(_ paragraph: Range<Int>) {
            var rest = paragraph
            while !rest.isEmpty {
                while passage < passages.count, passages[passage].range.upperBound <= rest.lowerBound { passage += 1 }
                let page = passage < passages.count ? passages[passage].page : nil
                let line = rest.lowerBound..<(text[rest].firstIndex(of: 0x0A) ?? rest.upperBound)
                guard let level = heading(line, isParagraph: line == paragraph) else {
                    blocks.append(Block(kind: .paragraph, range: rest, page: page))
                    return
                }
                blocks.append(Block(kind: .heading(level: min(level, 6)), range: line, page: page))
                rest = UTF8Text.trimmed(line.upperBound..<rest.upperBound, in: text)
            }
        }

        /// The level of a line that the passage has a heading of, where it is not under that already.
        private mutating func heading(_ line: Range<Int>, isParagraph: Bool) -> Int? {
            guard passage < passages.count, passages[passage].range.overlaps(line) else { return nil }
            let headings = passages[passage].headings
            if path == headings {
                // Another section of the same name.
                return !headings.isEmpty && line.lowerBound == passages[passage].range.lowerBound && text[line].elementsEqual(headings[headings.count - 1].utf8)
                    ? headings.count : nil
            }
            let known = zip(path, headings).prefix { $0 == $1 }.count
            if known == headings.count {
                // Sections joined under a heading that is above the one before: the first of them begins with its own.
                guard isParagraph, line.count <= Self.maximumHeadingBytes, line.lowerBound == passages[passage].range.lowerBound else { return nil }
                path = headings + [String(decoding: text[line], as: UTF8.self)]
                return path.count
            }
            guard let index = headings.indices.dropFirst(known).first(where: { text[line].elementsEqual(headings[$0].utf8) }) else { return nil }
            path = Array(headings[...index])
            return index + 1
        }
    }
}
