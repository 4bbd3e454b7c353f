import CDNNL

/// Computes the vectors of some sequences at once, on one thread: its operations and work space. Confined to the thread that made it.
///
/// The tokens of all sequences stand one after another without padding, so that each linear layer is one product; attention goes sequence by sequence.
final class BertEncoder {
    /// The most tokens of a step, but for a longer single sequence. 256, 512 and 1,024 measured the same throughput; a short step keeps a query from
    /// waiting long, and this holds two passages of usual length.
    static let stepTokens = 384

    private let weights: BertWeights
    private let library: OneDNN
    private var passes: [Int: BertPass] = [:]
    private var attentions: [Int: BertAttention] = [:]
    private let capacity: Int
    /// `[capacity][hiddenSize]`, 32-bit: the residual stream.
    private let hidden: Storage
    /// The same as the products take it.
    private let input: Storage
    /// `[capacity][3 × hiddenSize]`.
    private let projections: Storage
    /// `[capacity][hiddenSize]`.
    private let context: Storage
    /// `[capacity][intermediateSize]`.
    private let wide: Storage
    private let scratch: BertAttention.Scratch

    /// - Parameter maximumTokens: the longest sequence.
    init(_ weights: BertWeights, maximumTokens: Int) throws {
        self.weights = weights
        library = try OneDNN()
        let shape = weights.shape
        capacity = Self.rows(for: max(Self.stepTokens, maximumTokens))
        hidden = Storage(byteCount: capacity * shape.hiddenSize * 4)
        input = weights.element == .float32 ? hidden : Storage(byteCount: capacity * shape.hiddenSize * weights.element.byteCount)
        projections = Storage(byteCount: capacity * 3 * shape.hiddenSize * weights.element.byteCount)
        context = Storage(byteCount: capacity * shape.hiddenSize * weights.element.byteCount)
        wide = Storage(byteCount: capacity * shape.intermediateSize * weights.element.byteCount)
        scratch = BertAttention.Scratch(heads: shape.numAttentionHeads, maximumTokens: maximumTokens)
    }

    /// The rows computed for so many tokens: few distinct sizes, since each is compiled once; past 32 tokens at most a quarter in vain.
    private static func rows(for tokens: Int) -> Int {
        var granule = 8
        while granule * 8 < tokens { granule *= 2 }
        return (tokens + granule - 1) / granule * granule
    }

    /// The L2-normalised mean over each sequence's tokens.
    ///
    /// - Parameters:
    ///   - sequences: ids below the vocabulary's size, special tokens included; none empty, at most `stepTokens` in all or a single one.
    ///   - emit: called with each sequence's index and its vector.
    func encode(_ sequences: [ArraySlice<Int32>], _ emit: (Int, UnsafeBufferPointer<Float>) -> Void) throws {
        let tokens = sequences.reduce(0) { $0 + $1.count }
        precondition(tokens > 0 && tokens <= capacity)
        let pass = try pass(rows: Self.rows(for: tokens))
        embed(sequences)
        try pass.normalise(hidden.start, weights.normalisation.scale.start, weights.normalisation.shift.start, hidden.start)
        for layer in weights.layers {
            try pass.narrow?(hidden.start, input.start)
            try pass.attention(input.start, layer.attention.weights.start, layer.attention.bias.start, projections.start)
            var row = 0
            for sequence in sequences {
                try attention(tokens: sequence.count).run(projections: projections.start, context: context.start, row: row, scratch)
                row += sequence.count
            }
            try pass.attentionOutput(context.start, layer.attentionOutput.weights.start, layer.attentionOutput.bias.start, hidden.start)
            try pass.normalise(hidden.start, layer.attentionNormalisation.scale.start, layer.attentionNormalisation.shift.start, hidden.start)
            try pass.narrow?(hidden.start, input.start)
            try pass.intermediate(input.start, layer.intermediate.weights.start, layer.intermediate.bias.start, wide.start)
            try pass.output(wide.start, layer.output.weights.start, layer.output.bias.start, hidden.start)
            try pass.normalise(hidden.start, layer.outputNormalisation.scale.start, layer.outputNormalisation.shift.start, hidden.start)
        }
        pool(sequences, emit)
    }

    private func pass(rows: Int) throws -> BertPass {
        if let pass = passes[rows] { return pass }
        let pass = try BertPass(library, weights, rows: rows)
        passes[rows] = pass
        return pass
    }

    private func attention(tokens: Int) throws -> BertAttention {
        if let attention = attentions[tokens] { return attention }
        let attention = try BertAttention(library, weights.shape, weights.element, tokens: tokens)
        attentions[tokens] = attention
        return attention
    }

    private func embed(_ sequences: [ArraySlice<Int32>]) {
        let size = weights.shape.hiddenSize
        var row = hidden.start.assumingMemoryBound(to: Float.self)
        weights.words.withUnsafeBufferPointer { words in
            weights.positions.withUnsafeBufferPointer { positions in
                for sequence in sequences {
                    for (position, id) in sequence.enumerated() {
                        let (word, place) = (Int(id) * size, position * size)
                        for index in 0..<size { row[index] = words[word + index] + positions[place + index] }
                        row += size
                    }
                }
            }
        }
    }

    private func pool(_ sequences: [ArraySlice<Int32>], _ emit: (Int, UnsafeBufferPointer<Float>) -> Void) {
        let size = weights.shape.hiddenSize
        var row = UnsafePointer(hidden.start.assumingMemoryBound(to: Float.self))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { mean in
            for (index, sequence) in sequences.enumerated() {
                mean.initialize(repeating: 0)
                for _ in sequence {
                    for column in 0..<size { mean[column] += row[column] }
                    row += size
                }
                // The length cancels out: a sum has the direction of its mean.
                let squares = mean.reduce(0) { $0 + $1 * $1 }
                let scale = 1 / max(squares.squareRoot(), .leastNormalMagnitude)
                for column in 0..<size { mean[column] *= scale }
                emit(index, UnsafeBufferPointer(mean))
            }
        }
    }
}

/// The operations over all tokens of a step, compiled for one number of rows.
private final class BertPass {
    let normalise: Operation
    /// From the residual stream to what the products take; nil where they take 32 bits.
    let narrow: Operation?
    let attention: Operation
    let attentionOutput: Operation
    let intermediate: Operation
    let output: Operation

    init(_ library: OneDNN, _ weights: BertWeights, rows: Int) throws {
        let (size, element) = (weights.shape.hiddenSize, weights.element)
        guard let layer = weights.layers.first else { throw EmbeddingError(.modelInvalid, "the model has no layers") }
        func product(_ linear: Linear, to element: Element, _ epilogue: Operation.Epilogue) throws -> Operation {
            try Operation.product(
                library, source: Layout(weights.element, rows, linear.inputs), weights: linear.layout, bias: Layout(.float32, 1, linear.outputs),
                destination: Layout(element, rows, linear.outputs), epilogue: epilogue)
        }
        normalise = try Operation.layerNormalisation(library, rows: rows, columns: size, epsilon: weights.shape.layerNormEps)
        narrow = element == .float32 ? nil : try Operation.conversion(library, from: Layout(.float32, rows, size), to: Layout(element, rows, size))
        attention = try product(layer.attention, to: element, .none)
        attentionOutput = try product(layer.attentionOutput, to: .float32, .addDestination)
        intermediate = try product(layer.intermediate, to: element, .gelu)
        output = try product(layer.output, to: .float32, .addDestination)
    }
}
