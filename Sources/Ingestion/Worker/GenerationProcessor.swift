import Contract
import Delivery
import Digest
import Embedding
import Index
import Telemetry

/// Makes one generation's renditions: fetch, parse, chunk, embed, write. The live generation speaks for the content of documents: whether this is the one is
/// said by the claims records are held under.
struct GenerationProcessor: WaveProcessor {
    let generation: Generation
    let store: IngestionStore
    let tenants: TenantDirectory
    let outcomes: OutcomePublisher
    let preparation: DocumentPreparation
    let references: ReferenceResolver
    let deferrals: DeferralPolicy
    let model: any EmbeddingModel
    let pace: Pace
    /// Nothing: content that came by reference stays as it was fetched.
    let refreshing: RefreshPolicy?
    let log: Log

    var group: String { ConsumerGroups.ingest(generation: generation.name) }

    var order: WorkInHand.RecordLanes.Order { .byKey }

    func kind(of record: InboundRecord) -> WorkInHand.RecordLanes.Kind { record.seemsToReferToContent ? .slow : .quick }

    func process(_ wave: [HeldRecord], refusal: Rejection?, buried: inout Set<RecordPosition>) async throws -> [Outcome] {
        let wave = try await mine(wave)
        try await pace.take(wave.count)
        while true {
            var records = try await RecordDecoding(tenants: tenants, group: group).decode(wave)
            if let refusal { records = records.map { $0.refused(refusal) } }
            let items = records.compactMap { WaveItem($0, tenants) }
            guard !items.isEmpty else { return [] }
            do {
                return try await carryOut(items, claims: records.claims, &buried)
            } catch IndexError.tenantGone {
                try await tenants.reload()
            }
        }
    }

    /// Without what a generation of one tenant alone passes over.
    private func mine(_ wave: [HeldRecord]) async throws -> [HeldRecord] {
        guard wave.contains(where: { $0.claim?.onlyTenant != nil }) else { return wave }
        func tenant(_ held: HeldRecord) -> TenantID? { held.record.key.flatMap(RecordKey.tenant(of:)) }
        try await tenants.load(wave.compactMap(tenant))
        return wave.filter { held in
            guard let only = held.claim?.onlyTenant else { return true }
            return tenant(held).flatMap { tenants[$0] } == only
        }
    }

    private func carryOut(_ items: [WaveItem], claims: Set<Claim>, _ buried: inout Set<RecordPosition>) async throws -> [Outcome] {
        while true {
            let peeked = try await store.peek(items.map(\.name), generation: generation.number)
            let items = items.map { $0.seeing(peeked[$0.name]) }
            let (terms, allowances) = try await store.terms(of: Set(items.map(\.name.tenant)), generation: generation)
            let isBeside = claims.areBeside
            let prepared = try await pace.turn(if: isBeside && !items.contains(where: \.refersToContent)) { try await prepare(items, peeked, terms) }
            let work = try await embed(PreparedItem.admit(prepared, peeked, allowances), terms)
            if let told = try await write(work, claims: claims, isBeside: isBeside, &buried) { return told }
            // What was there when we looked has changed since: look again. A document that was tried again is somebody else's then.
            if items.contains(where: { $0.record.waiting != nil }) { return [] }
        }
    }

    /// - Returns: nothing where it is to be looked at again.
    private func write(_ work: EmbeddedWave, claims: Set<Claim>, isBeside: Bool, _ buried: inout Set<RecordPosition>) async throws -> [Outcome]? {
        var work = work
        while true {
            try await outcomes.bury(work.letters(group: group), &buried)
            for rejection in work.kept {
                log.warning("a document cannot be made anew; what is there stays", [.consumerGroup: .string(group), .reason: .string(rejection.message)])
            }
            let attempt = work
            do {
                return try await pace.turn(if: isBeside) {
                    try await WorkerMetrics.batchSeconds.time(.write) {
                        try await store.apply(attempt.batch(claims: claims, policy: deferrals, refreshing: refreshing), generation: generation, group: group) {
                            attempt.outcomes($0, superseded: $1, generation)
                        }
                    }
                }
            } catch let full as QuotaExceeded {
                // Others have taken the room since it was looked for.
                work = work.refusing(full.names)
            }
        }
    }

    /// Fetches, parses and chunks side by side; what is there already is left alone.
    private func prepare(
        _ items: [WaveItem], _ peeked: [Name: RenditionPeek], _ terms: [TenantNumber: TenantTerms]
    ) async throws -> [PreparedItem] {
        try await WorkerMetrics.batchSeconds.time(.parse) {
            try await withThrowingTaskGroup(of: (Int, PreparedItem).self) { tasks in
                for (index, item) in items.enumerated() {
                    tasks.addTask {
                        let work = item.work(peeked[item.name])
                        if case .make = work, terms[item.name.tenant]?.isPaused(item.name.source) == true {
                            return (index, PreparedItem(item, .nothing, .none, preparation).postponed(.paused))
                        }
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

    // MARK: content that came by reference, asked for again

    /// What became of asking.
    enum Refreshment: Sendable {
        /// It is another, and indexed; or it is what it was, as was found out by reading it.
        case done
        /// The host says it is what it was.
        case unchanged
        /// It cannot be had, or nothing can be made of it: what was there stays.
        case failed(String)
        /// Something else is in force.
        case ended
    }

    /// Asks for a document's content again. The version stays, and nothing is told of it anew.
    func refresh(_ due: DueReference, _ policy: RefreshPolicy) async throws -> Refreshment {
        try await pace.take(1)
        guard let record = try await RecordDecoding(tenants: tenants, group: group).decode([HeldRecord(due)]).first, let item = WaveItem(record, tenants),
            case .upserted(let event) = item.statement, event.reference != nil
        else { return .ended }
        let peeked = try await store.peek([item.name], generation: generation.number)
        guard peeked[item.name]?.holds(item.version) == true else { return .ended }
        let (terms, allowances) = try await store.terms(of: [item.name.tenant], generation: generation)
        if terms[item.name.tenant]?.isPaused(item.name.source) == true { return .unchanged }
        let content = try await references.resolve(event, unless: due.tag)
        switch content {
        case .unchanged: return .unchanged
        case .rejected(let rejection): return .failed(rejection.message)
        case .unavailable(_, let reason, _): return .failed(reason)
        case .none, .fetched: break
        }
        let prepared = PreparedItem.admit([PreparedItem(item, .make(event), content, preparation)], peeked, allowances)
        guard let batch = try await embed(prepared, terms).refreshment(of: due, policy: policy) else {
            return .failed("nothing can be made of what is there now")
        }
        do {
            // Where somebody else has written meanwhile, the next look tells.
            _ = try await store.apply(batch, generation: generation, group: group) { _, _ in [] }
            return .done
        } catch is QuotaExceeded {
            return .failed(Rejection.quota.message)
        } catch IndexError.tenantGone {
            try await tenants.reload()
            return .done
        }
    }

    /// One call for all texts of the wave that no cache holds; equal texts are embedded once.
    private func embed(_ items: [PreparedItem], _ terms: [TenantNumber: TenantTerms]) async throws -> EmbeddedWave {
        var wanted: [EmbeddingKey: [UInt8]] = [:]
        for item in items { wanted.merge(item.texts) { $1 } }
        let cached = wanted.isEmpty ? [:] : try await store.cachedEmbeddings(Array(wanted.keys), space: generation.embeddingSpace)
        let items = try await afford(items, cached, terms)
        let (texts, refused) = try await embed(Set(items.flatMap(\.texts.keys)), wanted, cached)
        return EmbeddedWave(items: refused.isEmpty ? items : items.map { $0.refusing(refused) }, texts: texts)
    }

    /// - Returns: the texts with their vectors, and those that the model does not take.
    func embed(
        _ keys: Set<EmbeddingKey>, _ texts: [EmbeddingKey: [UInt8]], _ cached: [EmbeddingKey: [Float]]
    ) async throws -> (texts: EmbeddedTexts, refused: Set<EmbeddingKey>) {
        let missing = Array(keys.subtracting(cached.keys))
        let vectors = try await WorkerMetrics.batchSeconds.time(.embed) { try await model.embed(missing.map { texts[$0] ?? [] }, for: .passage) }
        let refused = Set(vectors.refused.map { missing[$0] })
        WorkerMetrics.chunksEmbedded.add(missing.count - refused.count)
        WorkerMetrics.embeddingsReused.add(cached.count)
        return (EmbeddedTexts(cached: cached, computed: missing.filter { !refused.contains($0) }, vectors: vectors.taken), refused)
    }

    /// What goes past a tenant's budget of tokens waits for the next day. What is built beside the live generation is the operator's to pay for.
    private func afford(
        _ items: [PreparedItem], _ cached: [EmbeddingKey: [Float]], _ terms: [TenantNumber: TenantTerms]
    ) async throws -> [PreparedItem] {
        var items = items
        for (tenant, terms) in terms {
            guard let budget = terms.tokensPerDay else { continue }
            let orders = items.enumerated().compactMap { index, item -> (index: Int, order: EmbeddingOrder)? in
                guard item.item.name.tenant == tenant else { return nil }
                let texts = item.texts.filter { cached[$0.key] == nil }
                return texts.isEmpty ? nil : (index, EmbeddingOrder(tokens: texts.mapValues { Int64(model.tokenizer.tokenCount($0)) }))
            }
            guard !orders.isEmpty else { continue }
            let spending = try await store.spend(orders.map(\.order), of: tenant, budget: budget)
            for ((index, _), verdict) in zip(orders, spending.verdicts) {
                switch verdict {
                case .granted: break
                case .tomorrow: items[index] = items[index].postponed(.spent(until: spending.untilTomorrow))
                case .never: items[index] = items[index].refused(.tokenQuota)
                }
            }
        }
        return items
    }
}

extension Set<Claim> {
    /// Whether all that is held under them is made beside the live generation. What is tried again is held under none.
    fileprivate var areBeside: Bool { !isEmpty && allSatisfy { !$0.speaks } }
}

extension Rejection {
    static let quota = Rejection(.quotaExceeded, .write, "the tenant's quota of documents or bytes has no room for it")
    fileprivate static let tokenQuota = Rejection(.quotaExceeded, .embed, "its text alone has more tokens than the tenant may embed on one day")
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
