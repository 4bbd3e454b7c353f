import Administration
import Contract
import Index
import Kafka
import Transport

/// One erasure, step by step. Every step may be done again: what was interrupted is begun anew, and ends as it would have.
struct ErasureRun {
    /// Kept questions that other answers were given to.
    static let otherTexts = "table answer_text, other questions"

    let store: AdministrationStore
    let topics: ErasureTopics
    let runtime: Runtime
    let erasure: ErasureInHand
    /// How long the registrar may stand still while it is waited for.
    private let patience: Duration
    var receipt = ErasureReceipt()

    init(_ erasure: ErasureInHand, _ store: AdministrationStore, _ topics: ErasureTopics, _ runtime: Runtime, patience: Duration) {
        (self.erasure, self.store, self.topics, self.runtime, self.patience) = (erasure, store, topics, runtime, patience)
    }

    mutating func run() async throws {
        switch erasure.target {
        case .document(let source, let document): try await eraseDocument(source, document)
        case .user(let user): try await eraseUser(user)
        case .tenant: return try await eraseTenant()
        }
        try await eraseLines()
        try await eraseLetters()
        for topic in topics.kept(erasure.tenant) { try await topics.noteKept(topic, &receipt) }
        try await store.keep(receipt, ofErasure: erasure.number, tenant: erasure.tenant)
    }

    // MARK: a document

    private mutating func eraseDocument(_ source: SourceName, _ document: Subject) async throws {
        let key = RecordKey(tenant: erasure.tenant, source: source, subject: document)
        let deletions = try await tombstones(of: key, on: .documents, inForce: try await store.standing(of: source, document, erasure).document)
        try await awaitRegistrar(try await publish(deletions))
        // Once nobody is shown the document: without an entry it has its container's list, which may name more people. What came since keeps its entry, and what is
        // inside would be closed to everybody without it.
        let standing = try await store.standing(of: source, document, erasure)
        let removals = try await tombstones(of: key, on: .permissions, inForce: standing.entry)
        let keepsEntry = standing.exists || standing.hasEntry && standing.dependents > 0
        if !keepsEntry { try await awaitRegistrar(try await publish(removals)) }
        let result = try await store.eraseRows(of: source, document, erasure)
        noteRows(result)
        let outcomes = try await store.eraseOutcomes(of: source, document, erasure)
        receipt.note(
            "table outcome", outcomes.left == 0 ? .gone : .failed, count: outcomes.erased,
            note: outcomes.left == 0 ? nil : "\(outcomes.left) are not told yet: erase again once workers have run")
        var bar = LateProgressBar("cached embeddings", total: 0)
        let cached = try await store.eraseUnusedEmbeddings(erasure) { bar.advance(by: $0) }
        bar.finish()
        receipt.note("table embedding_cache", .gone, count: cached, note: "all of the tenant's that no text uses any more")
        for topic in Set((keepsEntry ? deletions : deletions + removals).map(\.topic)).sorted() {
            try await topics.noteCompacted(topic, &receipt, hasTombstones: true)
        }
        if keepsEntry {
            for topic in Set(removals.map(\.topic)).sorted() { receipt.note(ErasureTopics.place(topic), .failed, note: "its entry is in force, and stays") }
        }
    }

    private mutating func noteRows(_ result: DocumentErasure) {
        guard let rows = result.rows else {
            receipt.note("table document", .failed, note: "a newer event has come since its tombstone: it is a new document; erase again")
            return
        }
        for row in rows { receipt.note("table \(row.table)", .gone, count: row.count) }
        if result.isRenamed {
            receipt.note("table document", .gone, note: "a keyed hash holds the mark of deletion")
        } else {
            let why = "\(result.dependents) documents and containers are inside it: its name stays until they are moved, or gone"
            receipt.note("table document", .failed, note: why)
            receipt.note("table access_change", .failed, note: "the history of that name stays with it")
        }
        let why = result.dependents > 0 ? "what is inside it has its list: it stays with the name" : "it has one still, or again: erase again"
        receipt.note("table permission", result.hasEntry ? .failed : .gone, note: result.hasEntry ? why : nil)
    }

    /// For every partition where records of it stand: compaction takes away what stands before a record of the same key there, and nowhere else.
    ///
    /// - Parameter inForce: what the registrar has of it there; nothing where it knows none.
    private func tombstones(of key: RecordKey, on topic: InputTopic, inForce: RecordInForce?) async throws -> [KafkaMessage] {
        var sequence = ClosingSequence()
        if let inForce { sequence.note(inForce.sequence) }
        var places: [(topic: String, partition: Int32?)] = []
        for name in topics.named(topic, erasure.tenant) {
            for (place, records) in try await topics.standing(on: name, where: { $0 == key.bytes }).places {
                places.append((name, place.partition))
                sequence.note(records.sequence)
            }
        }
        // Records that the broker no longer has leave what they said in force.
        if places.isEmpty, topic == .documents || inForce?.isDeletion == false { places = [(topic.rawValue, nil)] }
        return places.enumerated().map { index, place in
            KafkaMessage(
                erasing: key.bytes, on: place.topic, partition: place.partition, sequence: sequence.value,
                id: "erasure-\(erasure.number)-\(topic.rawValue)-\(index)")
        }
    }

    func publish(_ messages: [KafkaMessage]) async throws -> [RecordPosition] {
        guard !messages.isEmpty else { return [] }
        let producer = try runtime.clientProducer()
        do {
            let written = try await producer.send(messages)
            await producer.close()
            return zip(messages, written).map { RecordPosition(topic: $0.topic, partition: $1.partition, offset: $1.offset) }
        } catch {
            await producer.close()
            throw error
        }
    }

    func awaitRegistrar(_ written: [RecordPosition]) async throws {
        let letters = DeadLetterAdministration(store: store, admin: topics.admin)
        for (topic, positions) in Dictionary(grouping: written, by: \.topic).sorted(by: { $0.key < $1.key }) {
            let incarnation = try await store.incarnation(of: topic, on: topics.admin)
            let ends = Dictionary(positions.map { ($0.partition, $0.offset) }, uniquingKeysWith: max)
            let left = try await RegistrarWait(patience: patience).run { try await letters.partitionsBehind(ends, incarnation: incarnation) }
            guard left.isEmpty else {
                throw ClientError(
                    "the tombstones are published, but no registrar has applied them for \(patience.components.seconds) s: start `sluice ingest` or "
                        + "`sluice register`, then run this again: nothing was taken out of the database yet",
                    exitCode: .unavailable)
            }
        }
    }

    // MARK: somebody

    private mutating func eraseUser(_ user: Principal) async throws {
        let result = try await store.eraseMentions(of: user, erasure)
        receipt.note("table access_entry, lists of the past", .gone, count: result.pastEntries, note: "a pseudonym stands there")
        receipt.note("table access_change, groups of the past", .gone, count: result.pastMemberships, note: "a pseudonym stands there")
        for (topic, mentions) in Dictionary(grouping: result.held, by: \.topic).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let sources = Set(mentions.map { $0.subject.prefix { $0 != "/" } }).sorted().joined(separator: ", ")
            receipt.note(
                "\(topic == .permissions ? "lists" : "groups") in force", .failed, count: mentions.count,
                note: "held by \(sources) on \(topic.rawValue): publish them without this user, then erase again")
        }
        if !result.held.isEmpty { Terminal.write(ErasureText.held(result.held)) }
        for topic in topics.named(.permissions, erasure.tenant) + topics.named(.memberships, erasure.tenant) {
            try await topics.noteCompacted(topic, &receipt, hasTombstones: false)
        }
    }

    // MARK: all

    mutating func eraseLines() async throws {
        var bar = LateProgressBar("answers", total: 0)
        let answers = try await store.eraseAnswers(erasure) { bar.advance(by: $0) }
        bar.finish()
        receipt.note("table answer_log", .gone, count: answers.lines, note: "the lines stay, without what they said of it")
        receipt.note("table answer_text", .gone, count: answers.texts, note: "what those asked whose answers they are")
        if let kept = try await store.keptTexts(of: erasure.tenant) {
            receipt.note(Self.otherTexts, .goneBy(kept.until), count: kept.count, note: "they may say anything; `sluice audit erase` ends them")
        }
        bar = LateProgressBar("admins' log", total: 0)
        let lines = try await store.eraseAdminLines(erasure) { bar.advance(by: $0) }
        bar.finish()
        receipt.note("table audit_log", .gone, count: lines, note: "the lines stay, without what they said of it")
    }

    /// Letters are marked, and deleted where that can be: what stands behind a letter that is kept stays until that is dealt with.
    mutating func eraseLetters() async throws {
        guard topics.present[Topics.deadLetters] != nil else { return }
        let matcher = LetterMatcher(erasure)
        var found: [LetterID] = []
        try await topics.scan(Topics.deadLetters) { if matcher.matches($0) { found.append(LetterID(partition: $0.partition, offset: $0.offset)) } }
        if !erasure.target.isUser, !found.isEmpty {
            let letters = DeadLetterAdministration(store: store, admin: topics.admin)
            let incarnation = try await letters.incarnation()
            try await letters.mark(found, as: .purged, incarnation: incarnation, filter: LetterFilter(tenant: erasure.tenant))
            let extents = try await DeadLetterTopic.with(runtime) { $0.extents }
            _ = try await letters.deleteMarked(extents, incarnation: incarnation)
            let left = try await DeadLetterTopic.with(runtime) { $0.extents }
            found = found.filter { letter in left[letter.partition].map { $0.lowerBound <= letter.offset } ?? false }
        }
        // Of a tenant questions may have come until its mark that name it in their token alone, and events after it.
        if found.isEmpty, !erasure.target.isTenant {
            receipt.note("topic \(Topics.deadLetters)", .gone)
        } else {
            try await topics.noteKept(Topics.deadLetters, &receipt, count: found.count)
        }
    }
}

extension ErasureTarget {
    var isTenant: Bool { if case .tenant = self { true } else { false } }
    fileprivate var isUser: Bool { if case .user = self { true } else { false } }
}
