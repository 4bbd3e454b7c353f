import Foundation
import Text

@testable import Parsing

/// Text and blocks of a document, for comparing.
struct Extract: Equatable {
    var title: String?
    var language: String?
    var blocks: [String]

    init(_ text: ExtractedText) {
        title = text.title
        language = text.language
        blocks = text.blocks.map { "\($0.kind.label): \(String(decoding: text.utf8[$0.range], as: UTF8.self))" }
    }
}

extension Block.Kind {
    var label: String {
        switch self {
        case .heading(let level): "h\(level)"
        case .paragraph: "p"
        case .listItem: "li"
        case .tableRow: "row"
        case .code: "code"
        case .quote: "quote"
        }
    }
}

func extract(_ content: String, _ mediaType: String?) throws -> Extract {
    Extract(try DocumentParser().parse(Array(content.utf8), mediaType: mediaType).0)
}

func text(_ content: [UInt8], _ mediaType: String?) throws -> String {
    String(decoding: try DocumentParser().parse(content, mediaType: mediaType).0.utf8, as: UTF8.self)
}

/// The rejection of a document; nil where it is read.
func rejection(_ content: [UInt8], _ mediaType: String?) -> ParsingError.Code? {
    do {
        _ = try DocumentParser().parse(content, mediaType: mediaType)
        return nil
    } catch { return error.code }
}

/// A fixture of ours, by its path below `Tests/Fixtures/parsing`.
func fixture(_ name: String) throws -> [UInt8] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: tests.appendingPathComponent("Fixtures/parsing/\(name)")))
}

/// The data that lies beside a checkout of the project, where it does.
func sharedData(_ name: String) -> URL? {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let url = project.deletingLastPathComponent().appendingPathComponent("shared/data/\(name)")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
}

/// SplitMix64: the same numbers for a seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
