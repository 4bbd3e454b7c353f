import Embedding
import Foundation
import Testing

/// What is wrong with a model's files is said when it is loaded, and never crashes.
struct ModelFilesTests {
    private func withDirectory(_ files: [String: Data], _ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "sluice-model-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, content) in files { try content.write(to: directory.appending(path: name)) }
        try body(directory.path())
    }

    private static let configuration = Data(
        """
        {"model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
         "max_position_embeddings": 16, "type_vocab_size": 2, "vocab_size": 8, "layer_norm_eps": 1e-12}
        """.utf8)

    private static func files(weights: Data) -> [String: Data] {
        [
            "config.json": configuration, "sentence_bert_config.json": Data(#"{"max_seq_length": 16}"#.utf8),
            "vocab.txt": Data("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n".utf8), "model.safetensors": weights,
        ]
    }

    private static func weights(header: String, length: UInt64? = nil, data: Int = 0) -> Data {
        var file = Data()
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { file.append(contentsOf: $0) }
        file.append(Data(header.utf8))
        file.append(Data(count: data))
        return file
    }

    private func code(_ files: [String: Data]) throws -> EmbeddingError.Code? {
        var code: EmbeddingError.Code?
        try withDirectory(files) { directory in
            do {
                _ = try MiniLM(directory: directory, threads: 1)
            } catch let error as EmbeddingError {
                code = error.code
            }
        }
        return code
    }

    @Test func `an absent file is missing`() throws {
        let all = Self.files(weights: Self.weights(header: "{}"))
        #expect(throws: EmbeddingError.self) { try MiniLM(directory: "/nonexistent", threads: 1) }
        for name in all.keys {
            var files = all
            files[name] = nil
            #expect(try code(files) == .modelMissing, "\(name)")
        }
    }

    @Test(arguments: [
        Data(), Data(count: 7), Self.weights(header: "{}", length: .max), Self.weights(header: "{}", length: 1 << 40), Self.weights(header: "{}"),
        Self.weights(header: "not json"), Self.weights(header: #"{"embeddings.word_embeddings.weight": 3}"#),
        Self.weights(header: #"{"embeddings.word_embeddings.weight": {"dtype": "F16", "shape": [8, 8], "data_offsets": [0, 128]}}"#, data: 128),
        Self.weights(header: #"{"embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [8, 9], "data_offsets": [0, 288]}}"#, data: 288),
        Self.weights(header: #"{"embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256]}}"#, data: 255),
        Self.weights(header: #"{"embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [-256, 0]}}"#, data: 256),
        Self.weights(header: #"{"embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [256]}}"#, data: 256),
        Self.weights(
            header: #"{"embeddings.word_embeddings.weight": {"dtype": "F32", "shape": [8, 8], "data_offsets": [-9223372036854775808, 9223372036854775807]}}"#,
            data: 256),
    ])
    func `weights that are cut short or malformed are invalid`(weights: Data) throws {
        #expect(try code(Self.files(weights: weights)) == .modelInvalid)
    }

    @Test(arguments: [
        #"{}"#, #"{"model_type": "gpt2"}"#,
        String(decoding: configuration, as: UTF8.self).replacing("\"num_attention_heads\": 2", with: "\"num_attention_heads\": 0"),
        String(decoding: configuration, as: UTF8.self).replacing("\"hidden_size\": 8", with: "\"hidden_size\": 9"),
        String(decoding: configuration, as: UTF8.self).replacing("\"max_position_embeddings\": 16", with: "\"max_position_embeddings\": 9223372036854775807"),
        String(decoding: configuration, as: UTF8.self).replacing("\"max_position_embeddings\": 16", with: "\"max_position_embeddings\": 15"),
        String(decoding: configuration, as: UTF8.self).replacing("\"vocab_size\": 8", with: "\"vocab_size\": 6"),
    ])
    func `a configuration of another model is invalid`(configuration: String) throws {
        var files = Self.files(weights: Self.weights(header: "{}"))
        files["config.json"] = Data(configuration.utf8)
        #expect(try code(files) == .modelInvalid)
    }
}
