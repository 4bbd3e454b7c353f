import Glibc

/// An address of the Internet Protocol. One of version 4 that is written as version 6 (`::ffff:192.0.2.1`) is the address of version 4.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Version: Sendable, Hashable {
        case v4, v6

        var bitCount: Int { self == .v4 ? 32 : 128 }
    }

    package let version: Version
    /// In host order; of version 4 the low 32 bits.
    let bits: UInt128

    init(version4 bits: UInt32) {
        version = .v4
        self.bits = UInt128(bits)
    }

    init(version6 bits: UInt128) {
        let isMapped = bits >> 32 == 0xFFFF
        version = isMapped ? .v4 : .v6
        self.bits = isMapped ? bits & 0xFFFF_FFFF : bits
    }

    /// Reads four decimal numbers with dots, or RFC 4291's form without brackets and without a zone.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        // C would take what stands before it for the whole.
        guard !text.utf8.contains(0) else { return nil }
        var version4 = in_addr()
        var version6 = in6_addr()
        if inet_pton(AF_INET, text, &version4) == 1 {
            self.init(version4)
        } else if inet_pton(AF_INET6, text, &version6) == 1 {
            self.init(version6)
        } else {
            return nil
        }
    }

    /// The address of a socket, as the system keeps it; nil where it is neither version 4 nor version 6.
    package init?(socketAddress: UnsafeRawBufferPointer) {
        guard socketAddress.count >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(socketAddress.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where socketAddress.count >= MemoryLayout<sockaddr_in>.size:
            self.init(socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr)
        case AF_INET6 where socketAddress.count >= MemoryLayout<sockaddr_in6>.size:
            self.init(socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default:
            return nil
        }
    }

    private init(_ address: in_addr) {
        self.init(version4: UInt32(bigEndian: address.s_addr))
    }

    private init(_ address: in6_addr) {
        self.init(version6: withUnsafeBytes(of: address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
    }

    /// The canonical form (RFC 5952), without brackets.
    package var description: String {
        // The longest text of an address, with its end (POSIX, INET6_ADDRSTRLEN).
        var text = [CChar](repeating: 0, count: 46)
        switch version {
        case .v4:
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: bits).bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        case .v6:
            var address = bits.bigEndian
            inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// Whether it can be the address of a server on the public Internet: not private, loopback, link-local, shared, multicast, reserved
    /// or for documentation, nor a way of writing such an address inside another (IANA's special-purpose address registries).
    package var isPublic: Bool {
        switch version {
        case .v4:
            return !SpecialAddresses.version4.contains { $0.contains(self) }
        case .v6:
            if SpecialAddresses.translated.contains(self) { return IPAddress(version4: UInt32(truncatingIfNeeded: bits)).isPublic }
            return SpecialAddresses.globalUnicast.contains(self) && !SpecialAddresses.version6.contains { $0.contains(self) }
        }
    }
}

/// IANA's special-purpose registries for IPv4 and IPv6, as far as they are not globally reachable.
private enum SpecialAddresses {
    static let version4 = [
        v4(0, 0, 0, 0, 8), v4(10, 0, 0, 0, 8), v4(100, 64, 0, 0, 10), v4(127, 0, 0, 0, 8), v4(169, 254, 0, 0, 16), v4(172, 16, 0, 0, 12),
        v4(192, 0, 0, 0, 24), v4(192, 0, 2, 0, 24), v4(192, 88, 99, 0, 24), v4(192, 168, 0, 0, 16), v4(198, 18, 0, 0, 15),
        v4(198, 51, 100, 0, 24), v4(203, 0, 113, 0, 24), v4(224, 0, 0, 0, 4), v4(240, 0, 0, 0, 4),
        // A public address on paper, the host's own services to every Azure machine.
        v4(168, 63, 129, 16, 32),
    ]

    /// All that has been given out for unicast; what is outside is loopback, local, multicast or nothing yet.
    static let globalUnicast = v6(0x2000, 0, 3)

    static let version6 = [
        // Protocol assignments, Teredo among them; documentation, twice; 6to4, which carries an address of version 4.
        v6(0x2001, 0, 23), v6(0x2001, 0xDB8, 32), v6(0x3FFF, 0, 20), v6(0x2002, 0, 16),
    ]

    /// 64:ff9b::/96 (RFC 6052): a translator passes it on to the address of version 4 in its low bits.
    static let translated = v6(0x64, 0xFF9B, 96)

    private static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ length: Int) -> AddressRange {
        AddressRange(first: IPAddress(version4: a << 24 | b << 16 | c << 8 | d), prefixLength: length)
    }

    private static func v6(_ first: UInt128, _ second: UInt128, _ length: Int) -> AddressRange {
        AddressRange(first: IPAddress(version6: first << 112 | second << 96), prefixLength: length)
    }
}
