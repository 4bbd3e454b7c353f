import Text

/// What is embedded for a chunk: title and headings in a line (`Leave policy › Parental leave`), then the chunk's text.
///
/// A function of its arguments alone, so that its hash says whether a vector can be kept. The line is at most `maximumContextBytes` long, so that the
/// whole fits the model beside a chunk of the default size; where it is longer, the outer headings are left out. A heading that the title or the text
/// itself begins with is not said twice.
package func embeddingText(of chunk: Chunk, in text: ExtractedText, title: String?) -> [UInt8] {
    let body = text.utf8[chunk.range]
    var parts = chunk.headings
    if let last = parts.last, begins(body, withLine: last) { parts.removeLast() }
    if let title, !title.isEmpty, parts.first != title, !begins(body, withLine: title) { parts.insert(title, at: 0) }
    let separator: [UInt8] = Array(" › ".utf8)
    var context: [UInt8] = []
    for part in parts.reversed() {
        let part = Array(part.utf8)
        let room = maximumContextBytes - context.count - (context.isEmpty ? 0 : separator.count)
        if part.count > room, !context.isEmpty { break }
        context = Array(part.prefix(scalarBoundary(in: part, atMost: room))) + (context.isEmpty ? [] : separator) + context
    }
    if !context.isEmpty { context.append(0x0A) }
    return context + body
}

/// Some 40 word pieces of Latin text; 53 of the model's 254 in the worst case, ideographs of three bytes.
private let maximumContextBytes = 160

private func begins(_ body: ArraySlice<UInt8>, withLine line: String) -> Bool {
    body.starts(with: line.utf8) && (body.count == line.utf8.count || body[body.startIndex + line.utf8.count] == 0x0A)
}

private func scalarBoundary(in bytes: [UInt8], atMost limit: Int) -> Int {
    if bytes.count <= limit { return bytes.count }
    var end = max(limit, 0)
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
}
