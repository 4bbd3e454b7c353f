import Contract
import Digest
import Embedding
import Parsing
import Preparation
import Text

let parseCommand = CommandSpec(
    name: "parse",
    summary: "Show what is read out of a file: its text, and the blocks it is divided into.",
    positionals: [.init("FILE", "HTML, XML, Markdown or plain text.")],
    options: [.value("media-type", "TYPE", "What the file is, instead of what its name says."), .flag("json", "Print one JSON object.")]
) { arguments in
    let parsed = try ParsedFile(arguments, Runtime())
    Terminal.write(arguments.flag("json") ? parsed.json : parsed.listing)
    return .success
}

let chunkCommand = CommandSpec(
    name: "chunk",
    summary: "Show the passages that a file is divided into.",
    discussion: "With the first model and the chunk size of the settings. Spans are bytes of the extracted text.",
    positionals: [.init("FILE", "HTML, XML, Markdown or plain text.")],
    options: [.value("media-type", "TYPE", "What the file is, instead of what its name says."), .flag("json", "Print one JSON object a passage.")]
) { arguments in
    let runtime = try Runtime()
    let parsed = try ParsedFile(arguments, runtime)
    let chunks = try runtime.chunker(runtime.models().first).chunks(of: parsed.text)
    Terminal.write(arguments.flag("json") ? chunks.map { json(of: $0, in: parsed.text) }.joined() : table(of: chunks, in: parsed.text))
    return .success
}

let embedCommand = CommandSpec(
    name: "embed",
    summary: "Embed each line of standard input; one JSON object a line comes out.",
    discussion:
        "As passages, with the first model of the settings. `text_sha256` is of the line's bytes, so that a vector can be told whose it is without the text."
) { _ in
    let model = try Runtime().models().first
    // Enough for every thread of the encoder, few enough that the first vectors come soon.
    let batch = 64
    var lines: [[UInt8]] = []
    while let line = readLine() {
        lines.append(Array(line.utf8))
        if lines.count == batch {
            Terminal.write(try await vectors(of: lines, model))
            lines = []
        }
    }
    if !lines.isEmpty { Terminal.write(try await vectors(of: lines, model)) }
    return .success
}

/// A file as the ingestion worker would read it.
private struct ParsedFile {
    let text: ExtractedText
    let mediaType: MediaType

    init(_ arguments: ParsedArguments, _ runtime: Runtime) throws {
        let path = try arguments.positional("FILE")
        let named = try arguments.value("media-type") ?? MediaTypeTable()[path: path]
        (text, mediaType) = try runtime.parser().parse(readFile(path), mediaType: named)
    }

    var listing: String {
        var table = TextTable([("BLOCK", .left), ("BYTES", .right), ("TEXT", .left)])
        for block in text.blocks {
            table.append([name(of: block.kind), "\(block.range.lowerBound)–\(block.range.upperBound)", excerpt(of: block.range, in: text)])
        }
        let facts = ["media type \(mediaType)", text.title.map { "title \(printable($0))" }, text.language.map { "language \(printable($0))" }]
        return facts.compactMap(\.self).joined(separator: " · ") + "\n\n" + String(decoding: text.utf8, as: UTF8.self) + "\n\n" + table.render()
    }

    var json: String {
        var json = JSONWriter(reservingBytes: text.utf8.count + 1024)
        json.object {
            $0.member("mediaType", mediaType.essence)
            $0.member("title", text.title)
            $0.member("language", text.language)
            $0.member("text", String(decoding: text.utf8, as: UTF8.self))
            $0.member("blocks") {
                $0.array(text.blocks) { json, block in
                    json.object {
                        $0.member("kind", name(of: block.kind))
                        $0.member("start", block.range.lowerBound)
                        $0.member("end", block.range.upperBound)
                        $0.member("page", block.page)
                    }
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}

private func name(of kind: Block.Kind) -> String {
    switch kind {
    case .heading(let level): "heading \(level)"
    case .paragraph: "paragraph"
    case .listItem: "list item"
    case .tableRow: "table row"
    case .code: "code"
    case .quote: "quote"
    }
}

/// The first words, so that a piece can be recognised in a line.
private func excerpt(of range: Range<Int>, in text: ExtractedText) -> String {
    let words = printable(String(decoding: text.utf8[range], as: UTF8.self))
    let first = wrap(words, width: 60).first ?? ""
    return first.utf8.count < words.utf8.count ? first + " …" : first
}

private func table(of chunks: [Chunk], in text: ExtractedText) -> String {
    var table = TextTable([("CHUNK", .right), ("BYTES", .right), ("TOKENS", .right), ("HEADINGS", .left), ("TEXT", .left)])
    for chunk in chunks {
        table.append([
            "\(chunk.ordinal)", "\(chunk.range.lowerBound)–\(chunk.range.upperBound)", "\(chunk.tokenCount)",
            printable(chunk.headings.joined(separator: " › ")), excerpt(of: chunk.range, in: text),
        ])
    }
    return table.render()
}

private func json(of chunk: Chunk, in text: ExtractedText) -> String {
    var json = JSONWriter()
    json.object {
        $0.member("ordinal", chunk.ordinal)
        $0.member("span") {
            $0.object {
                $0.member("start", chunk.range.lowerBound)
                $0.member("end", chunk.range.upperBound)
            }
        }
        $0.member("tokens", chunk.tokenCount)
        $0.member("headings") { $0.array(chunk.headings) { $0.value($1) } }
        $0.member("page", chunk.page)
        $0.member("text", String(decoding: text.utf8[chunk.range], as: UTF8.self))
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
}

private func vectors(of lines: [[UInt8]], _ model: any EmbeddingModel) async throws -> String {
    let batch = try await model.embed(lines, for: .passage)
    guard batch.refused.isEmpty else { throw EmbeddingError(.textRefused, "the model does not take a line") }
    return lines.indices.map { index in
        var json = JSONWriter(reservingBytes: batch.dimension * 14)
        json.object {
            $0.member("text_sha256", hexEncoded(SHA256.hash(lines[index])))
            $0.member("dimension", batch.dimension)
            // A Float's description is the shortest text that reads back as the same Float, and is JSON where it is finite.
            $0.member("embedding") { $0.array(batch[index]) { $0.value(verbatim: Array("\($1)".utf8)) } }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }.joined()
}
