import Contract
import Text

/// Hits as one text for a language model: passages in rank order, numbered as the hits are, each under the place it is from.
///
/// Whole passages only, as many as come before the first that does not fit; but where even the first is too long, as many of its words as do.
struct ContextText {
    let tokenizer: any Tokenizer
    let maximumTokens: Int
    let maximumBytes: Int

    /// - Returns: the text, and whether bytes rather than tokens ended it.
    func make(of hits: [QueryResult.Hit]) -> (text: String, isCutShort: Bool) {
        var text = ""
        var (tokens, bytes) = (0, 0)
        for (index, hit) in hits.enumerated() {
            let entry = (index == 0 ? "" : "\n\n") + Self.header(of: hit, number: index + 1) + "\n" + hit.text
            let (entryTokens, entryBytes) = (tokenizer.tokenCount(entry), Self.encodedBytes(entry))
            guard tokens + entryTokens <= maximumTokens, bytes + entryBytes <= maximumBytes else {
                if index == 0 { text = beginning(of: hit) }
                return (text, tokens + entryTokens <= maximumTokens)
            }
            text += entry
            (tokens, bytes) = (tokens + entryTokens, bytes + entryBytes)
        }
        return (text, false)
    }

    /// `[1] Leave policy › Parental leave`, one line; a title that the headings begin with is not said twice.
    static func header(of hit: QueryResult.Hit, number: Int) -> String {
        var parts = hit.headings
        if let title = hit.title, !title.isEmpty, parts.first != title { parts.insert(title, at: 0) }
        let place = (parts.isEmpty ? [hit.document.text] : parts).joined(separator: " › ")
        return "[\(number)] " + place.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The first words of a passage that is too long as a whole; nothing where not even one fits beside its number.
    private func beginning(of hit: QueryResult.Hit) -> String {
        for header in [Self.header(of: hit, number: 1), "[1]"] {
            var tokens = tokenizer.tokenCount(header)
            var bytes = Self.encodedBytes(header) + 1
            let text = Array(hit.text.utf8)
            var end = 0
            var isFull = false
            tokenizer.forEachWord(in: text.span) { word, count in
                let wordBytes = Self.encodedBytes(String(decoding: text[end..<word.upperBound], as: UTF8.self))
                isFull = isFull || tokens + count > maximumTokens || bytes + wordBytes > maximumBytes
                guard !isFull else { return }
                (tokens, bytes, end) = (tokens + count, bytes + wordBytes, word.upperBound)
            }
            if end > 0 { return header + "\n" + String(decoding: text[..<end], as: UTF8.self) }
        }
        return ""
    }

    /// As it stands in a result.
    private static func encodedBytes(_ text: String) -> Int {
        var json = JSONWriter(reservingBytes: text.utf8.count + 16)
        json.value(text)
        return json.bytes.count - 2
    }
}
