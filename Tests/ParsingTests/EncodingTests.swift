import Testing

@testable import Parsing

struct EncodingTests {
    @Test(arguments: ["text/plain", "text/html", "application/xml", "text/markdown", nil])
    func `NUL and what is not UTF-8 are refused`(mediaType: String?) {
        #expect(rejection(Array("<a>a\0b</a>".utf8), mediaType) == .invalidText)
        #expect(rejection(Array("<meta charset=utf-8>".utf8) + [0xFF, 0x41], mediaType) == .invalidText)
    }

    @Test func `plain text is not guessed at`() {
        #expect(rejection([0xFF, 0xFE, 0xFA] + Array("abc".utf8), nil) == .invalidText)
        #expect(rejection([0xED, 0xA0, 0x80], nil) == .invalidText)
    }

    @Test func `a known charset is converted`() throws {
        #expect(try text([0x63, 0x61, 0x66, 0xE9, 0x80], "text/plain; charset=ISO-8859-1") == "café€")
        #expect(try text([0x82, 0xA0], "text/plain;charset=Shift_JIS") == "あ")
        #expect(try text([0x3C, 0x70, 0x3E, 0xE9], "text/html") == "é")
        #expect(try text(Array("<meta charset='windows-1251'><p>".utf8) + [0xCF], "text/html") == "П")
        #expect(try text(Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xE9] + Array("</a>".utf8), "text/xml") == "é")
        var utf16: [UInt8] = [0xFF, 0xFE]
        for unit in "<p>é</p>".utf16 { utf16 += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(try text(utf16, "text/html") == "é")
        #expect(rejection([0x41], "text/plain; charset=../../x") == .invalidText)
    }

    @Test func `text that is UTF-8 is UTF-8, whatever it declares`() throws {
        #expect(try text(Array("<meta charset=iso-8859-1><p>é".utf8), "text/html") == "é")
        #expect(try text(Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".utf8), "text/xml") == "é")
    }
}
