import Digest

/// The algorithms accepted, by their JOSE names (RFC 7518, 3.1; RFC 8037). Each has a kind of key of its own, so that no key is used as another's.
enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case eddsa = "EdDSA"

    init(_ kind: PublicKey.Kind) {
        switch kind {
        case .rsa: self = .rs256
        case .p256: self = .es256
        case .ed25519: self = .eddsa
        }
    }
}
