import Testing

@testable import Addresses

struct HostPatternTests {
    @Test(arguments: [
        ("files.example", "https", "files.example", 443, true), ("files.example", "https", "a.files.example", 443, false),
        ("files.example", "http", "files.example", 80, false), ("files.example", "https", "files.example", 8443, false),
        ("Files.Example.", "https", "files.example", 443, true), ("files.example:8443", "https", "files.example", 8443, true),
        ("files.example:8443", "https", "files.example", 443, false), ("*.example", "https", "a.example", 443, true),
        ("*.example", "https", "a.b.example", 443, true), ("*.example", "https", "example", 443, false), ("*.example", "https", "badexample", 443, false),
        ("*.example", "https", ".example", 443, false), ("http://intranet", "http", "intranet", 80, true), ("http://intranet", "https", "intranet", 443, false),
        ("HTTP://intranet:8080", "http", "intranet", 8080, true), ("https://a.example", "https", "a.example", 443, true),
        ("127.0.0.1", "https", "127.0.0.1", 443, true), ("[::1]:8443", "https", "::1", 8443, true), ("[2001:DB8:0::1]", "https", "2001:db8::1", 443, true),
        ("xn--bcher-kva.example", "https", "xn--bcher-kva.example", 443, true),
    ])
    func `a pattern allows its servers and no other`(pattern: String, scheme: String, host: String, port: UInt16, matches: Bool) throws {
        #expect(try #require(HostPattern(pattern)).matches(try #require(WebScheme(rawValue: scheme)), host: host, port: port) == matches)
    }

    @Test(arguments: [
        "", "*", "*.", "*.*.example", "a.*.example", "*example", "ftp://a.example", "file:///a", "a.example/", "a.example/path", "user@a.example",
        "a.example:0",
        "a.example:65536", "a.example:", "a.example:+1", "a..example", ".example", "bücher.example", "::1", "[::1", "[fe80::1%25eth0]", "2130706433", "0x7f.1",
        "127.1", "*.0.0.1", "a b", "https://", "://a",
    ])
    func `what is no pattern`(text: String) {
        #expect(HostPattern(text) == nil)
    }

    @Test(arguments: [("a.example", "https://a.example"), ("http://*.a.example:81", "http://*.a.example:81"), ("[::1]", "https://[::1]")])
    func `a pattern shows itself whole`(text: String, description: String) throws {
        #expect(try #require(HostPattern(text)).description == description)
    }
}
