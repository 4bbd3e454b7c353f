import Addresses
import Testing

@testable import WebClient

struct WebURLTests {
    @Test(arguments: [
        ("https://a.example/x?y=1#z", "https", "a.example", 443), ("HTTPS://A.Example./", "https", "a.example", 443), ("http://a:8080", "http", "a", 8080),
        ("http://2130706433/", "http", "127.0.0.1", 80), ("http://0177.0.0.1/", "http", "127.0.0.1", 80), ("http://0x7f.1/", "http", "127.0.0.1", 80),
        ("http://127.1/", "http", "127.0.0.1", 80), ("http://127.0.0.1./", "http", "127.0.0.1", 80), ("http://%31%32%37.0.0.1/", "http", "127.0.0.1", 80),
        ("https://[::1]/", "https", "::1", 443), ("https://[::FFFF:127.0.0.1]:8443/", "https", "127.0.0.1", 8443), ("https://[0:0::1]", "https", "::1", 443),
        ("https://xn--bcher-kva.example/", "https", "xn--bcher-kva.example", 443), ("https://a.example:0443/", "https", "a.example", 443),
    ])
    func `a URL has one form`(text: String, scheme: String, host: String, port: UInt16) throws {
        let url = try #require(WebURL(text))
        #expect(url.scheme.rawValue == scheme && url.host == host && url.port == port)
    }

    @Test(arguments: [
        "", "a.example", "//a.example/", "/path", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "javascript:alert(1)", "https://",
        "https://user@a.example/", "https://user:pass@a.example/", "https://:@a.example/", "https://a.example\\@b.example/", "https://a b.example/",
        "https://a.example:99999/", "https://a.example:0/", "https://a.example:-1/", "https://[::1/", "https://[::1%25eth0]/", "https://[fe80::1%25lo]/",
        "https://bücher.example/", "https://b%C3%BCcher.example/", "https://１２７.0.0.1/", "https://a。example/", "https://a.example\0.b/",
        "https://a.example/\r\nX: y",
        "https://a..", "https://.", "https:// a.example/", "https://a.example#@b.example:x@",
    ])
    func `what is no plain web address`(text: String) {
        let url = WebURL(text)
        // Where a fragment merely looks like a host, what is left is judged by the real one.
        #expect(url == nil || url?.host == "a.example" && text.contains("#"))
    }

    @Test(arguments: [
        ("https://A.example/x#frag", "https://a.example/x"), ("https://a.example./p?sig=a%2Fb+c%3D&x=1", "https://a.example/p?sig=a%2Fb+c%3D&x=1"),
        ("http://2130706433:81/x", "http://127.0.0.1:81/x"), ("https://a.example/Größe", "https://a.example/Gr%c3%b6%c3%9fe"),
    ])
    func `what is requested is what was judged`(text: String, requested: String) throws {
        #expect(try #require(WebURL(text)).text == requested)
    }

    @Test(arguments: [
        ("/y", "https://a.example/y"), ("y?q", "https://a.example/d/y?q"), ("//b.example/", "https://b.example/"),
        ("http://c.example:81/z", "http://c.example:81/z"),
        ("https://user@b.example/", nil), ("file:///etc/passwd", nil), ("https://ü.example/", nil),
    ])
    func `a location is read against where it stands`(location: String, expected: String?) throws {
        #expect(try #require(WebURL("https://a.example/d/x")).resolving(location)?.text == expected)
    }

    @Test func `a header cannot end its line`() {
        #expect(WebHeader("Authorization", "Bearer x\r\nHost: y") == nil)
        #expect(WebHeader("A:B", "c") == nil && WebHeader("", "c") == nil && WebHeader("A B", "c") == nil)
        #expect(WebHeader("Accept", "text/html, é") != nil)
    }
}
