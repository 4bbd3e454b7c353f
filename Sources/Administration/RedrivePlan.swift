import Contract
import Index

/// What becomes of some dead letters when they are redriven: which go back, in which order, and under which incarnation of their topic.
package struct RedrivePlan: Sendable {
    /// Why a letter stays.
    package enum Refusal: String, Sendable, CaseIterable, Hashable {
        case unreadable = "no dead letter of Sluice: another program wrote it"
        case query = "a query: who asked it waits no longer"
        case notAnInput = "from a topic whose records are not redriven"
        case unknownTopic = "from a topic that neither the broker nor the database has"
    }

    /// How incarnations were chosen for a topic that was deleted and created again.
    package struct Choice: Hashable, Sendable {
        package let topic: String
        package let incarnation: TopicIncarnation
        /// Whether it is the newest one.
        package let isCurrent: Bool
        package let letters: Int
    }

    /// Permissions and memberships: first, so that a document is never shown under fewer rules than it came with. Each with its incarnation.
    package private(set) var access: [LetterID: Int32] = [:]
    package private(set) var documents: [LetterID: Int32] = [:]
    package private(set) var refusals: [Refusal: Int] = [:]
    /// Only of topics with several incarnations, oldest first.
    package private(set) var choices: [Choice] = []
    /// Letters that go back, by topic and code.
    package private(set) var counts: [Group: Int] = [:]
    /// Whose letters go back.
    package private(set) var tenants: Set<TenantID> = []

    package struct Group: Hashable, Comparable, Sendable {
        package let topic: String
        package let code: String

        package static func < (one: Self, other: Self) -> Bool { (one.topic, one.code) < (other.topic, other.code) }
    }

    package var count: Int { access.count + documents.count }

    /// - Parameter incarnations: of each topic, oldest first.
    package init(_ letters: [Letter], incarnations: [String: [TopicIncarnation]]) {
        var chosen: [String: [TopicIncarnation: Int]] = [:]
        for letter in letters {
            guard let errors = letter.errors else {
                refusals[.unreadable, default: 0] += 1
                continue
            }
            let topic = errors.position.topic
            guard let input = InputTopicName(topic)?.topic, input.isRedriven else {
                refusals[InputTopicName(topic)?.topic == .queries ? .query : .notAnInput, default: 0] += 1
                continue
            }
            guard let incarnation = Self.incarnation(at: letter.timestampMilliseconds, among: incarnations[topic] ?? []) else {
                refusals[.unknownTopic, default: 0] += 1
                continue
            }
            if input == .documents { documents[letter.id] = incarnation.number } else { access[letter.id] = incarnation.number }
            counts[Group(topic: topic, code: errors.code), default: 0] += 1
            chosen[topic, default: [:]][incarnation, default: 0] += 1
            if let tenant = letter.tenant { tenants.insert(tenant) }
        }
        for (topic, letters) in chosen.sorted(by: { $0.key < $1.key }) {
            guard let known = incarnations[topic], known.count > 1 else { continue }
            choices += known.compactMap { one in
                letters[one].map { Choice(topic: topic, incarnation: one, isCurrent: one == known.last, letters: $0) }
            }
        }
    }

    /// The newest incarnation that was known when the record was stamped; one stamped before any was is the oldest's.
    package static func incarnation(at timestampMilliseconds: Int64, among known: [TopicIncarnation]) -> TopicIncarnation? {
        known.last { $0.seenAt.microsecondsSinceEpoch / 1000 <= timestampMilliseconds } ?? known.first
    }
}
