import Contract
import Digest
import Embedding
import Index
import Telemetry

/// Makes one generation's renditions: parse, chunk, embed, write. The live generation speaks for the content of documents.
struct GenerationProcessor: BatchProcessor {
    let generation: Generation
    let store: IngestionStore
    let tenants: TenantDirectory
    let outcomes: OutcomePublisher
    let preparation: DocumentPreparation
    let model: any EmbeddingModel

    var group: String { Self.group(of: generation.name) }

    static func group(of generation: String) -> String { "sluice-ingest-\(generation)" }

    /// Of distinct documents: the second record of a key waits until the first one is written.
    func waves(of batch: [ClaimedRecord]) -> [[ClaimedRecord]] { batch.wavesOfDistinctKeys(maximumBytes: Self.waveBytes) }

    /// Some hundred chunks: a second of embedding, so that outcomes follow steadily however large the documents queued are, and enough to share one
    /// transaction.
    private static let waveBytes = 128 << 10

    func process(_ wave: [ClaimedRecord]) async throws -> [Outcome] {
        while true {
            let items = wave.compactMap { WaveItem($0, tenants) }
            let peeked = try await store.peek(items.map(\.name), generation: generation.number)
            let prepared = try await prepare(items, peeked)
            let work = try await embed(prepared)
            if generation.isLive { try await outcomes.bury(work.letters(group: group)) }
            let batch = work.batch(advances: wave.advances)
            let speaker = generation
            if let entries = try await store.apply(batch, generation: generation, group: group, outcomes: { work.outcomes($0, speaker) }) {
                return entries.map(\.outcome)
            }
            // What was there when we looked has changed since: look again.
        }
    }

    /// Parses and chunks side by side; what is there already is left alone.
    private func prepare(_ items: [WaveItem], _ peeked: [Name: RenditionPeek]) async throws -> [PreparedItem] {
        try await WorkerMetrics.batchSeconds.time(.parse) {
            try await withThrowingTaskGroup(of: (Int, PreparedItem).self) { tasks in
                for (index, item) in items.enumerated() {
                    let peek = peeked[item.name]
                    let preparation = preparation
                    tasks.addTask { (index, PreparedItem(item, peek, preparation)) }
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
        let cached = try await store.cachedEmbeddings(Array(wanted.keys), space: generation.embeddingSpace)
        let missing = wanted.keys.filter { cached[$0] == nil }
        let vectors = try await WorkerMetrics.batchSeconds.time(.embed) { try await model.embed(missing.map { wanted[$0] ?? [] }) }
        WorkerMetrics.chunksEmbedded.add(missing.count)
        WorkerMetrics.embeddingsReused.add(cached.count)
        return EmbeddedWave(items: items, cached: cached, computed: missing, vectors: vectors)
    }
}

extension [ClaimedRecord] {
    /// Cut, in order, wherever a key would stand twice or the values' bytes pass the maximum; a larger record is a wave of its own.
    func wavesOfDistinctKeys(maximumBytes: Int) -> [[ClaimedRecord]] {
        var waves: [[ClaimedRecord]] = []
        var keys: Set<[UInt8]> = []
        var bytes = 0
        for item in self {
            let isNew = item.record.key.map { keys.insert($0).inserted } ?? true
            bytes += item.record.value?.count ?? 0
            if waves.isEmpty || !isNew || bytes > maximumBytes {
                waves.append([])
                keys = item.record.key.map { [$0] } ?? []
                bytes = item.record.value?.count ?? 0
            }
            waves[waves.count - 1].append(item)
        }
        return waves
    }
}

/// A record that concerns a generation: an upsert, a deletion, or a document refused though its facts could be read.
struct WaveItem: Sendable {
    enum Statement: Sendable {
        case upserted(DocumentUpserted)
        case deleted
        case rejected(Rejection, DocumentFacts)
    }

    let record: ClaimedRecord
    let key: RecordKey
    let name: Name
    let id: String?
    let trace: TraceContext
    let version: EventVersion
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
        case .rejected(let rejected):
            guard let facts = rejected.documentFacts, let key = rejected.key, let name = ClaimedRecord.name(key, tenants) else { return nil }
            statement = .rejected(rejected.rejection, facts)
            (self.key, id, trace) = (key, rejected.id, rejected.trace)
            self.name = name
            version = record.version(sequence: rejected.sequence, isDeletion: false)
        }
    }
}

/// An item after parsing and chunking.
struct PreparedItem: Sendable {
    let item: WaveItem
    /// What the item comes to: as published, or refused on the way.
    let statement: WaveItem.Statement
    let contentDigest: [UInt8]
    /// Nothing where nothing new has to be made.
    let document: PreparedDocument?

    init(_ item: WaveItem, _ peek: RenditionPeek?, _ preparation: DocumentPreparation) {
        self.item = item
        guard case .upserted(let event) = item.statement else {
            (statement, contentDigest, document) = (item.statement, [], nil)
            return
        }
        contentDigest = DocumentPreparation.digest(of: event)
        let wins = (peek?.clock ?? VersionClock()).verdict(for: item.version) == .wins
        guard wins, peek?.isPresent != true || peek?.contentDigest != contentDigest else {
            (statement, document) = (item.statement, nil)
            return
        }
        do {
            document = try preparation.prepare(event)
            statement = item.statement
        } catch {
            document = nil
            statement = .rejected(error, event.facts)
        }
    }
}
