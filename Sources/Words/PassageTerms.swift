/// The terms of one document's passages, as they are stored: which, how often and where. Hostile bytes are an error, never more.
///
/// The form, version 1. Numbers are varints: seven bits a byte, lowest first.
///
///     1 · languages (bits by WordLanguage) · passages · each passage's length in positions · terms · each term, in the order of bytes:
///         bytes shared with the term before · bytes of its own, their number first · bytes of what follows, their number first:
///             each passage that has it: passage (the first), or the distance to the one before · frequency · positions, the same way
package struct PassageTerms {
    static let version: UInt8 = 1

    /// The languages words of it were stemmed in.
    package let languages: WordLanguages
    /// Each passage's length in words.
    package let lengths: [UInt32]
    package let termCount: Int
    private let terms: CheckedReader

    /// - Parameter bytes: valid as long as this is used.
    /// - Throws: `.unknownVersion`, `.malformedTerms`.
    package init(_ bytes: UnsafeRawBufferPointer) throws(WordsError) {
        var reader = CheckedReader(bytes)
        guard try reader.byte() == Self.version else { throw WordsError.unknownVersion }
        languages = WordLanguages(rawValue: try reader.varint())
        let count = try reader.count()
        var lengths: [UInt32] = []
        lengths.reserveCapacity(count)
        for _ in 0..<count { lengths.append(try reader.varint()) }
        self.lengths = lengths
        termCount = try reader.count()
        terms = reader
    }

    /// Visits the terms in the order of their bytes.
    ///
    /// - Parameter body: a term, and its passages; both valid during the call.
    /// - Throws: `.malformedTerms` where bytes are missing or left over, or terms are out of order.
    func forEachTerm(_ body: (UnsafeRawBufferPointer, TermPassages) throws(WordsError) -> Void) throws(WordsError) {
        var reader = terms
        var term = InlineTerm()
        for index in 0..<termCount {
            let shared = Int(try reader.varint())
            let own = try reader.take(Int(try reader.varint()))
            guard term.replace(keeping: shared, own), index == 0 || term.isAfterPrevious else { throw WordsError.malformedTerms }
            let passages = try reader.take(Int(try reader.varint()))
            try term.withBytes { (bytes) throws(WordsError) in try body(bytes, TermPassages(bytes: passages, count: lengths.count)) }
        }
        guard reader.left == 0 else { throw WordsError.malformedTerms }
    }
}

/// Which passages of a document have a term.
struct TermPassages {
    let bytes: UnsafeRawBufferPointer
    /// How many passages the document has.
    let count: Int

    /// - Parameter body: passage, frequency, and as many distances of positions, the first from nought: varints that are whole.
    /// - Throws: `.malformedTerms` where bytes are missing, or passages are out of order or do not exist.
    func forEach(_ body: (Int, UInt32, UnsafeRawBufferPointer) throws(WordsError) -> Void) throws(WordsError) {
        var reader = CheckedReader(bytes)
        var passage = -1
        repeat {
            let distance = Int(try reader.varint())
            guard passage < 0 || distance > 0 else { throw WordsError.malformedTerms }
            passage = passage < 0 ? distance : passage + distance
            let frequency = try reader.varint()
            guard passage < count, frequency > 0, frequency <= reader.left else { throw WordsError.malformedTerms }
            let start = reader.offset
            for _ in 0..<frequency { _ = try reader.varint() }
            try body(passage, frequency, UnsafeRawBufferPointer(rebasing: bytes[start..<reader.offset]))
        } while reader.left > 0
    }
}

/// A term in place, while terms that share its beginning go by.
private struct InlineTerm {
    private var bytes = [UInt8](repeating: 0, count: Tokenizer.maximumTermBytes)
    private var count = 0
    private(set) var isAfterPrevious = true

    /// - Returns: false where it would be empty or too long, or shares more than there is.
    @inline(__always)
    mutating func replace(keeping shared: Int, _ own: UnsafeRawBufferPointer) -> Bool {
        guard shared <= count, own.count > 0, shared + own.count <= bytes.count else { return false }
        isAfterPrevious = shared == count || own[0] > bytes[shared]
        bytes.withUnsafeMutableBytes { target in
            for index in 0..<own.count { target[shared + index] = own[index] }
        }
        count = shared + own.count
        return true
    }

    @inline(__always)
    func withBytes(_ body: (UnsafeRawBufferPointer) throws(WordsError) -> Void) throws(WordsError) {
        try bytes.withUnsafeBufferPointer { (all) throws(WordsError) in try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[..<count]))) }
    }
}
