import Digest
import Testing

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ]) func `the digests are those of FIPS 180`(_ text: String, _ digest: String) {
        #expect(hexEncoded(SHA256.hash(text.utf8)) == digest)
        #expect(hexEncoded(SHA256.hash(Array(text.utf8))) == digest)
        #expect(hexEncoded(SHA256.hash(AnySequence(text.utf8))) == digest)
    }

    @Test func `a digest does not depend on how the bytes were cut`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [0, 1, 63, 64, 65, 999, 1000] {
            var hash = SHA256()
            hash.update(bytes[..<cut])
            hash.update(bytes[cut...])
            #expect(hash.finalize() == SHA256.hash(bytes))
        }
    }
}
