import Contract
import Testing

@testable import Index
@testable import IngestionWorker

/// What the registrar makes of a record, and what it says of each verdict.
struct RegistrarWorkTests {
    private static let deletion = Records.record(.documents, "page", .documentDeleted, "{}")
    private static let tombstone = Records.record(.documents, "page", .documentDeleted, nil)

    /// The outcome of a single record under these verdicts.
    private func outcomes(
        _ record: ClaimedRecord, _ verdict: VersionClock.Verdict = .wins, wasDeleted: Bool = false
    ) -> [Outcome] {
        let work = RegistrarWork([record], Records.tenants)
        let verdicts = RegistrarVerdicts(
            facts: work.batch.facts.map { _ in verdict }, wasDeleted: work.batch.facts.map { _ in wasDeleted },
            permissions: work.batch.permissions.map { _ in verdict }, memberships: work.batch.memberships.map { _ in verdict },
            closings: work.batch.closings.map { _ in SnapshotVerdict(counts: verdict == .wins, tally: Self.tally) })
        return work.outcomes(verdicts).map(\.outcome)
    }

    @Test(arguments: [
        (VersionClock.Verdict.wins, false, Outcome.Kind.deleted), (.wins, true, .unchanged), (.duplicate, true, .unchanged),
        // A generation has merged this very record before.
        (.duplicate, false, .deleted), (.superseded, false, .superseded), (.superseded, true, .superseded),
    ])
    func `a deletion is told by what it did`(verdict: VersionClock.Verdict, wasDeleted: Bool, told: Outcome.Kind) {
        for record in [Self.deletion, Self.tombstone] {
            #expect(outcomes(record, verdict, wasDeleted: wasDeleted).map(\.kind) == [told])
        }
    }

    @Test(arguments: [(VersionClock.Verdict.wins, Outcome.Kind.applied), (.duplicate, .unchanged), (.superseded, .superseded)])
    func `permissions and memberships, and their tombstones, are told by their verdict`(verdict: VersionClock.Verdict, told: Outcome.Kind) {
        let records = [
            Records.record(.permissions, "page", .permissionsChanged, "{\"allow\": []}"), Records.record(.permissions, "page", .permissionsChanged, nil),
            Records.record(.memberships, "staff", .groupChanged, "{\"members\": []}"), Records.record(.memberships, "staff", .groupChanged, nil),
        ]
        for record in records { #expect(outcomes(record, verdict).map(\.kind) == [told]) }
    }

    @Test func `of a document that can be read a generation speaks`() {
        #expect(outcomes(Records.document("page")) == [])
        let work = RegistrarWork([Records.document("page")], Records.tenants)
        #expect(work.batch.facts.count == 1 && work.letters.isEmpty)
    }

    @Test func `a document refused though its facts could be read is left to the generation, but moves at once`() {
        let refused = Records.record(.documents, "page", .documentUpserted, "{\"title\": \"no content\", \"container\": \"box\"}")
        let work = RegistrarWork([refused], Records.tenants)
        #expect(work.batch.facts.map(\.container?.subject.text) == ["box"])
        #expect(work.letters.isEmpty && outcomes(refused).isEmpty)
    }

    @Test func `a document nobody can read is buried and told of, and changes nothing`() {
        let record = Records.record(.documents, "page", .documentUpserted, "{")
        let work = RegistrarWork([record], Records.tenants)
        #expect(work.batch.facts.isEmpty && work.letters.map(\.rejection.code) == [.malformedData])
        let outcome = outcomes(record)
        #expect(outcome.map(\.kind) == [.rejected] && outcome.first?.rejection?.code == .malformedData && outcome.first?.correlationID == "id-0")
    }

    @Test func `an entry or group that could not be read closes, and is buried and told of`() {
        let work = RegistrarWork(
            [Records.record(.permissions, "page", .permissionsChanged, "{}"), Records.record(.memberships, "staff", .groupChanged, "[]")], Records.tenants)
        #expect(work.batch.permissions.map { if case .unreadable = $0.statement { true } else { false } } == [true])
        #expect(work.batch.memberships.map { if case .unreadable = $0.statement { true } else { false } } == [true])
        #expect(work.letters.count == 2)
        #expect(outcomes(Records.record(.permissions, "page", .permissionsChanged, "{}"), .superseded).map(\.kind) == [.rejected])
    }

    @Test func `an unregistered tenant has a dead letter and no outcome, and closes nothing`() {
        for record in [
            Records.record(.permissions, "page", .permissionsChanged, "{}", tenant: "nobody"),
            Records.record(.documents, "page", .documentUpserted, "{}", key: .some(nil)),
        ] {
            let work = RegistrarWork([record], Records.tenants)
            #expect(work.letters.count == 1 && work.batch.permissions.isEmpty && work.batch.facts.isEmpty)
            #expect(outcomes(record) == [])
        }
    }

    private static let tally = SnapshotTally(snapshot: SnapshotID("s1")!, state: .incomplete, count: 3, named: 2)

    @Test func `a closing event is told of, and again once it is decided`() {
        let closing = Records.record(.documents, "", .snapshotClosed, "{\"count\": 3}", offset: 9, snapshot: "s1")
        let work = RegistrarWork([closing], Records.tenants)
        #expect(work.batch.closings.map(\.count) == [3] && work.batch.facts.isEmpty && work.letters.isEmpty)
        #expect(outcomes(closing).map(\.kind) == [.deferred] && outcomes(closing).first?.snapshot == Self.tally)
        #expect(outcomes(closing, .superseded).map(\.kind) == [.superseded])
        let unwritable = work.letters + RegistrarWork([closing.refused(Rejection(.parseLimit, .write, "why"))], Records.tenants).letters
        #expect(unwritable.map(\.rejection.code) == [.parseLimit])
        #expect(WaveItem(closing, Records.tenants) == nil)
    }

    @Test func `every event of a document in a snapshot names it, refused ones too`() {
        let records = [
            Records.record(.documents, "a", .documentUpserted, "{\"text\": \"words\"}", offset: 1, snapshot: "s1"),
            Records.record(.documents, "b", .documentUpserted, "{\"title\": \"no content\"}", offset: 2, snapshot: "s1"),
            Records.record(.documents, "c", .documentUpserted, "{", offset: 3, snapshot: "s1"),
            Records.record(.documents, "d", .documentDeleted, "{}", offset: 4, snapshot: "s1"), Records.document("e", offset: 5),
        ]
        let batch = RegistrarWork(records, Records.tenants).batch
        #expect(batch.namings.map(\.name.subject.text) == ["a", "b", "c", "d"])
        #expect(batch.facts.map(\.isNamed) == [true, true, false, false])
        #expect(records.compactMap { WaveItem($0, Records.tenants) }.map(\.isNamed) == [true, true, true, false])
    }

    @Test func `a batch is written under the claims of its partitions, once each`() {
        let records = [Records.document("a", offset: 3), Records.record(.documents, "b", .documentUpserted, "{", offset: 4)]
        #expect(RegistrarWork(records, Records.tenants).batch.claims == Set([records[0].claim].compactMap(\.self)))
    }
}
