import Testing
import Text

@Suite(.enabled(if: Reference.modelIsPresent, "no model: set SLUICE_MODEL_DIR or run set-up"))
struct WordPieceTokenizerTests {
    let tokenizer: WordPieceTokenizer
    let reference: Reference

    init() throws {
        tokenizer = try Reference.tokenizer()
        reference = try Reference()
    }

    @Test func `every text has the reference's ids`() {
        for (text, ids) in zip(reference.texts, reference.tokens.ids) {
            #expect(tokenizer.encode(text.span, limit: 256) == ids, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func `every text has the reference's count, words included`() {
        for (text, count) in zip(reference.texts, reference.tokens.counts) {
            #expect(tokenizer.tokenCount(text) == count)
        }
    }

    @Test func `every Unicode scalar is folded as the reference folds it`() {
        let scalars = (0..<0x11_0000 as Range<UInt32>).compactMap(Unicode.Scalar.init)
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for start in stride(from: 0, to: scalars.count, by: 64) {
            var text = String.UnicodeScalarView()
            for scalar in scalars[start..<min(start + 64, scalars.count)] {
                text.append("a")
                text.append(scalar)
            }
            for id in tokenizer.encode(Array(String(text).utf8).span, limit: .max).dropFirst().dropLast() {
                digest = (digest ^ UInt64(id)) &* 0x100_0000_01b3
            }
        }
        #expect(String(digest, radix: 16) == reference.tokens.everyScalar)
    }

    @Test func `words cover the text in order and can be cut between`() {
        for text in reference.texts {
            var end = 0
            var seen = 0
            var cuts: [(Int, Int)] = []
            tokenizer.forEachWord(in: text.span) { range, pieces in
                #expect(range.lowerBound >= end && range.upperBound <= text.count && !range.isEmpty && pieces > 0)
                end = range.upperBound
                seen += pieces
                cuts.append((end, seen))
            }
            guard let (cut, before) = cuts.dropLast().last else { continue }
            #expect(tokenizer.tokenCount(text[..<cut]) == before)
            #expect(tokenizer.tokenCount(text[cut...]) == seen - before)
        }
    }

    @Test func `bytes that are not text are passed over`() {
        #expect(tokenizer.tokenCount([0x61, 0xff, 0x62]) == tokenizer.tokenCount("ab"))
        #expect(tokenizer.tokenCount([0xe2, 0x82]) == 0)
        #expect(tokenizer.tokenCount([0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xc0, 0x80]) == 0)
    }

    @Test func `a vocabulary without special tokens is refused`() {
        #expect(throws: WordPieceTokenizer.VocabularyError.self) { try WordPieceTokenizer(vocabulary: Array("the\nof\n".utf8)) }
        #expect(throws: WordPieceTokenizer.VocabularyError.self) { try WordPieceTokenizer(vocabulary: []) }
    }
}
