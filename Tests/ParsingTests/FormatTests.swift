import Testing

@testable import Parsing

struct FormatTests {
    @Test func `HTML is read as a browser shows it, without what surrounds its content`() throws {
        let page = Extract(try DocumentParser().parse(try fixture("page.html"), mediaType: nil).0)
        #expect(page.title == "Leave policy")
        #expect(page.language == "en-GB")
        #expect(
            page.blocks == [
                "h1: Leave policy", "p: Parental leave is sixteen weeks & more.\nAsk HR.", "h2: Table", "row: Kind | Weeks", "row: Parental | 16", "li: One",
                "li: Two and a half", "code:   indented\n    more", "quote: Quoted.",
            ])
    }

    @Test func `XML blocks follow elements with text of their own`() throws {
        let article = Extract(try DocumentParser().parse(try fixture("article.xml"), mediaType: nil).0)
        #expect(article.title == "Guide")
        #expect(article.language == "de")
        #expect(
            article.blocks == [
                "h1: Guide", "p: Made by Acme Corp with c2 and café.", "h2: First steps", "p: Text.", "code:   let a = 1 < 2", "li: One", "li: Two",
                "row: A | B",
                "row: 1 | 2",
            ])
    }

    @Test func `Markdown is read without its marks, and front matter gives the title alone`() throws {
        let notes = Extract(try DocumentParser().parse(try fixture("notes.md"), mediaType: "text/markdown").0)
        #expect(notes.title == "Release notes")
        #expect(
            notes.blocks == [
                "h1: Version two", "p: Some bold text with a link and code, on two lines. Gone", "li: first", "li: second with more", "row: a | b",
                "row: 1 | 2",
                "code: let x = 1", "quote: Quoted", "p: Raw & ready",
            ])
    }

    @Test func `plain text is kept byte for byte but for line ends and one leading mark`() throws {
        #expect(try text(Array("\u{FEFF}\u{FEFF}a\r\nb\rc\n\r\n\r d\u{1}\t ".utf8), "text/plain; charset=utf-8") == "\u{FEFF}a\nb\nc\n\n\n d\u{1}\t ")
        #expect(try extract("One\ntwo\n \t\n# Three\r\n\r\n", nil).blocks == ["p: One\ntwo", "p: # Three"])
        #expect(try extract(" \r\n\t ", nil).blocks == [])
        #expect(try text([], nil) == "")
    }

    @Test func `XHTML is read as HTML, by the rules of XML`() throws {
        let xhtml =
            #"<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head><title>T</title><style>x</style></head><body><p>a<br/>b &eacute;</p></body></html>"#
        let page = try extract(xhtml, "application/xhtml+xml")
        #expect(page.title == "T")
        #expect(page.blocks == ["p: a\nb é"])
        #expect(rejection(Array("<html><p></html>".utf8), "application/xhtml+xml") == .parseFailed)
    }

    @Test func `a page that is boilerplate throughout is kept whole`() throws {
        #expect(try extract("<nav><p>Only this</p></nav>", "text/html").blocks == ["p: Only this"])
        #expect(try extract("<html></html>", "text/html").blocks == [])
    }

    @Test func `the media type decides, else the first bytes`() {
        #expect(rejection(Array("x".utf8), "application/x-nobody-knows") == .unsupportedMediaType)
        #expect(rejection(Array("x".utf8), "text") == .unsupportedMediaType)
        #expect(MediaType.parse("Text/HTML; Charset=\"UTF-8\"; x") == MediaType("text/html", parameters: ["charset": "UTF-8"]))
        for (content, type) in [
            ("<!DOCTYPE html><p>", MediaType.html), ("\u{FEFF} <HTML>", .html), ("<?xml version='1.0'?><a/>", .xml), ("<htmlx>", .plainText),
            ("# a", .plainText), ("", .plainText),
        ] {
            #expect(Array(content.utf8).withUnsafeBufferPointer(MediaType.detect) == type)
        }
    }
}
