package import Text

/// Unit vectors drawn from a hash of the text: no weights and hardly any work, for tests and to measure everything around the model.
package struct StubEmbedding: EmbeddingModel {
    package let space: EmbeddingSpace
    package let tokenizer: any Tokenizer

    /// - Parameter tokenizer: what chunk sizes are counted with; by default a word is a token.
    package init(dimension: Int = 384, tokenizer: any Tokenizer = WhitespaceTokenizer()) {
        space = EmbeddingSpace(model: "stub", revision: "1", dimension: dimension, normalised: true)
        self.tokenizer = tokenizer
    }

    package func embed(_ texts: [[UInt8]], for purpose: EmbeddingPurpose) async throws -> EmbeddingBatch {
        var values: [Float] = []
        values.reserveCapacity(texts.count * space.dimension)
        for text in texts {
            // FNV-1a seeds SplitMix64: the same text has the same vector on every machine.
            var state = text.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            let start = values.count
            var squares: Float = 0
            for _ in 0..<space.dimension {
                state &+= 0x9e37_79b9_7f4a_7c15
                var bits = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
                bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
                let value = Float(Int32(truncatingIfNeeded: bits >> 32)) / 0x1p31
                squares += value * value
                values.append(value)
            }
            let scale = 1 / squares.squareRoot()
            for index in start..<values.count { values[index] *= scale }
        }
        return EmbeddingBatch(values: values, dimension: space.dimension)
    }
}

/// Words between ASCII white space, a token each.
package struct WhitespaceTokenizer: Tokenizer {
    package init() {}

    package func forEachWord(in utf8: Span<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        var start = 0
        for index in 0...utf8.count where index == utf8.count || utf8[index] == 0x20 || (0x09...0x0d).contains(utf8[index]) {
            if index > start { body(start..<index, 1) }
            start = index + 1
        }
    }
}
