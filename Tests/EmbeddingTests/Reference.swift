import Foundation
import Text

/// What the reference implementation made of 200 texts: see scripts/fixtures/make_embedding_fixtures.py.
struct Reference {
    static let dimension = 384
    let texts: [[UInt8]]
    let tokens: Tokens
    /// `[200][384]`.
    let vectors: [Float]

    struct Tokens: Decodable {
        let ids: [[Int32]]
        let counts: [Int]
        let everyScalar: String
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let modelDirectory = ProcessInfo.processInfo.environment["SLUICE_MODEL_DIR"] ?? root.appending(path: ".dev/model").path()
    static let modelIsPresent = FileManager.default.fileExists(atPath: modelDirectory + "/model.safetensors")

    init() throws {
        let directory = Self.root.appending(path: "Tests/Fixtures/embedding")
        let strings = try JSONDecoder().decode([String].self, from: Data(contentsOf: directory.appending(path: "texts.json")))
        texts = strings.map { Array($0.utf8) }
        tokens = try JSONDecoder().decode(Tokens.self, from: Data(contentsOf: directory.appending(path: "tokens.json")))
        vectors = try Data(contentsOf: directory.appending(path: "vectors.f32")).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    func vector(_ index: Int) -> ArraySlice<Float> {
        vectors[index * Self.dimension..<(index + 1) * Self.dimension]
    }

    static func tokenizer() throws -> WordPieceTokenizer {
        try WordPieceTokenizer(vocabulary: Array(Data(contentsOf: URL(filePath: modelDirectory + "/vocab.txt"))))
    }
}

func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Double {
    var (dot, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
        dot += Double(x) * Double(y)
        aa += Double(x) * Double(x)
        bb += Double(y) * Double(y)
    }
    return dot / (aa * bb).squareRoot()
}
