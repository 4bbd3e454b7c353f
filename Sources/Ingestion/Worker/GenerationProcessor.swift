import Contract
import Delivery
import Digest
import Embedding
import Index
import Telemetry

/// Makes one generation's renditions: fetch, parse, chunk, embed, write. The live generation speaks for the content of documents.
struct GenerationProcessor: WaveProcessor {
    let generation: Generation
    let store: IngestionStore
    let tenants: TenantDirectory
    let outcomes: OutcomePublisher
    let preparation: DocumentPreparation
    let references: ReferenceResolver
    let deferrals: DeferralPolicy
    let model: any EmbeddingModel

    var group: String { ConsumerGroups.ingest(generation: generation.name) }

    var order: WorkInHand.RecordLanes.Order { .byKey }

    func kind(of record: InboundRecord) -> WorkInHand.RecordLanes.Kind { record.seemsToReferToContent ? .slow : .quick }

    func process(_ wave: [HeldRecord], refusal: Rejection?, buried: inout Set<RecordPosition>) async throws -> [Outcome] {
        var records = try await RecordDecoding(tenants: tenants, group: group).decode(wave)
        if let refusal { records = records.map { $0.refused(refusal) } }
        let items = records.compactMap { WaveItem($0, tenants) }
        while true {
            let peeked = try await store.peek(items.map(\.name), generation: generation.number)
            let work = try await embed(try await prepare(items, peeked))
            if generation.isLive { try await outcomes.bury(work.letters(group: group), &buried) }
            let batch = work.batch(claims: records.claims, policy: deferrals)
            let told = try await WorkerMetrics.batchSeconds.time(.write) {
                try await store.apply(batch, generation: generation, group: group) { work.outcomes($0, superseded: $1, generation) }
            }
            if let told { return told }
            // What was there when we looked has changed since: look again. A document that was tried again is somebody else's then.
            if !batch.leases.isEmpty { return [] }
        }
    }

    /// Fetches, parses and chunks side by side; what is there already is left alone.
    private func prepare(_ items: [WaveItem], _ peeked: [Name: RenditionPeek]) async throws -> [PreparedItem] {
        try await WorkerMetrics.batchSeconds.time(.parse) {
            try await withThrowingTaskGroup(of: (Int, PreparedItem).self) { tasks in
                for (index, item) in items.enumerated() {
                    tasks.addTask {
                        let work = item.work(peeked[item.name])
                        let content = if case .make(let event) = work { try await references.resolve(event) } else { ReferencedContent.none }
                        return (index, PreparedItem(item, work, content, preparation))
                    }
                }
                var prepared: [PreparedItem?] = Array(repeating: nil, count: items.count)
                for try await (index, item) in tasks { prepared[index] = item }
                return prepared.compactMap(\.self)
            }
        }
    }

    /// One call for all texts of the wave that no cache holds; equal texts are embedded once.
    private func embed(_ items: [PreparedItem]) async throws -> EmbeddedWave {
        var wanted: [EmbeddingKey: [UInt8]] = [:]
        for item in items {
            for chunk in item.document?.chunks ?? [] { wanted[EmbeddingKey(tenant: item.item.name.tenant, digest: chunk.digest)] = chunk.embeddingText }
        }
        let cached = wanted.isEmpty ? [:] : try await store.cachedEmbeddings(Array(wanted.keys), space: generation.embeddingSpace)
        let missing = wanted.keys.filter { cached[$0] == nil }
        let vectors = try await WorkerMetrics.batchSeconds.time(.embed) { try await model.embed(missing.map { wanted[$0] ?? [] }) }
        WorkerMetrics.chunksEmbedded.add(missing.count)
        WorkerMetrics.embeddingsReused.add(cached.count)
        return EmbeddedWave(items: items, cached: cached, computed: missing, vectors: vectors)
    }
}

extension InboundRecord {
    /// Looked at before the record is decoded, so that what waits for the network has turns of its own: a guess costs nothing but a turn.
    fileprivate var seemsToReferToContent: Bool {
        guard let value, value.count < 64 << 10 else { return false }
        for header in headers {
            if header.name == Self.dataref { return true }
            if header.name == Self.contentType, header.value?.starts(with: Self.cloudEvents) == true { return value.contains(Self.datarefMember) }
        }
        return false
    }

    private static let (dataref, contentType) = (Array("ce_dataref".utf8), Array("content-type".utf8))
    private static let (cloudEvents, datarefMember) = (Array("application/cloudevents".utf8), Array("\"dataref\"".utf8))
}

/// A record that concerns a generation: an upsert, a deletion, or a document refused though its facts could be read.
struct WaveItem: Sendable {
    enum Statement: Sendable {
        case upserted(DocumentUpserted)
        case deleted
        case rejected(Rejection, DocumentFacts)
        /// Its content cannot be fetched yet.
        case deferred(DocumentFacts, host: String?, reason: String, retryAfter: Duration?)
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

    func work(_ peek: RenditionPeek?) -> Work {
        guard case .upserted(let event) = statement, peek?.rulesOut(version, isNamed: isNamed) != true, (peek?.clock ?? VersionClock()).verdict(for: version) == .wins else { return .nothing }
        // What is in force already: the digest tells it without parsing; content behind a reference has to be fetched to know.
        if event.reference == nil, peek?.isPresent == true, peek?.contentDigest == DocumentPreparation.digest(of: event, content: nil) { return .nothing }
        return .make(event)
    }
}

/// An item after fetching, parsing and chunking.
struct PreparedItem: Sendable {
    let item: WaveItem
    /// What the item comes to: as published, refused on the way, or put off.
    let statement: WaveItem.Statement
    let contentDigest: [UInt8]
    /// Nothing where nothing new has to be made.
    let document: PreparedDocument?

    init(_ item: WaveItem, _ work: WaveItem.Work, _ content: ReferencedContent, _ preparation: DocumentPreparation) {
        self.item = item
        guard case .upserted(let event) = item.statement else {
            (statement, contentDigest, document) = (item.statement, [], nil)
            return
        }
        contentDigest = DocumentPreparation.digest(of: event, content: content.bytes)
        guard case .make = work else {
            (statement, document) = (item.statement, nil)
            return
        }
        switch content {
        case .rejected(let rejection):
            (statement, document) = (.rejected(rejection, event.facts), nil)
        case .unavailable(let host, let reason, let retryAfter):
            (statement, document) = (.deferred(event.facts, host: host, reason: reason, retryAfter: retryAfter), nil)
        case .none, .fetched:
            do {
                document = try preparation.prepare(event, content)
                statement = item.statement
            } catch {
                document = nil
                statement = .rejected(error, event.facts)
            }
        }
    }
}
