import Addresses
import Testing

@testable import References

struct ReferencePolicyTests {
    private func policy(_ hosts: String..., networks: [String] = []) throws -> ReferencePolicy {
        try ReferencePolicy(hosts: hosts.map { try #require(HostPattern($0)) }, privateNetworks: networks.map { try #require(AddressRange($0)) })
    }

    private func isRefused(_ reference: String, by policy: ReferencePolicy) -> Bool {
        do {
            _ = try policy.target(of: reference)
            return false
        } catch {
            return error.kind == .refused && !error.description.contains(reference)
        }
    }

    @Test(arguments: ["https://a.example/", "http://a.example/", "file:///etc/passwd", "https://127.0.0.1/", ""])
    func `without settings everything is refused`(reference: String) throws {
        #expect(isRefused(reference, by: try ReferencePolicy()))
    }

    @Test(arguments: [
        "https://a.example/x?y#z", "https://A.EXAMPLE./", "https://a.example:443/", "https://x.y.b.example:8443/", "http://intranet/",
        "https://xn--a-xn.example/",
    ])
    func `what is allowed`(reference: String) throws {
        #expect(!isRefused(reference, by: try policy("a.example", "*.b.example:8443", "http://intranet", "xn--a-xn.example")))
    }

    @Test(arguments: [
        "http://a.example/", "https://a.example:8443/", "https://x.b.example/", "https://b.example:8443/", "https://intranet/", "http://intranet:81/",
        "https://a.example.evil/", "https://evil/a.example", "https://a.example@evil/", "https://evil#a.example", "https://user@a.example/", "ftp://a.example/",
        "https:a.example", "https://evil\\.a.example/", "https://a.example%2Eevil/", "https://a.example%00/", "a.example", "//a.example/", "data:text/plain,x",
        "https://ａ.example/", "jar:https://a.example/!/", "https://[::1]/", "https://2130706433/", "https://a.example\n/", " https://a.example/",
        "https://a.example../",
    ])
    func `what is refused beside it`(reference: String) throws {
        #expect(isRefused(reference, by: try policy("a.example", "*.b.example:8443", "http://intranet")))
    }

    @Test func `a reference without end is refused unread`() throws {
        #expect(isRefused("https://a.example/" + String(repeating: "x", count: 9_000), by: try policy("a.example")))
    }

    @Test func `an address is admitted where it is public or named`() throws {
        let policy = try policy(networks: ["10.1.0.0/16", "fd00::/8"])
        for (text, isAdmitted) in [
            ("1.1.1.1", true), ("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("127.0.0.1", false), ("169.254.169.254", false),
            ("fd12::1", true),
            ("fe80::1", false), ("::1", false),
        ] {
            #expect(policy.admits(try #require(IPAddress(text))) == isAdmitted, "\(text)")
        }
    }

    @Test(arguments: [
        ("file:///data/a.txt", "/data/a.txt"), ("file:/data/a", "/data/a"), ("FILE://localhost/data/a%20b", "/data/a b"), ("file:///d/%C3%BC", "/d/ü"),
        ("file:///d/a.b..c", "/d/a.b..c"),
    ])
    func `a file URL names a path`(text: String, path: String) {
        #expect(FileURL.path(of: text) == path)
    }

    @Test(arguments: [
        "file:", "file:a", "file://", "file:///", "file://host/a", "file:///a/../b", "file:///a/%2e%2e/b", "file:///a/./b", "file:///a//b", "file:///a/",
        "file:///a%2Fb",
        "file:///a%00", "file:///a%", "file:///a%4", "file:///a%zz", "file:///a%FF", "file:///a?b", "file:///a#b", "file:///a\n", "/a", "https://a/b",
    ])
    func `what is no file URL`(text: String) {
        #expect(FileURL.path(of: text) == nil)
    }

    @Test(arguments: ["relative", "", "/nonexistent/folder", "/etc/passwd"])
    func `a folder that is none is an error at once`(folder: String) {
        #expect(throws: ReferenceSetupError(code: .folder, path: folder)) { _ = try ReferencePolicy(folders: [folder]) }
    }

    @Test(arguments: [
        ("https://A.example/x", "a.example"), ("https://a.example:443", "a.example"), ("https://a.example:8443/", "a.example:8443"),
        ("http://a.example/", "a.example:80"),
        ("https://[::1]/", "[::1]"), ("http://2130706433/", "127.0.0.1:80"), ("file:///a", nil), ("", nil), ("https://u@a/", nil),
    ])
    func `a host has one name`(reference: String, host: String?) {
        #expect(ReferenceFetcher.host(of: reference) == host)
    }
}
