import Contract
import Index

/// Why a document waits.
struct Postponement: Sendable {
    let cause: DeferralCause
    let host: String?
    let reason: String
    /// How long it asked to be left alone, or has to be.
    let retryAfter: Duration?

    static let paused = Postponement(cause: .source, host: nil, reason: "its source is paused", retryAfter: nil)

    static func spent(until tomorrow: Duration) -> Postponement {
        Postponement(cause: .budget, host: nil, reason: "the tenant's tokens of the day are spent", retryAfter: tomorrow)
    }
}

/// A record that concerns a generation: an upsert, a deletion, or a document refused though its facts could be read.
struct WaveItem: Sendable {
    enum Statement: Sendable {
        case upserted(DocumentUpserted)
        case deleted
        case rejected(Rejection, DocumentFacts)
        /// It cannot be made yet.
        case deferred(DocumentFacts, Postponement)
    }

    /// What there is to do for it.
    enum Work: Sendable {
        case make(DocumentUpserted)
        /// Nothing new has to be made: a deletion, a refusal, or an upsert that does not win.
        case nothing
    }

    let record: ClaimedRecord
    let key: RecordKey
    let name: Name
    let id: String?
    let trace: TraceContext
    let version: EventVersion
    /// A full snapshot of its source names it.
    let isNamed: Bool
    let statement: Statement
    /// Of a record that is done anew.
    private(set) var redone: RenditionChange.Redone?
    /// The generation has what it made of this version before: it stays where nothing can be made of it now.
    private(set) var isKept = false

    init?(_ record: ClaimedRecord, _ tenants: TenantDirectory) {
        self.record = record
        switch record.decoded {
        case .event(let event):
            guard let name = ClaimedRecord.name(event.key, tenants) else { return nil }
            switch event.payload {
            case .documentUpserted(let document): statement = .upserted(document)
            case .documentDeleted: statement = .deleted
            case .permissionsChanged, .permissionsRemoved, .groupChanged, .groupRemoved: return nil
            }
            (key, id, trace) = (event.key, event.id, event.trace)
            self.name = name
            version = record.version(sequence: event.sequence, isDeletion: event.payload.isDeletion)
            isNamed = event.snapshot != nil
        case .snapshotClosed: return nil
        case .rejected(let rejected):
            guard let facts = rejected.documentFacts, let key = rejected.key, let name = ClaimedRecord.name(key, tenants) else { return nil }
            statement = .rejected(rejected.rejection, facts)
            (self.key, id, trace) = (key, rejected.id, rejected.trace)
            self.name = name
            version = record.version(sequence: rejected.sequence, isDeletion: false)
            isNamed = rejected.snapshot != nil
        }
    }

    /// Whether its content has to be fetched.
    var refersToContent: Bool {
        if case .upserted(let event) = statement { event.reference != nil } else { false }
    }

    /// - Parameter peek: what the generation has of the document.
    func seeing(_ peek: RenditionPeek?) -> WaveItem {
        var item = self
        guard record.isRedone else { return item }
        item.redone = RenditionChange.Redone(digest: peek?.contentDigest)
        item.isKept = peek?.has(version) == true
        return item
    }

    func work(_ peek: RenditionPeek?) -> Work {
        guard case .upserted(let event) = statement else { return .nothing }
        if isKept { return .make(event) }
        guard peek?.takes(version, isNamed: isNamed) != false else { return .nothing }
        // What is in force already: the digest tells it without parsing; content behind a reference has to be fetched to know.
        if event.reference == nil, !record.isRedone, peek?.isPresent == true, peek?.contentDigest == DocumentPreparation.digest(of: event, content: nil) {
            return .nothing
        }
        return .make(event)
    }
}
