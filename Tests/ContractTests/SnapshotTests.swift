import Contract
import Testing

/// How a full snapshot is counted, and what is older than it: whatever order its events come in.
struct SnapshotTests {
    // MARK: envelopes

    private static let named = Sample.document().with("snapshot", "s1")

    @Test func `a snapshot names the document of each of its events, deletions and tombstones too`() {
        #expect(Self.named.event?.snapshot == SnapshotID("s1"))
        #expect(Sample.document("{}").with("type", EventType.documentDeleted.rawValue).with("snapshot", "s1").event?.snapshot == SnapshotID("s1"))
        #expect(Sample.tombstone().with("snapshot", "s1").event?.snapshot == SnapshotID("s1"))
        #expect(Sample.document().event?.snapshot == nil)
        // Elsewhere it is one of the attributes nobody asks for.
        #expect(Sample.permissions(#"{"allow":[]}"#).with("snapshot", "not a name").event.map { $0.snapshot == nil } == true)
    }

    @Test(arguments: ["", " ", "a b", "a/b", "é", String(repeating: "a", count: 65)])
    func `a snapshot's name out of form is refused`(name: String) {
        #expect(Self.named.with("snapshot", name).code == .malformedEnvelope)
    }

    @Test func `a document that is refused was in the snapshot all the same`() {
        #expect(Sample.document("{").with("snapshot", "s1").rejected?.snapshot == SnapshotID("s1"))
        #expect(Self.named.with("type", "io.sluice.nothing.v1").rejected?.snapshot == SnapshotID("s1"))
        #expect(Self.named.with("sequence", "1e3").rejected?.snapshot == SnapshotID("s1"))
    }

    @Test func `a record in doubt about its document, its tenant or its snapshot is not counted`() {
        let doubtful = [
            Self.named.with("subject", "other"), Self.named.with("tenant", "rival"), Self.named.keyed("ghost/wiki/leave").with("tenant", nil),
            Self.named.keyed("acme/wiki/a%2fb").with("subject", nil), Self.named.with(header: "ce_snapshot", Array("s2".utf8)),
            Self.named.with(header: "ce_subject", Array("other".utf8)), Self.named.with("type", EventType.snapshotClosed.rawValue),
        ]
        for sample in doubtful {
            #expect(sample.rejected != nil && sample.rejected?.snapshot == nil, "\(sample)")
        }
    }

    @Test func `no document has the key of a closing event`() {
        #expect(RecordKey(parsing: Array("acme/wiki/".utf8)) == nil)
        for key in ["acme/wiki/x", "acme/wiki", "acme//", "/wiki/", "acme/wiki//", "acme/wi%20ki/"] { #expect(SourceKey(parsing: Array(key.utf8)) == nil) }
        let key = SourceKey(tenant: tenant(), source: SourceName("wiki")!)
        #expect(SourceKey(parsing: key.bytes) == key && key.bytes == Array("acme/wiki/".utf8))
    }

    @Test(arguments: ["{}", #"{"count":-1}"#, #"{"count":1.0}"#, #"{"count":"3"}"#, #"{"count":2000000001}"#, #"{"count":1,"begunAt":"yesterday"}"#, "[]", ""])
    func `a closing event without a count in form is refused`(data: String) {
        var sample = Sample.document(data).keyed("acme/wiki/").with("subject", nil).with("snapshot", "s1")
        sample["type"] = EventType.snapshotClosed.rawValue
        #expect(sample.code == .malformedData)
        #expect(sample.with("snapshot", nil).code == .malformedEnvelope)
        #expect(sample.with("subject", "leave").code == .keyMismatch)
        #expect(sample.keyed("ghost/wiki/").with("tenant", nil).code == .unknownTenant)
    }

    @Test func `a tally reads back as it was written`() {
        for state in SnapshotTally.State.allCases {
            let tally = SnapshotTally(snapshot: SnapshotID("a:b")!, state: state, count: 5, named: 4, deleted: 3, newer: 2)
            var json = JSONWriter()
            tally.write(to: &json)
            #expect((try? JSON.parse(json.bytes)).flatMap(SnapshotTally.init) == tally)
        }
    }

    // MARK: progress

    private enum Event: Hashable {
        case names(document: Int, at: VersionPosition)
        case closes(count: Int, at: VersionPosition, begunAt: Int64?)
    }

    private static func place(_ partition: Int32, _ offset: Int64, time: Int64) -> VersionPosition {
        VersionPosition(
            incarnation: 1, record: RecordPosition(topic: "sluice.documents", partition: partition, offset: offset), timestampMilliseconds: time)
    }

    /// As the registrar does: which documents are known by name is kept beside.
    private static func progress(_ events: [Event]) -> SnapshotProgress {
        var progress = SnapshotProgress()
        var names: Set<Int> = []
        for event in events {
            switch event {
            case .names(let document, let position): progress.name(isNew: names.insert(document).inserted, at: position.timestampMilliseconds)
            case .closes(let count, let position, let begunAt): _ = progress.close(.init(count: count, position: position), begunAt: begunAt)
            }
        }
        return progress
    }

    @Test func `any order and any repetition of a snapshot's events ends the same`() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = Seeded(state: seed)
        for _ in 0..<2000 {
            var events: [Event] = []
            var offsets = [Int64](repeating: 0, count: 3)
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let partition = Int32.random(in: 0..<3, using: &random)
                let position = Self.place(partition, offsets[Int(partition)], time: .random(in: 100...110, using: &random))
                offsets[Int(partition)] += 1
                events.append(.names(document: .random(in: 0..<5, using: &random), at: position))
            }
            // A source has one key for its closing events, and so one partition.
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let position = Self.place(0, offsets[0], time: .random(in: 100...110, using: &random))
                offsets[0] += 1
                events.append(
                    .closes(
                        count: .random(in: 0...6, using: &random), at: position,
                        begunAt: Bool.random(using: &random) ? .random(in: 90...120, using: &random) : nil))
            }
            let delivered = (events + events.filter { _ in Bool.random(using: &random) }).shuffled(using: &random)
            let found = Self.progress(delivered)

            // By sight of the whole.
            let documents = Set(events.compactMap { if case .names(let document, _) = $0 { document } else { nil } })
            let last = events.compactMap { if case .closes(let count, let position, _) = $0 { (count, position.record.offset) } else { nil } }.max {
                $0.1 < $1.1
            }
            let times = events.flatMap { event in
                switch event {
                case .names(_, let position): [position.timestampMilliseconds]
                case .closes(_, let position, let begunAt): [position.timestampMilliseconds, begunAt ?? .max]
                }
            }
            #expect(found.named == documents.count, "seed \(seed)")
            #expect(found.begunAt == times.min() ?? .max, "seed \(seed)")
            #expect(found.closing?.count == last?.0, "seed \(seed)")
            let standing: SnapshotProgress.Standing =
                switch last?.0 {
                case nil: .notClosed
                case documents.count?: .whole
                case let count? where count > documents.count: .missing(count - documents.count)
                case let count?: .tooMany(documents.count - count)
                }
            #expect(found.standing == standing, "seed \(seed)")
        }
    }

    @Test func `a later closing event replaces an earlier one, and is told of the place it takes`() {
        var progress = SnapshotProgress()
        let (first, second) = (Self.place(0, 5, time: 1), Self.place(0, 9, time: 2))
        #expect(progress.close(.init(count: 3, position: first), begunAt: nil) == .counts(replacing: nil))
        #expect(progress.close(.init(count: 3, position: first), begunAt: nil) == .counts(replacing: nil))
        #expect(progress.close(.init(count: 4, position: second), begunAt: nil) == .counts(replacing: first))
        #expect(progress.close(.init(count: 3, position: first), begunAt: nil) == .superseded)
        #expect(progress.closing?.count == 4)
    }

    @Test func `what is over is not counted on`() {
        for state in SnapshotProgress.State.allCases where state.isOver {
            var progress = SnapshotProgress(state: state, named: 2, begunAt: 50, closing: nil)
            progress.name(isNew: true, at: 10)
            #expect(progress.close(.init(count: 1, position: Self.place(0, 0, time: 0)), begunAt: nil) == .superseded)
            #expect(progress == SnapshotProgress(state: state, named: 2, begunAt: 50, closing: nil))
        }
    }

    @Test(arguments: [
        (10, 2, 20, SnapshotProgress.State.applying), (10, 3, 20, .waiting), (1, 1, 20, .waiting), (0, 0, 0, .applying), (10, 0, 0, .applying),
        (10, 1, 0, .waiting), (10, 10, 100, .applying), (1_000_000_000, 200_000_001, 20, .waiting),
    ])
    func `more than the limit waits for an admin`(existing: Int, absent: Int, limit: Int, state: SnapshotProgress.State) {
        var progress = SnapshotProgress(named: 1, begunAt: 0, closing: .init(count: 1, position: Self.place(0, 0, time: 0)))
        progress.decide(existing: existing, absent: absent, limit: limit)
        #expect(progress.state == state)
        // Nothing is decided of one that is not whole.
        var missing = SnapshotProgress(named: 1, begunAt: 0, closing: .init(count: 2, position: Self.place(0, 0, time: 0)))
        missing.decide(existing: existing, absent: absent, limit: limit)
        #expect(missing.state == .open)
    }

    @Test func `older is what a clock says with something to spare, and no partition contradicts`() {
        let horizon = SnapshotHorizon(begunAt: 1000, tolerance: 100, firstOffsets: [.init(incarnation: 1, partition: 0): 50])
        #expect(horizon.isNewer(than: Self.place(0, 49, time: 899)))
        #expect(!horizon.isNewer(than: Self.place(0, 49, time: 900)))
        #expect(!horizon.isNewer(than: Self.place(0, 50, time: 1)))
        #expect(!horizon.isNewer(than: Self.place(0, 51, time: 1)))
        // No event of the snapshot there: the clock alone.
        #expect(horizon.isNewer(than: Self.place(1, 99, time: 899)))
        #expect(!SnapshotHorizon(begunAt: 1000, tolerance: 1000, firstOffsets: [:]).isNewer(than: Self.place(0, 0, time: 0)))
    }
}
