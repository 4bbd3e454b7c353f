import Glibc
import Text

/// Turns content of any known encoding into UTF-8 without a byte order mark and without NUL, before any parser sees it.
///
/// Only encodings in `names` are known: what a document declares is never handed to the system as it stands.
enum CharacterEncoding {
    /// - Parameter charset: what the media type says.
    /// - Parameter declared: what the document's own first bytes say, read only where the content is not UTF-8.
    /// - Parameter fallback: for content that is not UTF-8 and declares nothing.
    /// - Parameter sniffsUTF16: whether a UTF-16 byte order mark decides (markup), or the content has to be what it is said to be (plain text).
    /// - Throws: `invalidText` where the content is not in its encoding, or that is unknown, or it holds a NUL.
    static func decode(
        _ bytes: [UInt8], charset: String?, sniffsUTF16: Bool, fallback: String? = nil, declared: ([UInt8]) -> String? = { _ in nil }
    ) throws(ParsingError) -> [UInt8] {
        let decoded = try convert(bytes, charset: charset, sniffsUTF16: sniffsUTF16, fallback: fallback, declared: declared)
        if decoded.withUnsafeBytes({ bytes in bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false }) {
            throw ParsingError(.invalidText, "the content holds a NUL")
        }
        return decoded
    }

    private static func convert(
        _ bytes: [UInt8], charset: String?, sniffsUTF16: Bool, fallback: String?, declared: ([UInt8]) -> String?
    ) throws(ParsingError) -> [UInt8] {
        if bytes.starts(with: utf8Mark) { return try requireUTF8(Array(bytes.dropFirst(utf8Mark.count))) }
        if sniffsUTF16 {
            if bytes.starts(with: [0xFF, 0xFE] as [UInt8]) { return try iconv(Array(bytes.dropFirst(2)), from: "UTF-16LE") }
            if bytes.starts(with: [0xFE, 0xFF] as [UInt8]) { return try iconv(Array(bytes.dropFirst(2)), from: "UTF-16BE") }
        }
        if let charset {
            guard let name = name(of: charset) else { throw ParsingError(.invalidText, "the charset is unknown") }
            return name == "UTF-8" ? try requireUTF8(bytes) : withoutMark(try iconv(bytes, from: name))
        }
        // What reads as UTF-8 is UTF-8, whatever it declares: content that came as JSON text has been converted long before.
        if isUTF8(bytes) { return bytes }
        guard let label = declared(bytes) ?? fallback, let name = name(of: label), name != "UTF-8" else {
            throw ParsingError(.invalidText, "the content is not UTF-8")
        }
        return withoutMark(try iconv(bytes, from: name))
    }

    private static let utf8Mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] { bytes.starts(with: utf8Mark) ? Array(bytes.dropFirst(utf8Mark.count)) : bytes }
    private static func isUTF8(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer(UTF8Text.isValid) }

    private static func requireUTF8(_ bytes: [UInt8]) throws(ParsingError) -> [UInt8] {
        guard isUTF8(bytes) else { throw ParsingError(.invalidText, "the content is not UTF-8") }
        return bytes
    }

    private static func iconv(_ bytes: [UInt8], from name: String) throws(ParsingError) -> [UInt8] {
        guard let conversion = Conversion(from: name) else { throw ParsingError(.invalidText, "the charset is not installed") }
        guard let text = conversion.convert(bytes), isUTF8(text) else { throw ParsingError(.invalidText, "the content is not in its charset") }
        return text
    }

    /// The converter's name for an encoding label (the labels of the WHATWG Encoding Standard that documents still use).
    static func name(of label: String) -> String? {
        names[label.lowercased().filter { !$0.isWhitespace }]
    }

    private static let names: [String: String] = {
        // Latin-1 and ASCII mean Windows-1252 wherever documents are read.
        var names = [
            "utf-8": "UTF-8", "utf8": "UTF-8", "us-ascii": "CP1252", "ascii": "CP1252", "iso-8859-1": "CP1252", "iso8859-1": "CP1252", "latin1": "CP1252",
        ]
        for page in 1250...1258 {
            names["windows-\(page)"] = "CP\(page)"
            names["cp\(page)"] = "CP\(page)"
        }
        for part in [2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16] {
            names["iso-8859-\(part)"] = "ISO-8859-\(part)"
            names["iso8859-\(part)"] = "ISO-8859-\(part)"
        }
        names.merge([
            "utf-16": "UTF-16", "utf-16le": "UTF-16LE", "utf-16be": "UTF-16BE", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "macintosh": "MACINTOSH",
            "shift_jis": "CP932", "shift-jis": "CP932", "sjis": "CP932", "windows-31j": "CP932", "euc-jp": "EUC-JP", "iso-2022-jp": "ISO-2022-JP",
            "euc-kr": "CP949", "ks_c_5601-1987": "CP949", "gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030", "big5": "BIG5-HKSCS", "tis-620": "CP874",
            "windows-874": "CP874", "ibm866": "CP866",
        ]) { first, _ in first }
        return names
    }()
}

/// An open iconv conversion to UTF-8.
private struct Conversion: ~Copyable {
    private let handle: iconv_t

    init?(from name: String) {
        guard let handle = iconv_open("UTF-8", name), Int(bitPattern: handle) != -1 else { return nil }
        self.handle = handle
    }

    deinit { iconv_close(handle) }

    /// Nil where the bytes are not in the encoding.
    func convert(_ bytes: [UInt8]) -> [UInt8]? {
        var input = bytes
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 2)
        let chunk = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 16)
        defer { chunk.deallocate() }
        let complete = input.withUnsafeMutableBytes { input in
            var next = input.baseAddress?.assumingMemoryBound(to: CChar.self)
            var left = input.count
            while left > 0 {
                var target = chunk.baseAddress
                var room = chunk.count
                let result = Glibc.iconv(handle, &next, &left, &target, &room)
                let failure = errno
                output.append(contentsOf: UnsafeRawBufferPointer(start: chunk.baseAddress, count: chunk.count - room))
                if result == -1, failure != E2BIG { return false }
            }
            return true
        }
        return complete ? output : nil
    }
}
