import Contract
import Index

/// Which dead letters an erasure is about.
struct LetterMatcher {
    private let erasure: ErasureInHand

    init(_ erasure: ErasureInHand) { self.erasure = erasure }

    func matches(_ record: InboundRecord) -> Bool {
        guard let letter = DeadLetterRecord(record) else { return false }
        let (original, topic) = (letter.original, InputTopicName(letter.errors.position.topic)?.topic)
        switch erasure.target {
        case .tenant: return letter.tenant == erasure.tenant || topic == .queries && QueryDecoder.tenant(of: original) == erasure.tenant
        case .document(let source, let document):
            return original.key == RecordKey(tenant: erasure.tenant, source: source, subject: document).bytes && topic != .memberships
        case .user(let user):
            // Looked for anywhere in a record of the tenant, and in every query.
            guard let value = original.value, letter.tenant == erasure.tenant || topic == .queries else { return false }
            return Self.names(user, value)
        }
    }

    /// However it is escaped; in what is no JSON, or no text, as it is spelt.
    private static func names(_ user: Principal, _ value: [UInt8]) -> Bool {
        let examined = try? JSON.examine(value)
        if let examined, examined.value.names({ $0 == user }) { return true }
        return examined?.hasInvalidText != false && value.contains(Array(user.text.utf8))
    }
}

extension JSON {
    /// Whether a principal that is wanted stands anywhere in it.
    func names(_ isWanted: (Principal) -> Bool) -> Bool {
        switch self {
        case .string(let text): Principal(text).map(isWanted) ?? false
        case .array(let elements): elements.contains { $0.names(isWanted) }
        case .object(let object): object.members.contains { $0.value.names(isWanted) }
        case .null, .bool, .number, .unreadableString: false
        }
    }
}
