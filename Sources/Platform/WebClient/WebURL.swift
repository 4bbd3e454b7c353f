import Addresses
import CCurl

/// Where something is on a web server, in one canonical form.
///
/// libcurl's own parser reads it, so what is judged by its parts is what will be requested: `http://2130706433/` has the host `127.0.0.1`.
package struct WebURL: Sendable, Hashable {
    package let scheme: WebScheme
    /// In lower case, without a last dot; an address in its canonical form without brackets.
    package let host: String
    package let port: UInt16
    /// As it is requested: absolute, without a fragment.
    let text: String

    /// Nil where it is no absolute URL of `http` or `https`, names a user, or has a host with letters beyond ASCII. These go by `xn--`:
    /// what they stand for differs between libraries and locales.
    package init?(_ text: String) {
        self.init(text, base: nil)
    }

    /// What `location`, absolute or relative, means in an answer from here (RFC 9110, 10.2.2).
    package func resolving(_ location: String) -> WebURL? {
        WebURL(location, base: self)
    }

    private init?(_ text: String, base: WebURL?) {
        guard !text.utf8.contains(0), let url = ParsedURL() else { return nil }
        if let base {
            guard url.set(CURLUPART_URL, base.text) else { return nil }
        }
        guard url.set(CURLUPART_URL, text), url.set(CURLUPART_FRAGMENT, nil), url.part(CURLUPART_ZONEID) == nil else { return nil }
        guard let scheme = url.part(CURLUPART_SCHEME).flatMap({ WebScheme(rawValue: $0.lowercased()) }),
            let port = url.part(CURLUPART_PORT).flatMap({ UInt16($0) }), port > 0,
            let name = url.part(CURLUPART_HOST), let host = Self.canonicalHost(name),
            url.set(CURLUPART_HOST, host.contains(":") ? "[\(host)]" : host),
            let whole = url.part(CURLUPART_URL)
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.text = whole
    }

    private static func canonicalHost(_ name: String) -> String? {
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        if name.hasPrefix("["), name.hasSuffix("]") { return IPAddress(name.dropFirst().dropLast())?.description }
        let plain = name.hasSuffix(".") ? name.dropLast() : name[...]
        guard !plain.isEmpty, !plain.hasSuffix(".") else { return nil }
        return IPAddress(plain)?.description ?? plain.lowercased()
    }
}

/// A URL taken apart by libcurl.
private struct ParsedURL: ~Copyable {
    private let handle: OpaquePointer

    init?() {
        guard let handle = curl_url() else { return nil }
        self.handle = handle
    }

    deinit {
        curl_url_cleanup(handle)
    }

    /// Bytes beyond ASCII in path and query are percent-encoded; user-info is refused.
    func set(_ part: CURLUPart, _ text: String?) -> Bool {
        let flags = part == CURLUPART_URL ? CURLU_DISALLOW_USER | CURLU_URLENCODE : 0
        return curl_url_set(handle, part, text, UInt32(flags)) == CURLUE_OK
    }

    func part(_ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let flags = part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0
        guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
