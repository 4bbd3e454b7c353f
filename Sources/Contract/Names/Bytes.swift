extension UInt8 {
    var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }
    var isASCIILowercase: Bool { self &- UInt8(ascii: "a") < 26 }
    var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// RFC 3986's unreserved characters: what a key, a source and a percent-encoded text keep as they are.
    var isUnreserved: Bool {
        isASCIILetter || isASCIIDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
    }

    /// The value of a hexadecimal digit of either case.
    var hexDigitValue: UInt8? {
        if isASCIIDigit { return self - UInt8(ascii: "0") }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }

    /// The digit of a value below 16.
    var upperHexDigit: UInt8 { self < 10 ? self + UInt8(ascii: "0") : self - 10 + UInt8(ascii: "A") }
}

extension Collection<UInt8> {
    /// Byte for byte, without a copy.
    func hasSameBytes(as text: StaticString) -> Bool {
        text.withUTF8Buffer { count == $0.count && elementsEqual($0) }
    }

    /// Byte for byte, but for the case of ASCII letters in these bytes; `text` is lower-case.
    func hasSameBytes(asLowercase text: StaticString) -> Bool {
        text.withUTF8Buffer { count == $0.count && zip(self, $0).allSatisfy { ($0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0) == $1 } }
    }
}

extension String {
    /// Byte for byte: unlike `==`, which takes canonically equivalent texts for one.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    func hasSameBytes(as other: StaticString) -> Bool {
        utf8.hasSameBytes(as: other)
    }
}

/// Text whose identity is its bytes.
///
/// Swift's own `==` takes `é` and `e` with an accent for one; the contract does so for principals alone.
package protocol ByteIdentity: Hashable, Sendable {
    var text: String { get }
}

extension ByteIdentity {
    package static func == (one: Self, other: Self) -> Bool {
        one.text.hasSameBytes(as: other.text)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
