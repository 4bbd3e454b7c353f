import Contract
import Digest

/// The public keys of an issuer, from a JSON Web Key Set (RFC 7517).
///
/// Keys for other purposes, of other kinds, too weak, or with their private half beside them are passed over, as the standard has it.
struct KeySet: Sendable {
    struct Entry: Sendable {
        let id: String?
        let key: PublicKey

        var algorithm: SignatureAlgorithm { SignatureAlgorithm(key.kind) }
    }

    let entries: [Entry]

    /// Issuers publish a handful; each costs a few microseconds to look through and up to a millisecond to read.
    private static let maximumKeys = 100

    /// - Throws: `.malformed`; `.noUsableKey`: a set that could only refuse is a mistake at its source.
    init(_ bytes: [UInt8]) throws(KeyError) {
        guard let set = try? JSON.parse(bytes), let keys = set["keys"]?.array, keys.count <= Self.maximumKeys else { throw KeyError(.malformed) }
        entries = keys.compactMap { $0.object.flatMap(Self.entry) }
        guard !entries.isEmpty else { throw KeyError(.noUsableKey) }
    }

    /// The one key that is meant. A token that names none means the only one of its algorithm.
    ///
    /// - Returns: Nothing where there is none, or more than one.
    func key(_ id: String?, for algorithm: SignatureAlgorithm) -> PublicKey? {
        let fitting = entries.filter { entry in
            guard entry.algorithm == algorithm else { return false }
            guard let id else { return true }
            return entry.id?.hasSameBytes(as: id) ?? false
        }
        return fitting.count == 1 ? fitting.first?.key : nil
    }

    private static func entry(_ key: JSONObject) -> Entry? {
        guard key["d"] == nil, key["use"].map({ $0.string == "sig" }) ?? true else { return nil }
        guard key["key_ops"].map({ $0.array?.contains(.string("verify")) ?? false }) ?? true else { return nil }
        guard key["kid"].map({ $0.string != nil }) ?? true, let publicKey = publicKey(key) else { return nil }
        guard key["alg"].map({ $0.string == SignatureAlgorithm(publicKey.kind).rawValue }) ?? true else { return nil }
        return Entry(id: key["kid"]?.string, key: publicKey)
    }

    /// By RFC 7518, 6.2.1 and 6.3.1, and RFC 8037, 2.
    private static func publicKey(_ key: JSONObject) -> PublicKey? {
        switch (key["kty"]?.string, key["crv"]?.string) {
        case ("RSA", nil):
            guard let modulus = bytes(key["n"]), let exponent = bytes(key["e"]) else { return nil }
            return .rsa(modulus: modulus, exponent: exponent)
        case ("EC", "P-256"):
            guard let x = bytes(key["x"]), let y = bytes(key["y"]) else { return nil }
            return .p256(x: x, y: y)
        case ("OKP", "Ed25519"): return bytes(key["x"]).flatMap(PublicKey.ed25519)
        default: return nil
        }
    }

    private static func bytes(_ value: JSON?) -> [UInt8]? {
        value?.string.flatMap { Base64URL.decode($0.utf8) }
    }
}

/// Why there are no keys, or no newer ones. Names no place and repeats nothing that was read.
package struct KeyError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The server or the file could not be read.
        case unavailable
        /// What was read is no key set, or larger than one is.
        case malformed
        /// The set has no key for an accepted algorithm.
        case noUsableKey
    }

    package let code: Code

    init(_ code: Code) {
        self.code = code
    }

    package var description: String {
        switch code {
        case .unavailable: "the source of the keys cannot be read"
        case .malformed: "the source of the keys holds no JSON Web Key Set"
        case .noUsableKey: "the key set has no key for RS256 (2,048 bits and more), ES256 or EdDSA signatures"
        }
    }
}
