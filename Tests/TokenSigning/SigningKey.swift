import CCrypto

/// A key pair of an issuer that tests make up. The product verifies and never signs.
///
/// `@unchecked`: the key is not changed after it is made, and may then be used by several threads (openssl-threads(7)).
package final class SigningKey: @unchecked Sendable {
    package enum Kind: Sendable { case rsa(bits: Int), ec(curve: String), ed25519 }

    private let key: OpaquePointer
    package let kind: Kind

    package init(_ kind: Kind) throws {
        self.kind = kind
        let algorithm =
            switch kind {
            case .rsa: "RSA"
            case .ec: "EC"
            case .ed25519: "ED25519"
            }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else { throw SigningError() }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { throw SigningError() }
        switch kind {
        case .rsa(let bits): guard EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1 else { throw SigningError() }
        case .ec(let curve): guard EVP_PKEY_CTX_set_group_name(context, curve) == 1 else { throw SigningError() }
        case .ed25519: break
        }
        var made: OpaquePointer?
        guard EVP_PKEY_generate(context, &made) == 1, let made else { throw SigningError() }
        key = made
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// As JOSE writes signatures: of EC r and s.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw SigningError() }
        defer { EVP_MD_CTX_free(context) }
        var digest: String? = "SHA256"
        if case .ed25519 = kind { digest = nil }
        guard EVP_DigestSignInit_ex(context, nil, digest, nil, nil, key, nil) == 1 else { throw SigningError() }
        var signature = [UInt8](repeating: 0, count: 2048)
        var count = signature.count
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { throw SigningError() }
        signature = Array(signature.prefix(count))
        if case .ec = kind { return Self.joseSignature(signature) }
        return signature
    }

    /// Of RSA `n` and `e`, of EC `x` and `y`, of Ed25519 `x`.
    package func parameters() throws -> [String: [UInt8]] {
        switch kind {
        case .rsa: ["n": try number("n"), "e": try number("e")]
        case .ec: ["x": try number("qx", count: 32), "y": try number("qy", count: 32)]
        case .ed25519: ["x": try octets("pub")]
        }
    }

    private func number(_ name: String, count: Int? = nil) throws -> [UInt8] {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { throw SigningError() }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: count ?? Int(BN_num_bits(number) + 7) / 8)
        guard BN_bn2binpad(number, &bytes, Int32(bytes.count)) == bytes.count else { throw SigningError() }
        return bytes
    }

    private func octets(_ name: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        var count = 0
        guard EVP_PKEY_get_octet_string_param(key, name, &bytes, bytes.count, &count) == 1 else { throw SigningError() }
        return Array(bytes.prefix(count))
    }

    /// From `SEQUENCE { INTEGER r, INTEGER s }`, whose lengths are below 128 for P-256.
    private static func joseSignature(_ der: [UInt8]) -> [UInt8] {
        var rest = der.dropFirst(2)
        var signature: [UInt8] = []
        for _ in 0..<2 {
            let count = Int(rest[rest.startIndex + 1])
            let digits = rest.dropFirst(2).prefix(count).drop { $0 == 0 }
            signature += [UInt8](repeating: 0, count: max(0, 32 - digits.count)) + digits
            rest = rest.dropFirst(2 + count)
        }
        return signature
    }
}

package struct SigningError: Error {
    package init() {}
}
