import Contract

/// What a publisher says of a document, beside its content.
struct DocumentDetails: Sendable, Equatable {
    var mediaType: String?
    var title: String?
    var uri: String?
    var container: Subject?
    var language: String?
    var modifiedAt: Timestamp?
}

extension SourceEvent {
    /// A document's whole new state: as text where the bytes are UTF-8 without U+0000, else in base64.
    static func document(_ key: RecordKey, content: [UInt8], _ details: DocumentDetails) -> SourceEvent {
        var json = JSONWriter(reservingBytes: content.count * 4 / 3 + 1024)
        json.object {
            if !content.contains(0), let text = String(validating: content, as: UTF8.self) {
                $0.member("text", text)
            } else {
                $0.member("base64", base64Encoded(content))
            }
            let members: [(String, String?)] = [
                ("mediaType", details.mediaType), ("title", details.title), ("uri", details.uri), ("container", details.container?.text),
                ("language", details.language), ("modifiedAt", details.modifiedAt?.rfc3339),
            ]
            for case (let name, let value?) in members { $0.member(name, value) }
        }
        return SourceEvent(.documentUpserted, key, data: json.bytes)
    }
}

/// RFC 4648, standard alphabet, padded.
func base64Encoded(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { output in
        var written = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let rest = bytes.count - start
            let group = UInt32(bytes[start]) << 16 | (rest > 1 ? UInt32(bytes[start + 1]) << 8 : 0) | (rest > 2 ? UInt32(bytes[start + 2]) : 0)
            for place in 0..<4 {
                output[written] = place <= rest ? alphabet[Int(group >> (18 - 6 * place)) & 63] : UInt8(ascii: "=")
                written += 1
            }
        }
        return written
    }
}

/// The media types of files by the ending of their names; a name that is not here leaves it to the worker to detect.
struct MediaTypeTable: Sendable {
    private var types = [
        "html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "xml": "application/xml", "md": "text/markdown",
        "markdown": "text/markdown", "txt": "text/plain", "text": "text/plain", "pdf": "application/pdf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ]

    /// - Parameter overrides: `md=text/plain`.
    /// - Throws: `UsageError`.
    init(overrides: [String] = []) throws {
        for override in overrides {
            let parts = override.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[1].contains("/") else { throw UsageError("--media-type takes ENDING=TYPE, such as adoc=text/plain") }
            types[parts[0].lowercased()] = parts[1]
        }
    }

    subscript(path path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        return types[name[name.index(after: dot)...].lowercased()]
    }
}
