import CCrypto

/// SHA-256 (FIPS 180-4) by libcrypto.
///
/// ```swift
/// var hash = SHA256()
/// hash.update("text".utf8)
/// let digest = hash.finalize()  // 32 bytes
/// ```
package struct SHA256: ~Copyable {
    package static let byteCount = 32

    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
        self.context = context
        Self.check(EVP_DigestInit_ex2(context, Algorithm.sha256.pointer, nil))
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Self.check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
    }

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let direct: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if direct == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// The digest of everything so far: 32 bytes.
    package consuming func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            Self.check(EVP_DigestFinal_ex(context, buffer.baseAddress, nil))
            count = Self.byteCount
        }
    }

    /// The digest of `bytes`: 32 bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of `bytes`: 32 bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// libcrypto's digest calls fail only where memory or the provider is gone: nothing that a caller could mend.
    private static func check(_ status: Int32) {
        precondition(status == 1, "libcrypto failed to digest")
    }
}

/// Fetched once: looking an algorithm up by name costs more than hashing a short key.
///
/// `@unchecked`: an `EVP_MD` is immutable and may be shared between threads (EVP_MD_fetch(3)).
private struct Algorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    static let sha256: Algorithm = {
        guard let pointer = EVP_MD_fetch(nil, "SHA256", nil) else { preconditionFailure("libcrypto has no SHA-256") }
        return Algorithm(pointer: pointer)
    }()
}
