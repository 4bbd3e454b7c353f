/// How much one document may cost. Past any of these it is `parse_limit`, but for its own size.
package struct ParsingLimits: Sendable, Equatable {
    /// Content as received; more is `too_large`, inline as by reference. Records carry 8 MiB; the rest is room for content by reference.
    package var maximumBytes = 32 << 20

    /// Extracted text, so that no small document unfolds into a large one.
    package var maximumTextBytes = 32 << 20

    /// Elements open at once in HTML. Pages that never close their `<font>` reach thousands; past this every unmatched end tag costs libxml2 a walk.
    package var maximumHTMLDepth = 10_000

    /// Elements open at once in XML: below libxml2's own 256, which it reports as malformed.
    package var maximumXMLDepth = 250

    /// Elements of a document, or nodes of a Markdown segment's tree in all: bounds what structure may take in memory beside the text.
    package var maximumNodes = 4_000_000

    /// Processor time of the parsing thread. Ordinary pages take under a millisecond, 8 MiB of them under 0.2 s; anchored to "2 s each" for hostile ones.
    package var processorTime: Duration = .milliseconds(1_500)

    package init() {}
}
