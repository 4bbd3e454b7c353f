/// The addresses that share a prefix, such as `10.0.0.0/8` (RFC 4632, RFC 4291).
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    let first: IPAddress
    let prefixLength: Int

    init(first: IPAddress, prefixLength: Int) {
        self.first = first
        self.prefixLength = prefixLength
    }

    /// Reads `address/length`, or an address alone. Nil where bits past the prefix are set: one of the two numbers is not what was meant.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }), parts.count <= 2 else { return nil }
        guard parts.count == 2 else {
            self.init(first: address, prefixLength: address.version.bitCount)
            return
        }
        // `::ffff:10.0.0.0/104` counts its bits otherwise than the address it stands for.
        let isMapped = address.version == .v4 && parts[0].contains(":")
        guard !isMapped, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let length = Int(parts[1]), length <= address.version.bitCount else { return nil }
        self.init(first: address, prefixLength: length)
        guard address.bits & ~mask == 0 else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.version == first.version && address.bits & mask == first.bits
    }

    package var description: String { "\(first)/\(prefixLength)" }

    /// Shifting by the whole width leaves nothing, as a prefix of no length should.
    private var mask: UInt128 {
        let width = first.version.bitCount
        let all: UInt128 = width == 128 ? .max : (1 << 32) - 1
        return all & (all << UInt128(width - prefixLength))
    }
}
