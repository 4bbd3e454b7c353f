import Glibc
import Testing

@testable import Addresses

struct IPAddressTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    ])
    func `an IPv4 address that is not public`(text: String) throws {
        #expect(try !#require(IPAddress(text)).isPublic)
        #expect(try !#require(IPAddress("::ffff:\(text)")).isPublic, "mapped")
        #expect(try !#require(IPAddress("64:ff9b::\(text)")).isPublic, "translated")
        #expect(try !#require(IPAddress("::\(text)")).isPublic, "compatible")
    }

    @Test(arguments: ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.169.0.0", "223.255.255.255"])
    func `an IPv4 address that is public`(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
        #expect(try #require(IPAddress("::ffff:\(text)")).isPublic, "mapped")
        #expect(try #require(IPAddress("64:ff9b::\(text)")).isPublic, "translated")
    }

    @Test(arguments: [
        "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::",
        "3fff::1", "100::1", "64:ff9b:1::1", "5f00::1", "4000::1",
    ])
    func `an IPv6 address that is not public`(text: String) throws {
        #expect(try !#require(IPAddress(text)).isPublic)
    }

    @Test(arguments: ["2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "2001:200::1"])
    func `an IPv6 address that is public`(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1", "127.0.0.1"), ("::FFFF:7F00:1", "127.0.0.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"),
    ])
    func `an address has one form`(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x7f.0.0.1", "2130706433", "256.1.1.1", "fe80::1%eth0", "[::1]", "127.0.0.1 ", "127.0.0.1\0.a", ":::",
    ])
    func `what is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a socket's address is read as the system keeps it`() throws {
        var version4 = sockaddr_in()
        version4.sin_family = sa_family_t(AF_INET)
        version4.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        #expect(withUnsafeBytes(of: version4) { IPAddress(socketAddress: $0) } == IPAddress("127.0.0.1"))
        #expect(withUnsafeBytes(of: version4) { IPAddress(socketAddress: UnsafeRawBufferPointer(rebasing: $0[..<8])) } == nil)
        var version6 = sockaddr_in6()
        version6.sin6_family = sa_family_t(AF_INET6)
        version6.sin6_addr = in6addr_loopback
        #expect(withUnsafeBytes(of: version6) { IPAddress(socketAddress: $0) } == IPAddress("::1"))
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        #expect(withUnsafeBytes(of: local) { IPAddress(socketAddress: $0) } == nil)
    }
}

struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("0.0.0.0/0", "1.2.3.4", true),
        ("0.0.0.0/0", "::1", false), ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("::1/128", "::1", true), ("::/0", "::1", true), ("::/0", "1.2.3.4", false), ("192.0.2.4/31", "192.0.2.5", true),
    ])
    func `a range holds what shares its prefix`(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.0/8/8", "/8", "", "10/8", "fd00::1/8", "::/129", "::ffff:10.0.0.0/104",
    ])
    func `what is no range`(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
