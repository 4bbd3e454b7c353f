import Testing
import Text

struct UTF8TextTests {
    private func trimmed(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { String(decoding: $0[UTF8Text.trimmed(0..<$0.count, in: $0)], as: UTF8.self) }
    }

    @Test func `white space of every kind is trimmed at both ends and kept inside`() {
        #expect(trimmed(" \t\r\n\u{A0}\u{2003}\u{3000}a \u{A0} b\u{2028}\u{85}\u{1680}\u{205F}") == "a \u{A0} b")
        #expect(trimmed("") == "")
        #expect(trimmed(" \u{3000}\n") == "")
        #expect(trimmed("\u{200B}") == "\u{200B}")
    }

    @Test func `what is not well-formed is told`() {
        let bad: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]]
        for bytes in bad { #expect(!bytes.withUnsafeBufferPointer(UTF8Text.isValid)) }
        #expect(Array("aé漢😀\u{0}".utf8).withUnsafeBufferPointer(UTF8Text.isValid))
    }

    @Test func `every scalar is read back`() {
        for scalar in "a\u{7F}\u{80}é\u{7FF}\u{800}漢\u{FFFF}😀\u{10FFFF}".unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            let read = bytes.withUnsafeBufferPointer { UTF8Text.scalar(in: $0, at: 0) }
            #expect(read.value == scalar.value)
            #expect(read.length == bytes.count)
        }
    }
}
