/// RFC 4648 base64, strictly: the standard alphabet, padded, no line breaks, no bits left over.
enum Base64 {
    /// Nothing where the text is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { encoded -> [UInt8]? in
            guard encoded.count % 4 == 0 else { return nil }
            guard let last = encoded.last else { return [] }
            let padding = last != UInt8(ascii: "=") ? 0 : encoded[encoded.count - 2] != UInt8(ascii: "=") ? 1 : 2
            let count = encoded.count / 4 * 3 - padding
            var isValid = true
            let decoded = [UInt8](unsafeUninitializedCapacity: encoded.count / 4 * 3) { output, initialized in
                isValid = decode(encoded, padding: padding, into: output)
                initialized = isValid ? count : 0
            }
            return isValid ? decoded : nil
        }
    }

    private static func decode(_ encoded: UnsafeBufferPointer<UInt8>, padding: Int, into output: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        values.withUnsafeBufferPointer { values in
            var invalid: UInt8 = 0
            var target = 0
            for start in stride(from: 0, to: encoded.count, by: 4) {
                let isLast = start + 4 == encoded.count
                var group: UInt32 = 0
                for offset in 0..<4 {
                    let isPadding = isLast && offset >= 4 - padding
                    let value = isPadding ? 0 : values[Int(encoded[start + offset])]
                    invalid |= value
                    group = group << 6 | UInt32(value & 63)
                }
                if isLast, padding > 0, group & (padding == 1 ? 0xFF : 0xFFFF) != 0 { invalid = 0xFF }
                output.initializeElement(at: target, to: UInt8(truncatingIfNeeded: group >> 16))
                output.initializeElement(at: target + 1, to: UInt8(truncatingIfNeeded: group >> 8))
                output.initializeElement(at: target + 2, to: UInt8(truncatingIfNeeded: group))
                target += 3
            }
            return invalid & 0xC0 == 0
        }
    }

    /// Each byte's six bits; 0xFF, which no six bits are, for what is not in the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(byte)] = UInt8(value)
        }
        return values
    }()
}
