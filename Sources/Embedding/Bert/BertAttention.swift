import CDNNL

/// Self-attention within one sequence, over all heads at once, compiled for one length.
final class BertAttention {
    /// Work space for the longest sequence.
    struct Scratch {
        /// `[heads][tokens][tokens]`, 32-bit.
        let scores: Storage
        /// The same after the softmax.
        let shares: Storage

        init(heads: Int, maximumTokens: Int) {
            scores = Storage(byteCount: heads * maximumTokens * maximumTokens * 4)
            shares = Storage(byteCount: heads * maximumTokens * maximumTokens * 4)
        }
    }

    private let scores: Operation
    private let softmax: Operation
    private let mixture: Operation
    private let projectionBytes: Int
    private let hiddenBytes: Int

    init(_ library: OneDNN, _ shape: BertConfiguration, _ element: Element, tokens: Int) throws {
        let (heads, size) = (shape.numAttentionHeads, shape.headSize)
        let stride = 3 * shape.hiddenSize
        let square = [heads, tokens, tokens]
        scores = try Operation.product(
            library, source: Layout(element, [heads, tokens, size], strides: [size, stride, 1]),
            weights: Layout(element, [heads, size, tokens], strides: [size, 1, stride]), destination: Layout(.float32, heads, tokens, tokens))
        softmax = try Operation.softmax(library, source: Layout(.float32, heads, tokens, tokens), destination: Layout(element, heads, tokens, tokens))
        mixture = try Operation.product(
            library, source: Layout(element, square, strides: [tokens * tokens, tokens, 1]),
            weights: Layout(element, [heads, tokens, size], strides: [size, stride, 1]),
            destination: Layout(element, [heads, tokens, size], strides: [size, shape.hiddenSize, 1]))
        projectionBytes = stride * element.byteCount
        hiddenBytes = shape.hiddenSize * element.byteCount
    }

    /// Reads queries, keys and values of the sequence that begins at `row`, and writes its rows of the context.
    func run(projections: UnsafeMutableRawPointer, context: UnsafeMutableRawPointer, row: Int, _ scratch: Scratch) throws {
        let query = projections + row * projectionBytes
        try scores(query, query + hiddenBytes, scratch.scores.start)
        try softmax(scratch.scores.start, scratch.shares.start)
        try mixture(scratch.shares.start, query + 2 * hiddenBytes, context + row * hiddenBytes)
    }
}
