import CStemmer

/// One of Snowball's algorithms, over UTF-8 (Porter 1980, 2001). Belongs to one thread at a time.
final class Stemmer {
    private let handle: OpaquePointer

    /// Nothing where the library does not have the algorithm.
    init?(_ language: WordLanguage) {
        guard let algorithm = language.algorithm, let handle = sb_stemmer_new(algorithm, nil) else { return nil }
        self.handle = handle
    }

    deinit {
        sb_stemmer_delete(handle)
    }

    /// Lends the stem of a folded word; the word itself where there is no memory for one. Do not let it escape `body`.
    func withStem<Result>(of word: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard let stem = sb_stemmer_stem(handle, word.baseAddress, Int32(word.count)) else { return body(word) }
        let length = Int(sb_stemmer_length(handle))
        return body(length == 0 ? word : UnsafeBufferPointer(start: stem, count: length))
    }
}
