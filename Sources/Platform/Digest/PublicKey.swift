import CCrypto

/// A key that signatures are verified with, by libcrypto: RSA, ECDSA on P-256, or Ed25519. It cannot sign.
///
/// ```swift
/// let key = PublicKey.ed25519(bytes)
/// key?.verifies(signature, of: message)
/// ```
package final class PublicKey: Sendable {
    package enum Kind: Sendable, Hashable {
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017); a signature is as long as the modulus.
        case rsa
        /// ECDSA on P-256 with SHA-256 (FIPS 186-5); a signature is r and s, 32 bytes each (RFC 7518, 3.4).
        case p256
        /// Ed25519 (RFC 8032); a signature has 64 bytes.
        case ed25519
    }

    package let kind: Kind
    private let key: Key

    /// Shorter moduli have been out of bounds since 2013 (NIST SP 800-131A); from about 16,000 bits on one verification takes milliseconds.
    package static let modulusBits = 2048...8192

    private init(_ kind: Kind, _ key: Key) {
        self.kind = kind
        self.key = key
    }

    /// Numbers in network order; leading zeros do not count.
    ///
    /// - Returns: Nothing where the modulus is outside ``modulusBits``, or the exponent is not odd, above 2¹⁶ and below 2⁶⁴ (FIPS 186-5, 5.4 has the lower
    ///   bound; libcrypto takes no exponent past the upper one for long moduli).
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        let modulus = modulus.drop { $0 == 0 }
        let exponent = exponent.drop { $0 == 0 }
        guard let first = modulus.first, let last = exponent.last else { return nil }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        guard modulusBits.contains(bits), exponent.count <= 8, last % 2 == 1 else { return nil }
        guard exponent.reduce(0, { $0 << 8 | UInt64($1) }) > 1 << 16 else { return nil }
        let parameters = [KeyParameter(number: OSSL_PKEY_PARAM_RSA_N, modulus), KeyParameter(number: OSSL_PKEY_PARAM_RSA_E, exponent)]
        return Key(algorithm: "RSA", parameters).map { PublicKey(.rsa, $0) }
    }

    /// - Parameters: the point's coordinates, 32 bytes each in network order.
    /// - Returns: Nothing where that is no point of the curve.
    package static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        guard x.count == 32, y.count == 32 else { return nil }
        // The uncompressed form of SEC 1, 2.3.3.
        let parameters = [KeyParameter(text: OSSL_PKEY_PARAM_GROUP_NAME, "P-256"), KeyParameter(bytes: OSSL_PKEY_PARAM_PUB_KEY, [4] + x + y)]
        return Key(algorithm: "EC", parameters).map { PublicKey(.p256, $0) }
    }

    /// - Parameter bytes: 32 (RFC 8032, 5.1.5).
    package static func ed25519(_ bytes: [UInt8]) -> PublicKey? {
        guard bytes.count == 32 else { return nil }
        return Key(algorithm: "ED25519", [KeyParameter(bytes: OSSL_PKEY_PARAM_PUB_KEY, bytes)]).map { PublicKey(.ed25519, $0) }
    }

    /// Whether the signature is this key's over the message. Takes some 20 to 200 µs.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch kind {
        case .rsa, .ed25519: key.verifies(signature, of: message, digest: kind == .rsa ? "SHA256" : nil)
        case .p256: signature.count == 64 && key.verifies(Self.derSignature(signature), of: message, digest: "SHA256")
        }
    }

    /// r and s as libcrypto reads them: `SEQUENCE { INTEGER r, INTEGER s }` in DER (RFC 3279, 2.2.3). No length here passes 127.
    private static func derSignature(_ signature: [UInt8]) -> [UInt8] {
        let integers = [signature.prefix(32), signature.suffix(32)].flatMap { number -> [UInt8] in
            var digits = Array(number.drop { $0 == 0 })
            // A first bit that is set would make it negative, and zero has one digit.
            if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        return [0x30, UInt8(integers.count)] + integers
    }
}

/// One parameter of a key, as libcrypto takes it. Lives while its key is made.
private struct KeyParameter {
    enum Form { case number, text, bytes }

    let name: String
    let form: Form
    var value: [UInt8]

    /// libcrypto takes numbers in the machine's order.
    init(number name: String, _ value: ArraySlice<UInt8>) {
        self.name = name
        form = .number
        self.value = UInt16(1).littleEndian == 1 ? value.reversed() : Array(value)
    }

    /// Ended by a zero, which its size does not count: some readers go by the one, some by the other.
    init(text name: String, _ value: String) {
        self.name = name
        form = .text
        self.value = Array(value.utf8) + [0]
    }

    init(bytes name: String, _ value: [UInt8]) {
        self.name = name
        form = .bytes
        self.value = value
    }

    /// Lends the parameters, ended as libcrypto expects it. Do not let the pointer escape.
    static func withParameters<Result>(
        _ parameters: ArraySlice<KeyParameter>, _ made: [OSSL_PARAM] = [], _ body: (UnsafeMutablePointer<OSSL_PARAM>) -> Result
    )
        -> Result?
    {
        guard var parameter = parameters.first else {
            var ended = made + [OSSL_PARAM_construct_end()]
            return ended.withUnsafeMutableBufferPointer { $0.baseAddress.map(body) }
        }
        let form = parameter.form
        return parameter.name.withCString { name in
            parameter.value.withUnsafeMutableBytes { value in
                let type: UInt32 =
                    switch form {
                    case .number: UInt32(OSSL_PARAM_UNSIGNED_INTEGER)
                    case .text: UInt32(OSSL_PARAM_UTF8_STRING)
                    case .bytes: UInt32(OSSL_PARAM_OCTET_STRING)
                    }
                let size = form == .text ? value.count - 1 : value.count
                let next = OSSL_PARAM(key: name, data_type: type, data: value.baseAddress, data_size: size, return_size: 0)
                return withParameters(parameters.dropFirst(), made + [next], body)
            }
        }
    }
}

/// An `EVP_PKEY` that nobody changes any more.
///
/// `@unchecked`: such a key may be used by several threads at once (openssl-threads(7)); each verification has a context of its own.
private final class Key: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Nothing where libcrypto refuses the parameters.
    init?(algorithm: String, _ parameters: [KeyParameter]) {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        let status = KeyParameter.withParameters(parameters[...]) { parameters -> Int32 in
            guard EVP_PKEY_fromdata_init(context) == 1 else { return 0 }
            return EVP_PKEY_fromdata(context, &made, sluice_public_key, parameters)
        }
        guard let pointer = made else { return nil }
        self.pointer = pointer
        guard status == 1 else { return nil }
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    func verifies(_ signature: [UInt8], of message: [UInt8], digest: String?) -> Bool {
        // What a failure leaves in the thread's queue would be read as an error of whatever uses libcrypto next on it.
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit_ex(context, nil, digest, nil, nil, pointer, nil) == 1 else { return false }
        // 0 is a wrong signature, less than that one that could not be read.
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
