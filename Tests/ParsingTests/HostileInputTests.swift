import Foundation
import Testing
import Text

@testable import Parsing

struct HostileInputTests {
    /// 8 MiB of one thing: each is read or refused, within the processor time its limits allow.
    @Test(arguments: [
        ("text/html", "<div>"), ("text/html", "<p><b>"), ("text/html", "<b></i>"), ("text/html", "<a b="), ("text/html", "&zzzz;"), ("text/html", "<!--"),
        ("text/html", "<table><tr><td>"),
        ("application/xml", "<a>"), ("application/xml", "<a b='c'/>"), ("application/xml", "<!--"), ("text/markdown", "["), ("text/markdown", "![[]()"),
        ("text/markdown", "> "),
        ("text/markdown", "*a "), ("text/markdown", "a\n\n"), ("text/markdown", "<div>\n\n"), ("text/plain", "\r\n"),
    ])
    func `nesting and formatting bombs are bounded`(mediaType: String, piece: String) {
        let code = rejection(Array(String(repeating: piece, count: (8 << 20) / piece.utf8.count).utf8), mediaType)
        #expect([nil, .parseLimit, .parseFailed].contains(code))
    }

    @Test(arguments: ["text/html", "application/xml"])
    func `a tag of a million attributes is stopped in its middle`(mediaType: String) {
        let attributes = (0..<700_000).map { "a\($0)=''" }.joined(separator: " ")
        #expect(rejection(Array("<a \(attributes)></a>".utf8), mediaType) == .parseLimit)
    }

    @Test func `more bytes than a document may have are too large, whatever they are`() {
        var limits = ParsingLimits()
        limits.maximumBytes = 3
        let parser = DocumentParser(limits: limits)
        #expect(throws: ParsingError(.tooLarge, "the content is larger than a document may be")) { try parser.parse(Array("abcd".utf8), mediaType: "no type") }
        #expect(throws: Never.self) { try parser.parse(Array("abc".utf8), mediaType: "text/plain") }
    }

    @Test func `a wide table over many rows is not filled up`() throws {
        let wide =
            "|" + String(repeating: "x|", count: 20_000) + "\n|" + String(repeating: "-|", count: 20_000) + "\n" + String(repeating: "a\n", count: 20_000)
        #expect([nil, .parseLimit].contains(rejection(Array(wide.utf8), "text/markdown")))
    }

    @Test func `entities that hold others are left out, plain ones count as text`() throws {
        let laughs = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY c '&b;&b;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&a;|&c;|&x;|&a;</a>"
        #expect(try text(Array(laughs.utf8), "text/xml") == "ha|||ha")
        let quadratic = "<!DOCTYPE a [<!ENTITY a '\(String(repeating: "x", count: 1_000))'>]><a>\(String(repeating: "&a;", count: 100_000))</a>"
        #expect(rejection(Array(quadratic.utf8), "text/xml") == .parseLimit)
        #expect(
            try text(Array("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd' [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><a>b</a>".utf8), "text/xml") == "b")
    }

    @Test(.enabled(if: sharedData("xml-attacks") != nil, "the shared data is absent"))
    func `known attacks on XML parsers read nothing from elsewhere`() throws {
        let folder = try #require(sharedData("xml-attacks"))
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) where file.pathExtension == "xml" {
            let document = try? DocumentParser().parse([UInt8](try Data(contentsOf: file)), mediaType: "application/xml").0
            #expect(document?.utf8.count ?? 0 < 1_000_000)
        }
    }

    @Test(arguments: [
        ("page.html", "text/html"), ("article.xml", "text/xml"), ("notes.md", "text/markdown"), ("notes.md", "text/plain"),
        ("page.html", "application/xhtml+xml"),
    ])
    func `mutated documents give valid text or a rejection`(name: String, mediaType: String) throws {
        let original = try fixture(name)
        var random = SeededGenerator(state: 7)
        for _ in 0..<2_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[position] = UInt8.random(in: 1...127, using: &random)
                case 2: bytes.removeSubrange(position..<min(position + 9, bytes.count - 1))
                default: bytes.insert(contentsOf: bytes[position..<min(position + 20, bytes.count)], at: Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            guard let document = try? DocumentParser().parse(bytes, mediaType: mediaType).0 else { continue }
            expectSound(document)
        }
    }

    @Test(.enabled(if: sharedData("naughty-strings.json") != nil, "the shared data is absent"))
    func `hostile strings come through`() throws {
        let strings = try JSONDecoder().decode([String].self, from: Data(contentsOf: try #require(sharedData("naughty-strings.json"))))
        for string in strings where !string.utf8.contains(0) {
            for mediaType in ["text/html", "text/markdown", "text/plain"] {
                expectSound(try DocumentParser().parse(Array(string.utf8), mediaType: mediaType).0)
            }
            let escaped = string.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            if let document = try? DocumentParser().parse(Array("<p>\(escaped)</p>".utf8), mediaType: "text/xml").0 { expectSound(document) }
        }
    }

    @Test func `documents are read on several threads at once`() async throws {
        let pages = try ["page.html", "article.xml", "notes.md"].map { try fixture($0) }
        let types = ["text/html", "text/xml", "text/markdown"]
        let expected = try zip(pages, types).map { try DocumentParser().parse($0, mediaType: $1).0 }
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<300 {
                group.addTask { (try? DocumentParser().parse(pages[index % 3], mediaType: types[index % 3]).0) == expected[index % 3] }
            }
            for await isEqual in group { #expect(isEqual) }
        }
    }
}

/// What holds of every extracted text.
private func expectSound(_ document: ExtractedText) {
    #expect(document.utf8.withUnsafeBufferPointer(UTF8Text.isValid))
    #expect(!document.utf8.contains(0))
    var end = 0
    document.utf8.withUnsafeBufferPointer { utf8 in
        for block in document.blocks {
            #expect(block.range.lowerBound >= end && !block.range.isEmpty && block.range.upperBound <= utf8.count)
            #expect(UTF8Text.trimmed(end..<block.range.lowerBound, in: utf8).isEmpty)
            end = block.range.upperBound
        }
        #expect(UTF8Text.trimmed(end..<utf8.count, in: utf8).isEmpty)
    }
}
