import Foundation

/// The shape of a BERT encoder, from the model folder's `config.json` and `sentence_bert_config.json`.
struct BertConfiguration: Decodable {
    let modelType: String
    let hiddenAct: String
    let hiddenSize: Int
    let intermediateSize: Int
    let numAttentionHeads: Int
    let numHiddenLayers: Int
    let maxPositionEmbeddings: Int
    let typeVocabSize: Int
    let vocabSize: Int
    let layerNormEps: Float

    private struct Sentence: Decodable {
        let maxSeqLength: Int
    }

    var headSize: Int { hiddenSize / numAttentionHeads }

    /// - Returns: the shape, and the most tokens a text may have.
    /// - Throws: `EmbeddingError.modelMissing`, `.modelInvalid`.
    static func load(directory: String) throws -> (shape: BertConfiguration, maximumTokens: Int) {
        let shape: BertConfiguration = try decode(directory + "/config.json")
        guard shape.modelType == "bert", shape.hiddenAct == "gelu" else { throw EmbeddingError(.modelInvalid, "the model is not a BERT encoder with GELU") }
        // Bounds that keep products of these far from overflow; the largest encoders of this family stay well below.
        let sizes = [
            shape.hiddenSize, shape.intermediateSize, shape.numAttentionHeads, shape.numHiddenLayers, shape.maxPositionEmbeddings, shape.typeVocabSize,
        ]
        guard sizes.allSatisfy({ (1...1 << 16).contains($0) }), (1...1 << 24).contains(shape.vocabSize),
            shape.hiddenSize.isMultiple(of: shape.numAttentionHeads)
        else { throw EmbeddingError(.modelInvalid, "the configuration's sizes are out of range") }
        let sentence: Sentence = try decode(directory + "/sentence_bert_config.json")
        guard (2...shape.maxPositionEmbeddings).contains(sentence.maxSeqLength) else {
            throw EmbeddingError(.modelInvalid, "the longest sequence does not fit the model's positions")
        }
        return (shape, sentence.maxSeqLength)
    }

    private static func decode<Value: Decodable>(_ path: String) throws -> Value {
        guard let data = FileManager.default.contents(atPath: path) else { throw EmbeddingError(.modelMissing, "a configuration file is missing") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let value = try? decoder.decode(Value.self, from: data) else { throw EmbeddingError(.modelInvalid, "a configuration file is malformed") }
        return value
    }
}
