/// What makes a query the same query: its result's `id` is a function of these three.
package struct QueryKey: Hashable, Sendable {
    package let tenant: TenantID
    /// As the envelope gave it, in form or not; empty where it gave none.
    package let source: String
    package let id: String

    package init(tenant: TenantID, source: String, id: String) {
        self.tenant = tenant
        self.source = source
        self.id = id
    }

    /// `tenant/source/id`, each part percent-encoded, so that no two queries share it: the digest of these bytes is the result's `id`.
    package var bytes: [UInt8] {
        var bytes = Array(tenant.text.utf8)
        for part in [source, id] {
            bytes.append(UInt8(ascii: "/"))
            bytes.append(percentEncoding: part.utf8)
        }
        return bytes
    }

    // Ids of two texts that Unicode calls equivalent are two ids.
    package static func == (one: Self, other: Self) -> Bool {
        one.tenant == other.tenant && one.source.hasSameBytes(as: other.source) && one.id.hasSameBytes(as: other.id)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(Subject.Exact(text: id))
    }
}

/// What every answerable record of the queries topic says.
package struct QueryEnvelope: Sendable, Hashable {
    package enum Kind: Sendable, Hashable { case query, accessCheck }

    package let key: QueryKey
    package let kind: Kind
    /// Where to answer; whether this tenant may is for the worker to say.
    package let replyTopic: String?
    package let expires: Timestamp?
    package let trace: TraceContext
}

/// A question in form.
package struct Query: Sendable, Hashable {
    package enum Mode: String, CaseIterable, Sendable, Hashable { case hybrid, vector, lexical }

    package let envelope: QueryEnvelope
    /// What the payload says, until it is authenticated.
    package var asker: Asker
    /// Not empty; at most ``maximumTextBytes``.
    package let text: String
    /// 1 to 100.
    package let limit: Int
    package let mode: Mode
    package let filter: QueryFilter?
    /// 1 or more.
    package let perDocument: Int?
    /// 0 to 10.
    package let neighbours: Int
    package let collapseDuplicates: Bool
    /// Tokens of the context asked for; 1 or more.
    package let contextMaxTokens: Int?
    package let minimumPositions: [RecordPosition]

    package static let limits = 1...100
    package static let defaultLimit = 10
    package static let neighbourLimits = 0...10
    /// A hundred times what an encoder reads.
    package static let maximumTextBytes = 64 * 1024
    /// More than there are partitions to wait for.
    package static let maximumPositions = 1000
}

/// Documents to be checked again for one asker.
package struct AccessCheck: Sendable, Hashable {
    package let envelope: QueryEnvelope
    /// What the payload says, until it is authenticated.
    package var asker: Asker
    /// In the order asked; nothing for a name no document can have.
    package let documents: [RecordKey?]

    /// Each costs a look-up in one snapshot.
    package static let maximumDocuments = 10_000
}

/// A conjunction of "one of": each condition that is there must hold; an empty array matches nothing.
package struct QueryFilter: Sendable, Hashable {
    package var source: [String]?
    package var container: [String]?
    package var mediaType: [String]?
    package var language: [String]?
    /// Matches a document that has any of them.
    package var tags: [String]?
    /// Exclusive.
    package var modifiedAfter: Timestamp?
    /// Members of the metadata, each one of these.
    package var metadata: [Condition] = []

    /// Lets everything through until conditions are set.
    package init() {}

    package struct Condition: Sendable, Hashable {
        package let name: String
        package let values: [Value]

        package init(name: String, values: [Value]) {
            self.name = name
            self.values = values
        }
    }

    package enum Value: Sendable, Hashable {
        case string(String)
        case bool(Bool)
        /// In its own digits.
        case number(String)
    }

    /// Of one condition; and of conditions on metadata.
    package static let maximumValues = 1000
    /// Of all conditions together: what one look into the index takes.
    package static let maximumValuesInAll = 10_000

    /// Whether a condition is one of nothing.
    package var matchesNothing: Bool {
        [source, container, mediaType, language, tags].contains { $0?.isEmpty == true } || metadata.contains { $0.values.isEmpty }
    }

    var valueCount: Int {
        [source, container, mediaType, language, tags].reduce(0) { $0 + ($1?.count ?? 0) } + metadata.reduce(0) { $0 + $1.values.count }
    }

    /// Whether it lets everything through.
    package var isEmpty: Bool {
        source == nil && container == nil && mediaType == nil && language == nil && tags == nil && modifiedAfter == nil && metadata.isEmpty
    }
}

/// Options a worker answers; a query that names another one is `invalid`, not answered without it.
package struct QueryFeatures: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let filter = Self(rawValue: 1)
    package static let perDocument = Self(rawValue: 2)
    package static let neighbours = Self(rawValue: 4)
    package static let collapseDuplicates = Self(rawValue: 8)
    package static let context = Self(rawValue: 16)
    package static let minimumPositions = Self(rawValue: 32)
    package static let all: Self = [.filter, .perDocument, .neighbours, .collapseDuplicates, .context, .minimumPositions]
}
