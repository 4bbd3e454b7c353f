import Foundation

/// A made corpus as `Benchmarks/corpus.py` writes it: raw little-endian arrays and lines of text in a folder, mapped, so that a million chunks take no
/// memory of ours.
struct Corpus: Sendable {
    let chunks: Int
    let dimension: Int
    /// Shares of the tenant that an asker may see, from `fraction-0.txt` on.
    let cases: Int
    /// Of each case.
    let queries: Int
    /// How many passages a query asks for.
    let limit: Int
    private let folder: URL
    /// `[chunks][dimension]`.
    private let vectors: Data
    /// `[chunks]`: the one group that may see it.
    private let groups: Data
    /// `[documents + 1]`: where each document's chunks begin.
    private let documentStarts: Data
    /// `[chunks + 1]`: where each chunk's line begins in the texts.
    private let lineStarts: Data
    private let texts: Data

    init(folder: URL) throws {
        self.folder = folder
        let meta = try String(contentsOf: folder.appending(path: "meta.txt"), encoding: .utf8).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard meta.count == 5 else { throw CorpusError() }
        (chunks, dimension, cases, queries, limit) = (meta[0], meta[1], meta[2], meta[3], meta[4])
        func mapped(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name), options: .alwaysMapped) }
        vectors = try mapped("vectors.f32")
        groups = try mapped("groups.i32")
        documentStarts = try mapped("documents.i32")
        lineStarts = try mapped("lines.i64")
        texts = try mapped("texts.txt")
        guard vectors.count == chunks * dimension * 4, groups.count == chunks * 4, lineStarts.count == (chunks + 1) * 8 else { throw CorpusError() }
    }

    var documents: Int { documentStarts.count / 4 - 1 }

    /// The numbers of a document's chunks.
    func chunks(ofDocument document: Int) -> Range<Int> {
        Int(documentStarts.element(document, as: Int32.self))..<Int(documentStarts.element(document + 1, as: Int32.self))
    }

    func group(ofChunk chunk: Int) -> Int { Int(groups.element(chunk, as: Int32.self)) }

    /// UTF-8, without the end of its line.
    func text(ofChunk chunk: Int) -> [UInt8] {
        let (start, end) = (Int(lineStarts.element(chunk, as: Int64.self)), Int(lineStarts.element(chunk + 1, as: Int64.self)))
        return Array(texts[start..<end - 1])
    }

    /// `[range.count][dimension]`, one after another.
    func vectors(ofChunks range: Range<Int>) -> [Float] {
        vectors.elements(range.lowerBound * dimension..<range.upperBound * dimension, as: Float.self)
    }

    /// What the askers of one case ask.
    func questions(ofCase number: Int) throws -> [Question] {
        let vectors = try Data(contentsOf: folder.appending(path: "queries-\(number).f32"))
        let groups = try lines("principals-\(number).txt")
        let words = try lines("words-\(number).txt")
        guard vectors.count == queries * dimension * 4, groups.count == queries, words.count == queries else { throw CorpusError() }
        return (0..<queries).map { query in
            Question(
                vector: vectors.elements(query * dimension..<(query + 1) * dimension, as: Float.self), words: words[query],
                groups: groups[query].split(separator: " ").compactMap { Int($0) })
        }
    }

    private func lines(_ name: String) throws -> [String] {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    struct Question: Sendable {
        let vector: [Float]
        let words: String
        /// The asker's.
        let groups: [Int]
    }
}

/// The folder is not a corpus.
struct CorpusError: Error {}

extension Data {
    fileprivate func element<Value: BitwiseCopyable>(_ index: Int, as type: Value.Type) -> Value {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type) }
    }

    fileprivate func elements<Value: BitwiseCopyable>(_ range: Range<Int>, as type: Value.Type) -> [Value] {
        withUnsafeBytes { bytes in range.map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: type) } }
    }
}
