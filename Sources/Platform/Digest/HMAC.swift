/// HMAC with SHA-256 (RFC 2104): a digest that nobody can try guesses against without the key.
package enum HMAC {
    /// What SHA-256 works on at a time, in bytes.
    private static let blockBytes = 64

    /// - Parameter key: of any length; 32 random bytes are as good as it gets.
    /// - Returns: 32 bytes.
    package static func sha256(_ message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        let short = key.count > blockBytes ? SHA256.hash(key) : key
        let block = short + Array(repeating: 0, count: blockBytes - short.count)
        var inner = SHA256()
        inner.update(block.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = SHA256()
        outer.update(block.map { $0 ^ 0x5C })
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
