/// How texts are divided. Part of a generation: another configuration is another generation.
package struct ChunkerConfiguration: Sendable, Equatable {
    /// Word pieces of a chunk, overlap included. The model reads 256 with its two marks; the rest is for title and headings before the text.
    package var maximumTokens: Int

    /// Word pieces of the text before a chunk that it repeats, where the text was parted: about a sentence.
    package var overlapTokens: Int

    /// Bytes of a chunk, for what the tokenizer takes for few tokens or none. Running text has 3 to 7 bytes a token.
    package var maximumBytes: Int { maximumTokens * 16 }

    /// A section of fewer word pieces says too little alone, and joins its small neighbours.
    package var smallSectionTokens: Int { maximumTokens / 4 }

    /// A chunk ends at the best place after so many word pieces: wide enough a window to find a paragraph's end and, after an edit, the old boundaries again.
    var minimumTokens: Int { (maximumTokens - overlapTokens) * 5 / 8 }

    /// Word pieces of a chunk that are its own.
    var ownTokens: Int { maximumTokens - overlapTokens }

    package static let minimumAllowedTokens = 8

    /// - Parameter maximumTokens: at least 8 (less is taken for 8).
    /// - Parameter overlapTokens: 0 to half of the maximum (what lies outside is clamped).
    package init(maximumTokens: Int = 200, overlapTokens: Int = 24) {
        self.maximumTokens = max(maximumTokens, Self.minimumAllowedTokens)
        self.overlapTokens = min(max(overlapTokens, 0), self.maximumTokens / 2)
    }

    /// Names this configuration and the algorithm: equal identifiers divide equal texts equally.
    package var identifier: String { "\(Self.algorithm)/\(maximumTokens)/\(overlapTokens)" }

    private static let algorithm = "sections-1"

    /// - Returns: nothing where it names another algorithm, or no configuration.
    package init?(identifier: String) {
        let parts = identifier.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.algorithm, let maximum = Int(parts[1]), let overlap = Int(parts[2]) else { return nil }
        self.init(maximumTokens: maximum, overlapTokens: overlap)
        guard self.identifier == identifier else { return nil }
    }
}
