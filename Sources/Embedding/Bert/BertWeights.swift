import CDNNL

/// A weight matrix in the layout its products are fastest with, and its bias.
///
/// `@unchecked`: written while it is made, only read afterwards.
final class Linear: @unchecked Sendable {
    let inputs: Int
    let outputs: Int
    let layout: Layout
    let weights: Storage
    let bias: Storage

    /// - Parameter matrix: `[outputs][inputs]`, as trained.
    init(_ library: OneDNN, matrix: [Float], bias values: [Float], inputs: Int, outputs: Int, element: Element) throws {
        self.inputs = inputs
        self.outputs = outputs
        let trained = try Layout(.float32, [inputs, outputs], strides: [1, inputs])
        layout = try Operation.bestWeights(
            library, source: Layout(element, BertEncoder.stepTokens, inputs), weights: Layout(best: element, inputs, outputs),
            bias: Layout(.float32, 1, outputs), destination: Layout(.float32, BertEncoder.stepTokens, outputs))
        weights = Storage(byteCount: layout.byteCount)
        bias = Storage(copying: values)
        let source = Storage(copying: matrix)
        try Operation.conversion(library, from: trained, to: layout)(source.start, weights.start)
    }
}

/// The scale and shift of a layer normalisation. `@unchecked`: only read after it is made.
final class Normalisation: @unchecked Sendable {
    let scale: Storage
    let shift: Storage

    init(_ file: borrowing Safetensors, _ name: String, size: Int) throws {
        scale = Storage(copying: try file.floats(name + ".weight", size))
        shift = Storage(copying: try file.floats(name + ".bias", size))
    }
}

/// Everything a BERT encoder has learned, ready to multiply with; shared by all threads.
final class BertWeights: Sendable {
    struct Layer: Sendable {
        /// Query, key and value in one matrix, queries divided by the root of the head size beforehand.
        let attention: Linear
        let attentionOutput: Linear
        let attentionNormalisation: Normalisation
        let intermediate: Linear
        let output: Linear
        let outputNormalisation: Normalisation
    }

    let shape: BertConfiguration
    let element: Element
    /// `[vocabSize][hiddenSize]`.
    let words: [Float]
    /// `[maxPositionEmbeddings][hiddenSize]`, the first segment's embedding added: no text here has a second.
    let positions: [Float]
    let normalisation: Normalisation
    let layers: [Layer]

    /// - Throws: `EmbeddingError.modelInvalid`, `.computationFailed`.
    init(_ file: borrowing Safetensors, shape: BertConfiguration, element: Element) throws {
        let library = try OneDNN()
        let size = shape.hiddenSize
        self.shape = shape
        self.element = element
        words = try file.floats("embeddings.word_embeddings.weight", shape.vocabSize, size)
        let segments = try file.floats("embeddings.token_type_embeddings.weight", shape.typeVocabSize, size)
        var positions = try file.floats("embeddings.position_embeddings.weight", shape.maxPositionEmbeddings, size)
        for index in positions.indices { positions[index] += segments[index % size] }
        self.positions = positions
        normalisation = try Normalisation(file, "embeddings.LayerNorm", size: size)
        var layers: [Layer] = []
        for index in 0..<shape.numHiddenLayers {
            layers.append(try Self.layer(file, "encoder.layer.\(index).", library, shape, element))
        }
        self.layers = layers
    }

    private static func layer(
        _ file: borrowing Safetensors, _ name: String, _ library: OneDNN, _ shape: BertConfiguration, _ element: Element
    ) throws -> Layer {
        let (size, wide) = (shape.hiddenSize, shape.intermediateSize)
        let scale = 1 / Float(shape.headSize).squareRoot()
        var matrix = try file.floats(name + "attention.self.query.weight", size, size).map { $0 * scale }
        var bias = try file.floats(name + "attention.self.query.bias", size).map { $0 * scale }
        for part in ["key", "value"] {
            matrix += try file.floats(name + "attention.self.\(part).weight", size, size)
            bias += try file.floats(name + "attention.self.\(part).bias", size)
        }
        func linear(_ part: String, _ inputs: Int, _ outputs: Int) throws -> Linear {
            try Linear(
                library, matrix: file.floats(name + part + ".weight", outputs, inputs), bias: file.floats(name + part + ".bias", outputs),
                inputs: inputs, outputs: outputs, element: element)
        }
        return Layer(
            attention: try Linear(library, matrix: matrix, bias: bias, inputs: size, outputs: 3 * size, element: element),
            attentionOutput: try linear("attention.output.dense", size, size),
            attentionNormalisation: try Normalisation(file, name + "attention.output.LayerNorm", size: size),
            intermediate: try linear("intermediate.dense", size, wide),
            output: try linear("output.dense", wide, size),
            outputNormalisation: try Normalisation(file, name + "output.LayerNorm", size: size))
    }
}

extension Storage {
    convenience init(copying values: [Float]) {
        self.init(byteCount: values.count * MemoryLayout<Float>.stride)
        values.withUnsafeBytes { start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: $0.count) }
    }
}
