import Contract
import Digest
import Index
import Postgres
import Testing

/// Sources that lose documents without a word, and publish full snapshots of what is left, in parts, twice, while events go on. Registrar, generation and
/// whoever applies snapshots each go at their own pace. In the end the index has what a look at all that was published says.
@Suite(.needsDatabase) struct SnapshotHistoryTests {
    private static let sources = 60

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `any interleaving ends in what the published events say`(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        var publishers = (0..<Self.sources).map { Publisher(SourceName("s\($0)")!) }
        var log = PublishedLog()
        for _ in 0..<(Self.sources * 40) {
            let index = Int.random(in: 0..<publishers.count, using: &random)
            publishers[index].act(&log, &random)
        }
        for index in publishers.indices { publishers[index].finish(&log, &random) }

        try await World.with { world async throws in
            var fleet = SnapshotFleet(world, log)
            try await fleet.begin()
            while try await fleet.step(&random) {}
            let found = try await world.shownTexts()
            for (document, expected) in log.expected {
                #expect(expected.contains(found[document] ?? nil), "seed \(seed), \(document): \(log.story(of: document))")
            }
            let open = try await world.database.withSession { try $0.strings("select source || ' ' || name from source_snapshot where settled_at is null") }
            #expect(Set(open) == log.incomplete, "seed \(seed)")
            let left = try await world.database.withSession { session throws in
                try session.query(
                    "select count(*) from source_snapshot_member m join source_snapshot s using (tenant_id, snapshot_id) where s.settled_at is not null"
                )
                .int64(0, 0)
            }
            #expect(left == 0)
        }
    }
}

/// A document of a source.
struct SourceDocument: Hashable, CustomStringConvertible {
    let source: SourceName
    let subject: String

    var description: String { "\(source)/\(subject)" }
}

/// One record of sluice.documents. Its place in the log is its time, in milliseconds.
struct PublishedRecord: CustomStringConvertible {
    enum Kind: Hashable {
        case upsert(text: String)
        case deletion
        /// Nobody can read it: it only names its document.
        case unreadable
        case closing(count: Int, begunAt: Int64?)
    }

    let source: SourceName
    let subject: String
    let kind: Kind
    let sequence: Int64?
    let snapshot: String?
    let partition: Int32
    let offset: Int64
    let time: Int64

    var document: SourceDocument { SourceDocument(source: source, subject: subject) }
    var description: String { "\(time) \(kind) \(subject) sequence \(sequence.map(String.init) ?? "–") snapshot \(snapshot ?? "–")" }
}

/// All that was published, in its order, on three partitions; and what follows from it, found without any of the cores.
struct PublishedLog {
    static let partitions: Int32 = 3

    private(set) var records: [PublishedRecord] = []
    private var offsets = [Int64](repeating: 0, count: Int(partitions))

    var now: Int64 { Int64(records.count) }

    mutating func publish(_ kind: PublishedRecord.Kind, _ source: SourceName, _ subject: String, sequence: Int64? = nil, snapshot: String? = nil) {
        // A key has one partition.
        let partition = Int32(SHA256.hash(Array("\(source)/\(subject)".utf8))[0]) % Self.partitions
        records.append(
            PublishedRecord(
                source: source, subject: subject, kind: kind, sequence: sequence, snapshot: snapshot, partition: partition, offset: offsets[Int(partition)],
                time: now))
        offsets[Int(partition)] += 1
    }

    private struct Seen {
        var named: Set<String> = []
        var first = Int64.max
        var count: Int?
    }

    /// By source and snapshot.
    private var snapshots: [SourceName: [String: Seen]] {
        var snapshots: [SourceName: [String: Seen]] = [:]
        for record in records {
            guard let snapshot = record.snapshot else { continue }
            var seen = snapshots[record.source]?[snapshot] ?? Seen()
            seen.first = min(seen.first, record.time)
            if case .closing(let count, let begunAt) = record.kind {
                seen.count = count
                seen.first = min(seen.first, begunAt ?? .max)
            } else {
                seen.named.insert(record.subject)
            }
            snapshots[record.source, default: [:]][snapshot] = seen
        }
        return snapshots
    }

    private func whole(_ source: SourceName) -> [Seen] {
        (snapshots[source] ?? [:]).values.filter { $0.count == $0.named.count }.sorted { $0.first < $1.first }
    }

    /// Those that stay open: not whole, and none that began later is.
    var incomplete: Set<String> {
        var open: Set<String> = []
        for (source, seen) in snapshots {
            let latest = whole(source).last?.first ?? -1
            for (name, snapshot) in seen where snapshot.count != snapshot.named.count && snapshot.first > latest { open.insert("\(source) \(name)") }
        }
        return open
    }

    /// What each document may show in the end; nothing: it is not there.
    ///
    /// Several only where a record that nobody can read names a document in a newer snapshot: whether an older one is applied before is a matter of time.
    var expected: [SourceDocument: Set<String?>] {
        var states: [SourceDocument: (text: String?, time: Int64)] = [:]
        for record in records {
            switch record.kind {
            case .upsert(let text): states[record.document] = (text, record.time)
            case .deletion: states[record.document] = (nil, record.time)
            case .unreadable: if states[record.document] == nil { states[record.document] = (nil, record.time) }
            case .closing: break
            }
        }
        var expected: [SourceDocument: Set<String?>] = [:]
        for (document, state) in states {
            let whole = whole(document.source)
            let deleting = whole.filter { !$0.named.contains(document.subject) && state.time < $0.first }
            let byNewest = whole.last.map { newest in deleting.contains { $0.first == newest.first } } ?? false
            expected[document] = byNewest ? [nil] : deleting.isEmpty ? [state.text] : [nil, state.text]
        }
        return expected
    }

    func story(of document: SourceDocument) -> String {
        records.filter { $0.source == document.source && ($0.subject == document.subject || $0.subject.isEmpty) }.map(\.description).joined(separator: "; ")
    }
}

/// A document system that lists itself from time to time.
private struct Publisher {
    private struct Document {
        var text: String
        var version: Int64
    }

    private struct Snapshot {
        let name: String
        let begunAt: Int64?
        /// Still to be published.
        var listed: [String]
        var named: Set<String> = []
    }

    private let source: SourceName
    private var documents: [String: Document] = [:]
    private var versions: [String: Int64] = [:]
    private var snapshots: [Snapshot] = []
    private var begun = 0

    init(_ source: SourceName) { self.source = source }

    private func sequence(_ subject: String) -> Int64? {
        // Half of the documents have sequences.
        subject.hasSuffix("s") ? versions[subject] : nil
    }

    mutating func act(_ log: inout PublishedLog, _ random: inout SplitMix64) {
        let subject = ["a", "b", "c", "ds", "es", "fs"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1, 2:
            versions[subject, default: 0] += 1
            let document = Document(text: "\(subject) \(log.now)", version: versions[subject] ?? 0)
            documents[subject] = document
            log.publish(.upsert(text: document.text), source, subject, sequence: sequence(subject), snapshot: live(&random, subject))
        case 3:
            guard documents.removeValue(forKey: subject) != nil else { return }
            // Also by the sequence that is in force.
            if Bool.random(using: &random) { versions[subject, default: 0] += 1 }
            log.publish(.deletion, source, subject, sequence: sequence(subject), snapshot: live(&random, subject))
        case 4:
            documents[subject] = nil  // without a word
        case 5:
            guard snapshots.count < 2 else { return }
            begun += 1
            // Now and then it forgets one.
            let listed = documents.keys.sorted().filter { _ in Int.random(in: 0..<6, using: &random) > 0 }.shuffled(using: &random)
            snapshots.append(Snapshot(name: "n\(begun)", begunAt: Bool.random(using: &random) ? log.now : nil, listed: listed))
        default:
            guard let index = snapshots.indices.randomElement(using: &random) else { return }
            goOn(index, &log, &random)
        }
    }

    /// What is published while a snapshot is may belong to it.
    private mutating func live(_ random: inout SplitMix64, _ subject: String) -> String? {
        guard !snapshots.isEmpty, Int.random(in: 0..<3, using: &random) == 0 else { return nil }
        snapshots[snapshots.count - 1].named.insert(subject)
        return snapshots[snapshots.count - 1].name
    }

    private mutating func goOn(_ index: Int, _ log: inout PublishedLog, _ random: inout SplitMix64) {
        guard let subject = snapshots[index].listed.popLast() else { return close(index, &log, &random) }
        if Int.random(in: 0..<5, using: &random) == 0 { snapshots[index].listed.append(subject) }  // twice
        guard let document = documents[subject] else { return }
        snapshots[index].named.insert(subject)
        let kind: PublishedRecord.Kind = Int.random(in: 0..<8, using: &random) == 0 ? .unreadable : .upsert(text: document.text)
        log.publish(kind, source, subject, sequence: sequence(subject), snapshot: snapshots[index].name)
    }

    private mutating func close(_ index: Int, _ log: inout PublishedLog, _ random: inout SplitMix64) {
        let snapshot = snapshots.remove(at: index)
        let count =
            switch Int.random(in: 0..<8, using: &random) {
            case 0: snapshot.named.count + 1  // an event was lost
            case 1: max(0, snapshot.named.count - 1)
            default: snapshot.named.count
            }
        guard Int.random(in: 0..<8, using: &random) > 0 else { return }  // it broke off
        log.publish(.closing(count: count, begunAt: snapshot.begunAt), source, "", snapshot: snapshot.name)
        if Int.random(in: 0..<6, using: &random) == 0 { log.publish(.closing(count: count, begunAt: snapshot.begunAt), source, "", snapshot: snapshot.name) }
    }

    mutating func finish(_ log: inout PublishedLog, _ random: inout SplitMix64) {
        while !snapshots.isEmpty { goOn(0, &log, &random) }
    }
}

/// Who reads what was published, each how far.
private struct SnapshotFleet {
    private static let policy = SnapshotPolicy(deletionLimit: 100, clockTolerance: .zero)

    private let world: World
    private let incarnation: Int32
    private let partitions: [[PublishedRecord]]
    private let all: [PublishedRecord]
    /// How much has been published at all.
    private var published = 0
    private var registrar = [Int](repeating: 0, count: Int(PublishedLog.partitions))
    private var generation = [Int](repeating: 0, count: Int(PublishedLog.partitions))

    init(_ world: World, _ log: PublishedLog) {
        self.world = world
        incarnation = world.registrarClaim.key.incarnation
        all = log.records
        partitions = (0..<PublishedLog.partitions).map { partition in log.records.filter { $0.partition == partition } }
    }

    func begin() async throws {
        _ = try await world.store.claim(
            (0..<PublishedLog.partitions).map { PartitionKey(incarnation: incarnation, partition: $0) }, group: World.registrarGroup)
    }

    private func end(_ partition: Int) -> Int { partitions[partition].prefix { $0.time < published }.count }

    /// - Returns: whether there is more to do.
    mutating func step(_ random: inout SplitMix64) async throws -> Bool {
        published = min(all.count, published + Int.random(in: 0...60, using: &random))
        let partition = Int.random(in: 0..<Int(PublishedLog.partitions), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: try await register(partition, &random)
        case 2, 3: try await index(partition, &random)
        default: try await sweep(pieces: Int.random(in: 1...4, using: &random))
        }
        guard published == all.count, registrar == partitions.map(\.count), generation == partitions.map(\.count) else { return true }
        while try await sweep(pieces: 100) {}
        return false
    }

    private mutating func register(_ partition: Int, _ random: inout SplitMix64) async throws {
        let start = max(0, registrar[partition] - (Int.random(in: 0..<4, using: &random) == 0 ? 5 : 0))  // delivered again
        let records = partitions[partition][start..<min(end(partition), start + Int.random(in: 1...120, using: &random))]
        guard let last = records.last else { return }
        var batch = RegistrarBatch()
        for record in records {
            if let fact = record.fact(world) { batch.facts.append(fact) }
            if let naming = record.naming(world) { batch.namings.append(naming) }
            if let closing = record.closing(world) { batch.closings.append(closing) }
        }
        _ = try await world.store.apply(batch, group: World.registrarGroup) { _ in [] }
        registrar[partition] = max(registrar[partition], Int(last.offset) + 1)
        let next = registrar[partition]
        try await world.database.withSession { session throws in
            try session.executeScript(
                "update applied_position set next_offset = \(next) where consumer_group = '\(World.registrarGroup)' and partition = \(partition)")
        }
    }

    private mutating func index(_ partition: Int, _ random: inout SplitMix64) async throws {
        let start = max(0, generation[partition] - (Int.random(in: 0..<4, using: &random) == 0 ? 5 : 0))
        var names: Set<SourceDocument> = []
        let records = partitions[partition][start..<min(end(partition), start + 60)].prefix { names.insert($0.document).inserted || $0.subject.isEmpty }
        guard let last = records.last else { return }
        _ = try await world.index(facts: records.compactMap { $0.fact(world) }, records.compactMap { $0.rendition(world) })
        generation[partition] = max(generation[partition], Int(last.offset) + 1)
    }

    /// - Returns: whether anything was done.
    @discardableResult
    private func sweep(pieces: Int) async throws -> Bool {
        var done = false
        for snapshot in try await world.store.pendingSnapshots(limit: 100) {
            var subject = ""
            pieces: for _ in 0..<pieces {
                switch try await world.store.advance(snapshot.name, after: subject, policy: Self.policy, group: World.registrarGroup).step {
                case .rests, .isBehind: break pieces
                case .goesOn(let after): subject = after
                case .wantsEnds(let progress):
                    let ends = (0..<Int(PublishedLog.partitions)).map { (PartitionKey(incarnation: incarnation, partition: Int32($0)), Int64(end($0))) }
                    try await world.store.setBarrier(Dictionary(uniqueKeysWithValues: ends), of: snapshot.name, seen: progress)
                }
                done = true
            }
        }
        return done
    }
}

extension PublishedRecord {
    private func version(_ world: World, isDeletion: Bool = false) -> EventVersion {
        EventVersion(
            sequence: sequence.map { SequenceNumber($0) }, position: position(world), digest: SHA256.hash(Array("\(kind)".utf8)), isDeletion: isDeletion)
    }

    private func position(_ world: World) -> VersionPosition {
        VersionPosition(
            incarnation: world.registrarClaim.key.incarnation, record: RecordPosition(topic: "sluice.documents", partition: partition, offset: offset),
            timestampMilliseconds: time)
    }

    private func name(_ world: World) -> Name { Name(tenant: world.tenant, source: source, subject: Subject(subject)!) }

    func fact(_ world: World) -> FactChange? {
        switch kind {
        case .upsert:
            FactChange(
                name: name(world), version: version(world), statement: .exists(DocumentFacts(container: nil, expiresAt: nil)), isNamed: snapshot != nil)
        case .deletion: FactChange(name: name(world), version: version(world, isDeletion: true), statement: .deleted)
        case .unreadable, .closing: nil
        }
    }

    func rendition(_ world: World) -> RenditionChange? {
        switch kind {
        case .upsert(let text):
            RenditionChange(
                name: name(world), version: version(world),
                statement: .content(
                    digest: SHA256.hash(Array(text.utf8)), facts: DocumentFacts(container: nil, expiresAt: nil), World.rendition(of: text)))
        case .deletion: RenditionChange(name: name(world), version: version(world, isDeletion: true), statement: .deleted)
        case .unreadable, .closing: nil
        }
    }

    func naming(_ world: World) -> SnapshotNaming? {
        guard let id = snapshot.flatMap({ SnapshotID($0) }), !subject.isEmpty else { return nil }
        return SnapshotNaming(name: name(world), snapshot: id, position: position(world))
    }

    func closing(_ world: World) -> SnapshotClosing? {
        guard case .closing(let count, let begunAt) = kind, let id = snapshot.flatMap({ SnapshotID($0) }) else { return nil }
        return SnapshotClosing(
            snapshot: SnapshotName(tenant: world.tenant, source: source, id: id), count: count,
            begunAt: begunAt.map { Timestamp(microsecondsSinceEpoch: $0 * 1000) }, position: position(world))
    }
}

extension World {
    /// What each document shows, by the rules of the view `shown`; nothing where it is hidden.
    fileprivate func shownTexts() async throws -> [SourceDocument: String?] {
        try await database.withSession { session throws in
            let rows = try session.query(
                """
                select d.source, d.subject, case when d.fact = 1 and r.state = 1
                        and (r.incarnation_id = d.deletion_incarnation and r.partition = d.deletion_partition and r.record_offset < d.deletion_offset) is not true
                        and (r.sequence <= d.deletion_sequence) is not true
                    then convert_from(c.body, 'UTF8') end
                from document d left join rendition r using (tenant_id, document_id)
                left join rendition_content c using (tenant_id, generation_id, document_id)
                """)
            var texts: [SourceDocument: String?] = [:]
            for row in 0..<rows.count {
                guard let source = SourceName(try rows.string(row, 0)) else { continue }
                texts[SourceDocument(source: source, subject: try rows.string(row, 1))] = .some(try rows.optionalString(row, 2))
            }
            return texts
        }
    }
}
