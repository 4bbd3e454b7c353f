import Addresses
import WebClient

/// What an operator lets documents refer to. By default nothing.
package struct ReferencePolicy: Sendable {
    private let hosts: [HostPattern]
    private let folders: [ReferenceFolder]
    private let privateNetworks: [AddressRange]

    /// - Parameters:
    ///   - hosts: web servers, with scheme and port.
    ///   - folders: absolute paths; what lies below them may be referred to.
    ///   - privateNetworks: addresses that may be connected to though they are not public.
    /// - Throws: `ReferenceSetupError.Code.folder`.
    package init(hosts: [HostPattern] = [], folders: [String] = [], privateNetworks: [AddressRange] = []) throws(ReferenceSetupError) {
        self.hosts = hosts
        self.privateNetworks = privateNetworks
        var opened: [ReferenceFolder] = []
        for folder in folders {
            guard let folder = ReferenceFolder(folder) else { throw ReferenceSetupError(code: .folder, path: folder) }
            opened.append(folder)
        }
        self.folders = opened
    }

    /// Whether a host may be connected to at this address, whatever its name.
    package func admits(_ address: IPAddress) -> Bool {
        address.isPublic || privateNetworks.contains { $0.contains(address) }
    }

    /// Where a reference leads, if it is allowed there.
    ///
    /// - Throws: `ReferenceError.Kind.refused`.
    func target(of reference: String) throws(ReferenceError) -> ReferenceTarget {
        guard reference.utf8.count <= Self.maximumReferenceBytes else { throw ReferenceError(.refused, "the reference is too long") }
        if let path = FileURL.path(of: reference) { return .file(try file(path)) }
        guard let url = WebURL(reference) else { throw ReferenceError(.refused, "the reference is neither an allowed file nor a plain web address") }
        return .web(try judged(url))
    }

    /// The same URL, if its server is allowed. Each one on a chain of redirects is judged like the first.
    func judged(_ url: WebURL) throws(ReferenceError) -> WebURL {
        guard hosts.contains(where: { $0.matches(url.scheme, host: url.host, port: url.port) }) else {
            throw ReferenceError(.refused, "the host, scheme or port is not allowed")
        }
        return url
    }

    private func file(_ path: String) throws(ReferenceError) -> FolderFile {
        guard folders.contains(where: { $0.spells(path) }) else { throw ReferenceError(.refused, "the file is outside the allowed folders") }
        return FolderFile(path: path, folders: folders)
    }

    /// What servers and proxies commonly take (RFC 9110, 4.1 asks for 8,000), with room for a signature.
    private static let maximumReferenceBytes = 8_192
}

/// Where an allowed reference leads.
enum ReferenceTarget: Sendable {
    case web(WebURL)
    case file(FolderFile)
}

/// `file:` URLs (RFC 8089) of this machine.
enum FileURL {
    /// The absolute path; nil where the text is no such URL, or its path leads anywhere but straight down.
    static func path(of text: String) -> String? {
        guard text.prefix(5).lowercased() == "file:" else { return nil }
        var rest = text.dropFirst(5)
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let host = rest.prefix { $0 != "/" }
            guard host.isEmpty || host.lowercased() == "localhost" else { return nil }
            rest = rest.dropFirst(host.count)
        }
        guard rest.utf8.first == 0x2F, let path = decoded(rest) else { return nil }
        let segments = path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map { String($0) ?? "" }
        return segments.contains { ["", ".", ".."].contains($0) } ? nil : path
    }

    /// Nil for query and fragment, an escape that is none, an escaped `/` or NUL, and bytes that are not UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x00...0x1F, 0x7F, UInt8(ascii: "?"), UInt8(ascii: "#"):
                return nil
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                let value = high << 4 | low
                guard value != 0, value != 0x2F else { return nil }
                bytes.append(value)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
