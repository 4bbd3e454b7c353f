import Contract

/// A signed token in its compact form (RFC 7515, 7.1), taken apart and not yet believed.
///
/// Of what it says, only the algorithm and the key's identifier are read before the signature has been checked.
struct CompactToken: Sendable {
    let algorithm: SignatureAlgorithm
    /// Compared with the keys' own identifiers and used for nothing else.
    let keyID: String?
    /// What was signed: the first two parts as they stand.
    let signed: [UInt8]
    let signature: [UInt8]
    private let encodedPayload: ArraySlice<UInt8>

    /// A thousand groups of forty bytes take 55,000; this is room for longer names, and no work for what nobody issues.
    static let maximumBytes = 256 * 1024
    /// Header members that bring a key, or the place of one, along (RFC 7515, 4.1): whoever wrote the token chose it. Extensions that
    /// must be understood are not.
    private static let refusedMembers = ["crit", "b64", "jku", "jwk", "x5u", "x5c"]
    /// As the header may have it; left out by many issuers (RFC 7519, 5.1; RFC 9068, 2.1).
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    /// - Throws: `.malformed`, `.header`, `.algorithm`.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maximumBytes else { throw .malformed }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        let header = try Self.object(parts[0])
        guard let name = header["alg"]?.string else { throw .malformed }
        guard let algorithm = SignatureAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else { throw .algorithm }
        guard !header.members.contains(where: { member in Self.refusedMembers.contains { $0.hasSameBytes(as: member.name) } }) else { throw .header }
        if let type = header["typ"] {
            guard let type = type.string, Self.types.contains(type.lowercased()) else { throw .header }
        }
        if let id = header["kid"], id.string == nil { throw .malformed }
        self.algorithm = algorithm
        self.signature = signature
        keyID = header["kid"]?.string
        signed = Array(parts[0] + [UInt8(ascii: ".")] + parts[1])
        encodedPayload = parts[1]
    }

    /// To be asked for once the signature holds.
    ///
    /// - Throws: `.malformed`.
    func claims() throws(TokenRefusal) -> JSONObject {
        try Self.object(encodedPayload)
    }

    private static func object(_ part: ArraySlice<UInt8>) throws(TokenRefusal) -> JSONObject {
        guard let bytes = Base64URL.decode(part), let object = (try? JSON.parse(bytes))?.object else { throw .malformed }
        return object
    }
}
