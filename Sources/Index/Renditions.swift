import Contract
import Postgres

/// A generation's number in the database.
package struct GenerationNumber: Hashable, Comparable, Sendable {
    package let value: Int32

    package init(_ value: Int32) {
        self.value = value
    }

    package static func < (one: Self, other: Self) -> Bool { one.value < other.value }
}

/// One chunk as it is stored: a span of the extracted text, where it stands, and what its vector was made of.
package struct ChunkRow: Sendable {
    /// Bytes of the extracted text, UTF-8.
    package let span: Range<Int>
    package let headings: [String]
    package let page: Int?
    /// SHA-256 of the text that was embedded.
    package let embeddingTextDigest: [UInt8]

    package init(span: Range<Int>, headings: [String], page: Int?, embeddingTextDigest: [UInt8]) {
        self.span = span
        self.headings = headings
        self.page = page
        self.embeddingTextDigest = embeddingTextDigest
    }
}

/// What a generation made of one version of a document.
package struct RenditionContent: Sendable {
    /// Of everything the event says but container and expiry: equal digests, equal rendition.
    package let contentDigest: [UInt8]
    package let title: String?
    package let uri: String?
    package let mediaType: String
    package let language: String?
    package let modifiedAt: Timestamp?
    package let metadata: [UInt8]
    /// The extracted text, UTF-8.
    package let body: [UInt8]
    package let chunks: [ChunkRow]
    /// What lexical search reads of the chunks: `TermAnalyzer.passageTerms`.
    package let terms: [UInt8]
    /// `[chunks.count][dimension]`, one after another.
    package let vectors: [Float]
    package let dimension: Int

    package init(
        contentDigest: [UInt8], title: String?, uri: String?, mediaType: String, language: String?, modifiedAt: Timestamp?, metadata: [UInt8], body: [UInt8],
        chunks: [ChunkRow], terms: [UInt8], vectors: [Float], dimension: Int
    ) {
        self.contentDigest = contentDigest
        self.title = title
        self.uri = uri
        self.mediaType = mediaType
        self.language = language
        self.modifiedAt = modifiedAt
        self.metadata = metadata
        self.body = body
        self.chunks = chunks
        self.terms = terms
        self.vectors = vectors
        self.dimension = dimension
    }
}

/// What one record does to a generation's rendition.
package struct RenditionChange: Sendable {
    package enum Statement: Sendable {
        /// A version that could be read. Without content: what is in force already has this digest.
        case content(digest: [UInt8], facts: DocumentFacts, RenditionContent?)
        /// The version in force, whose content is another by now where it is kept.
        case refreshed(RenditionContent)
        case deleted
        /// Refused for its content: the newest readable version stays, but its facts have been dealt with.
        case rejected
        /// Its content cannot be fetched yet: it waits, unless something as new is there.
        case deferred(Deferral)
    }

    package let name: Name
    package let version: EventVersion
    package let statement: Statement
    /// Its content takes the place of what was made of the same version before.
    package let redone: Redone?
    /// What another generation knows of the document beside the version.
    package let inherited: Inherited?

    /// What is made anew: the content that a generation had of the version when it was looked at. What has another by then is looked at again.
    package struct Redone: Sendable {
        /// Nothing: it had none.
        package let digest: [UInt8]?

        package init(digest: [UInt8]?) {
            self.digest = digest
        }
    }

    /// Of a generation whose renditions another one's are made of.
    package struct Inherited: Sendable {
        package let highestSequence: SequenceNumber?
        /// The fact it has dealt with.
        let settledToken: Int64

        init(highestSequence: SequenceNumber?, settledToken: Int64) {
            self.highestSequence = highestSequence
            self.settledToken = settledToken
        }
    }

    package init(name: Name, version: EventVersion, statement: Statement, redone: Redone? = nil, inherited: Inherited? = nil) {
        self.name = name
        self.version = version
        self.statement = statement
        self.redone = redone
        self.inherited = inherited
    }
}

extension RenditionChange {
    /// Of a document that a snapshot deleted, and that this change's fact did not bring back: what it says is older.
    fileprivate var verdictOfAbsent: RenditionVerdict {
        switch statement {
        case .content, .refreshed, .deferred: .superseded
        case .deleted: .deleted
        case .rejected: .rejected
        }
    }
}

/// What became of a change.
package enum RenditionVerdict: Sendable, Hashable {
    case indexed(chunks: Int)
    /// It won and says what was there, or it was there already.
    case unchanged(chunks: Int)
    case superseded
    case deleted
    case rejected
    /// It would win, and waits for its content.
    case deferred
    /// It won, but the content it said was in force no longer is: prepare it again.
    case stale
    /// It won, and its tenant has no room for it.
    case overQuota
}

enum RenditionState: Int16, Sendable {
    case nothing = 0
    case present = 1
    case deleted = 2
}

/// Merges what a generation could read, by the same order as facts, in the generation's own time.
enum Renditions {
    private struct Key: Hashable {
        let generation: GenerationNumber
        let name: Name
    }

    private struct Entry: Equatable {
        var stored: StoredClock<RenditionState>
        var settledToken: Int64
        var containerID: Int64?
        var expiresAt: Int64?
        var chunks: Int32
        var contentDigest: [UInt8]?
        /// Of the extracted text.
        var bytes: Int64?

        mutating func inherit(_ inherited: RenditionChange.Inherited, with version: EventVersion) {
            let clock = stored.clock
            stored.clock = VersionClock(
                inForce: clock.inForce, highestSequence: [clock.highestSequence, inherited.highestSequence].compactMap(\.self).max())
            if clock.inForce?.position == version.position { settledToken = max(settledToken, inherited.settledToken) }
        }
    }

    /// - Parameters:
    ///   - changes: of distinct names, whose facts are merged.
    ///   - allowances: of tenants that are held to one.
    /// - Returns: a verdict per change, and each document's clock after it.
    /// - Throws: `QuotaExceeded`, before anything is written.
    static func merge(
        _ changes: [RenditionChange], generation: GenerationNumber, allowances: [TenantNumber: Allowance] = [:], _ names: LockedNames, _ session: Session
    ) throws -> (verdicts: [RenditionVerdict], clocks: [Name: VersionClock]) {
        guard !changes.isEmpty else { return ([], [:]) }
        let loaded = try load(changes.map { Key(generation: generation, name: $0.name) }, names, session)
        var entries = loaded
        var verdicts: [RenditionVerdict] = []
        var replaced: [(Name, RenditionContent?)] = []
        var room = allowances
        for change in changes {
            let key = Key(generation: generation, name: change.name)
            guard var entry = entries[key], let facts = names[change.name] else { throw IndexError.inconsistent }
            let bytes = entry.bytes
            let refusal = facts.isErased(change.version) ? refuse(change, &entry) : nil
            var verdict = try refusal ?? (facts.isAbsent ? change.verdictOfAbsent : apply(change, to: &entry, names))
            if entry.bytes != bytes, room[change.name.tenant]?.replace(bytes, by: entry.bytes) == false { verdict = .overQuota }
            let isDealtWith = verdict != .stale && verdict != .deferred
            if isDealtWith, facts.facts.clock.inForce?.position == change.version.position { entry.settledToken = facts.token }
            if let inherited = change.inherited { entry.inherit(inherited, with: change.version) }
            switch (verdict, change.statement) {
            case (.indexed, .content(_, _, let content?)), (.indexed, .refreshed(let content)): replaced.append((change.name, content))
            case (.deleted, _), (.unchanged, .deleted): if entry != loaded[key] { replaced.append((change.name, nil)) }
            default: break
            }
            entries[key] = entry
            verdicts.append(verdict)
        }
        let clocks = Dictionary(uniqueKeysWithValues: entries.map { ($0.key.name, $0.value.stored.clock) })
        guard !verdicts.contains(.stale) else { return (verdicts, clocks) }
        let refused = zip(changes, verdicts).filter { $1 == .overQuota }.map(\.0.name)
        guard refused.isEmpty else { throw QuotaExceeded(names: Set(refused)) }
        // What comes again changes no row; of what is made anew, mirrors are told by it.
        let remade = Set(replaced.map(\.0))
        try write(entries.filter { $0.value != loaded[$0.key] || remade.contains($0.key.name) }, names, session)
        try RenditionRows.replace(replaced, generation, names, session)
        return (verdicts, clocks)
    }

    /// A version that was erased is seen, and not kept.
    ///
    /// - Returns: nothing where the change keeps nothing; stale where something was made of it, so that nothing of that is kept either.
    private static func refuse(_ change: RenditionChange, _ entry: inout Entry) -> RenditionVerdict? {
        switch change.statement {
        case .deleted, .rejected, .refreshed: return nil
        case .content(_, _, .some): return .stale
        case .content, .deferred:
            let sequence = [entry.stored.clock.highestSequence, change.version.sequence].compactMap(\.self).max()
            entry.stored.clock = VersionClock(inForce: entry.stored.clock.inForce, highestSequence: sequence)
            return .superseded
        }
    }

    private static func apply(_ change: RenditionChange, to entry: inout Entry, _ names: LockedNames) throws -> RenditionVerdict {
        switch change.statement {
        case .refreshed(let content):
            guard entry.stored.state == .present, entry.stored.clock.inForce?.position.isSameRecord(as: change.version.position) == true else {
                return .superseded
            }
            guard entry.contentDigest != content.contentDigest else { return .unchanged(chunks: Int(entry.chunks)) }
            entry.contentDigest = content.contentDigest
            entry.bytes = Int64(content.body.count)
            entry.chunks = Int32(content.chunks.count)
            return .indexed(chunks: Int(entry.chunks))
        case .rejected:
            return .rejected
        case .deferred:
            switch entry.stored.clock.verdict(for: change.version) {
            case .wins: return .deferred
            case .duplicate: return entry.stored.state == .deleted ? .superseded : .unchanged(chunks: Int(entry.chunks))
            case .superseded: return .superseded
            }
        case .deleted:
            let verdict = entry.stored.clock.offer(change.version)
            if verdict == .wins { entry.stored.state = .deleted }
            if entry.stored.state == .deleted { entry.bytes = nil }
            entry.chunks = entry.stored.state == .deleted ? 0 : entry.chunks
            return entry.stored.state == .deleted ? .deleted : .superseded
        case .content(let digest, let facts, let content):
            let redone = content == nil ? nil : change.redone
            let isSame = entry.stored.state == .present && entry.contentDigest == digest && redone == nil
            if content == nil, !isSame, entry.stored.clock.verdict(for: change.version) == .wins { return .stale }
            switch entry.stored.clock.offer(change.version) {
            case .superseded: return .superseded
            case .duplicate where redone != nil && entry.stored.state == .present:
                // Content that was asked for again meanwhile keeps the version, and is newer than what was looked at.
                if redone?.digest != entry.contentDigest { return .stale }
            case .duplicate: return entry.stored.state == .deleted ? .superseded : .unchanged(chunks: Int(entry.chunks))
            case .wins: break
            }
            let containerID = try facts.container.map { try names.documentID(change.name.sibling($0)) }
            let isMoved = entry.containerID != containerID || entry.expiresAt != facts.expiresAt?.microsecondsSinceEpoch
            entry.stored.state = .present
            entry.containerID = containerID
            entry.expiresAt = facts.expiresAt?.microsecondsSinceEpoch
            if isSame { return isMoved ? .indexed(chunks: Int(entry.chunks)) : .unchanged(chunks: Int(entry.chunks)) }
            entry.contentDigest = digest
            entry.bytes = content.map { Int64($0.body.count) }
            entry.chunks = Int32(content?.chunks.count ?? 0)
            return .indexed(chunks: Int(entry.chunks))
        }
    }

    private static func load(_ keys: [Key], _ names: LockedNames, _ session: Session) throws -> [Key: Entry] {
        let columns: [Parameter] = [
            .int4Array(keys.map(\.name.tenant.value)), .int4Array(keys.map(\.generation.value)),
            .int8Array(try keys.map { try names.documentID($0.name) }),
        ]
        _ = try session.execute(.renditionEnsure, columns)
        let rows = try session.execute(.renditionLoad, columns)
        var entries: [Key: Entry] = [:]
        for row in 0..<rows.count {
            let stored = try StoredClock<RenditionState>(rows, row, column: 1) { $0 == .deleted }
            entries[keys[Int(try rows.int32(row, 0)) - 1]] = Entry(
                stored: stored, settledToken: try rows.int64(row, 10), containerID: try rows.optionalInt64(row, 11),
                expiresAt: try rows.optionalTimestamp(row, 13), chunks: try rows.int32(row, 14),
                contentDigest: try rows.optionalBytes(row, 15), bytes: try rows.optionalInt64(row, 16))
        }
        return entries
    }

    private static func write(_ entries: [Key: Entry], _ names: LockedNames, _ session: Session) throws {
        guard !entries.isEmpty else { return }
        var clocks = ClockColumns()
        let ordered = Array(entries)
        for (_, entry) in ordered { clocks.append(state: entry.stored.state.rawValue, entry.stored.clock) }
        let keys: [Parameter] = [
            .int4Array(ordered.map(\.key.name.tenant.value)), .int4Array(ordered.map(\.key.generation.value)),
            .int8Array(try ordered.map { try names.documentID($0.key.name) }),
        ]
        _ = try session.execute(
            .renditionWrite,
            keys + clocks.parameters + [
                .int8Array(ordered.map(\.value.settledToken)), .int8Array(ordered.map(\.value.containerID)),
                .timestamptzArray(microseconds: ordered.map(\.value.expiresAt)), .int4Array(ordered.map(\.value.chunks)),
            ])
    }
}

/// What a generation has of a document before the work is done.
package struct RenditionPeek: Sendable {
    let state: RenditionState
    private let clock: VersionClock
    package let contentDigest: [UInt8]?
    /// Of the extracted text.
    package let bytes: Int64?
    /// Of a name that was erased once, or that a snapshot deleted.
    private var facts: LockedNames.Entry?

    package var isPresent: Bool { state == .present }

    /// Whether what it has was made of this very version.
    package func holds(_ version: EventVersion) -> Bool { isPresent && clock.inForce?.position.isSameRecord(as: version.position) == true }

    /// Whether the generation would take the version.
    ///
    /// - Parameter isNamed: by a full snapshot.
    package func takes(_ version: EventVersion, isNamed: Bool = false) -> Bool {
        guard var facts else { return clock.verdict(for: version) == .wins }
        // What is not registered yet may be newer than what was erased, and bring back what a snapshot deleted.
        if facts.offer(version, isNamed: isNamed) != .wins, facts.isAbsent || facts.isErased(version) { return false }
        return clock.verdict(for: version) == .wins
    }

    /// Whether it is what the generation made the document of, and may be kept.
    package func has(_ version: EventVersion) -> Bool {
        isPresent && facts?.isErased(version) != true && clock.verdict(for: version) == .duplicate
    }

    static func peek(_ names: [Name], generation: GenerationNumber, _ session: Session) throws -> [Name: RenditionPeek] {
        guard !names.isEmpty else { return [:] }
        let known = try StoredNames(names, session)
        let columns = known.stored.columns
        let results = try session.pipeline([(.renditionPeek, [.int4(generation.value)] + columns), (.documentLoad, columns)])
        let (rows, facts) = (results[0], try LockedNames(results[1], known))
        var found: [Name: RenditionPeek] = [:]
        for row in 0..<rows.count {
            let stored = try StoredClock<RenditionState>(rows, row, column: 1) { $0 == .deleted }
            found[names[Int(try rows.int32(row, 0)) - 1]] = RenditionPeek(
                state: stored.state, clock: stored.clock, contentDigest: try rows.optionalBytes(row, 10), bytes: try rows.optionalInt64(row, 11))
        }
        for (name, entry) in facts.entries where entry.wasErased || entry.isAbsent {
            found[name, default: RenditionPeek(state: .nothing, clock: VersionClock(), contentDigest: nil, bytes: nil)].facts = entry
        }
        return found
    }
}
