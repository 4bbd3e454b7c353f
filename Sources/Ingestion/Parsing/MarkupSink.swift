import Text

/// The attributes of an element as libxml2 lends them to a callback: name, value, name, value…, nil. Not to be kept.
struct MarkupAttributes {
    private let pairs: UnsafeMutablePointer<UnsafePointer<UInt8>?>?

    init(_ pairs: UnsafeMutablePointer<UnsafePointer<UInt8>?>?) { self.pairs = pairs }

    /// Calls `body` with each attribute's name and NUL-terminated value.
    @inline(__always)
    func forEach(_ body: (MarkupName, UnsafePointer<UInt8>?) -> Void) {
        guard var next = pairs else { return }
        while let name = next[0] {
            body(MarkupName(name), next[1])
            next += 2
        }
    }
}

/// Receives a document's markup in order: the one interface between libxml2 and what makes text of it.
///
/// A class, as C calls back with an address; subclasses say what elements mean.
class MarkupSink {
    /// Bytes of text held, to be compared with the limit after each call.
    var textBytes: Int { 0 }

    func startElement(_ name: MarkupName, _ attributes: MarkupAttributes) {}
    func endElement(_ name: MarkupName) {}
    func characters(_ text: UnsafeBufferPointer<UInt8>) {}

    /// What was read. Called once, at the end.
    func finish() -> ExtractedText { .empty }
}

/// Collects a one-line text of bounded length: a title.
struct TitleCollector {
    private var bytes: [UInt8] = []
    private var hasSpace = false

    /// Longer titles are cut: they are shown in results and stand before every chunk's text.
    private static let maximumBytes = 1_024

    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count, bytes.count < Self.maximumBytes {
            let blank = UTF8Text.whiteSpaceLength(in: text, at: index)
            if blank > 0 {
                hasSpace = !bytes.isEmpty
                index += blank
                continue
            }
            let length = UTF8Text.scalar(in: text, at: index).length
            if hasSpace { bytes.append(0x20) }
            hasSpace = false
            bytes.append(contentsOf: text[index..<min(index + length, text.count)])
            index += length
        }
    }

    /// Nil where there is none.
    var title: String? { bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
}

/// A language tag as declared, where it has the form of one (BCP 47: letters, digits, hyphens, at most 35).
func languageTag(_ value: UnsafePointer<UInt8>?) -> String? {
    guard let value else { return nil }
    let tag = String(cString: value)
    let isWellFormed =
        !tag.isEmpty && tag.utf8.count <= 35
        && tag.utf8.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D
        }
    return isWellFormed ? tag : nil
}
