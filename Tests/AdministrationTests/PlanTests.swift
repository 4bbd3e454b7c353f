import Administration
import Contract
import Index
import Testing

@testable import sluice

@Suite struct `Choosing dead letters` {
    private static let now = Timestamp(rfc3339: "2026-03-08T12:00:00Z")!

    /// - Parameter topic: nothing makes a record that somebody else wrote.
    private static func letter(
        _ offset: Int64, tenant: String? = "acme", topic: String? = "sluice.documents", code: RejectionCode = .invalidText, milliseconds: Int64 = 0
    ) -> Letter {
        let key = tenant.map { Array("\($0)/wiki/leave".utf8) }
        let place = RecordPosition(topic: "sluice.dlq", partition: 0, offset: offset)
        guard let topic else {
            return Letter(InboundRecord(position: place, timestampMilliseconds: milliseconds, key: key, value: [1, 2], headers: []))
        }
        let original = InboundRecord(
            position: RecordPosition(topic: topic, partition: 2, offset: 41), timestampMilliseconds: milliseconds, key: key, value: [1, 2], headers: [])
        let buried = DeadLetter(record: original, group: "g", deliveryCount: 1, rejection: Rejection(code, .data, "why")).outbound
        return Letter(InboundRecord(position: place, timestampMilliseconds: milliseconds, key: key, value: [1, 2], headers: buried.headers))
    }

    @Test func `a filter is the conjunction of what it names`() throws {
        let letter = Self.letter(7, milliseconds: 1000)
        let second = try #require(Timestamp(rfc3339: "1970-01-01T00:00:01Z"))
        #expect(LetterFilter().matches(letter))
        #expect(LetterFilter(tenant: TenantID("acme"), code: .invalidText, since: second, ids: [letter.id]).matches(letter))
        #expect(!LetterFilter(tenant: TenantID("globex")).matches(letter))
        #expect(!LetterFilter(code: .tooLarge).matches(letter))
        #expect(!LetterFilter(until: second).matches(letter))
        #expect(LetterFilter(until: Self.now).matches(letter))
        #expect(!LetterFilter(ids: [LetterID(partition: 1, offset: 7)]).matches(letter))
        for milliseconds in [-1, .max] as [Int64] {
            let timeless = Self.letter(7, milliseconds: milliseconds)
            #expect(LetterFilter().matches(timeless) && !LetterFilter(since: second).matches(timeless) && !LetterFilter(until: second).matches(timeless))
        }
        #expect(LetterFilter().matches(Self.letter(0, topic: nil)) && !LetterFilter(code: .invalidText).matches(Self.letter(0, topic: nil)))
    }

    @Test(arguments: [
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"), ("0s", "2026-03-08T12:00:00Z"), ("90s", "2026-03-08T11:58:30Z"), ("30m", "2026-03-08T11:30:00Z"),
        ("2h", "2026-03-08T10:00:00Z"), ("7d", "2026-03-01T12:00:00Z"), ("2w", "2026-02-22T12:00:00Z"),
    ])
    func `a moment is a time or how long ago`(text: String, moment: String) {
        #expect(Timestamp(moment: text, now: Self.now)?.rfc3339 == moment)
    }

    @Test(arguments: ["", "h", "2", "-2h", "+2h", "2 h", "2H", "1.5h", "2h30m", "yesterday", "9223372036854775807s", "99999999w", "２h"])
    func `what is neither is no moment`(text: String) {
        #expect(Timestamp(moment: text, now: Self.now) == nil)
    }

    private static func incarnations(_ seen: Int64...) -> [TopicIncarnation] {
        seen.enumerated().map { TopicIncarnation(number: Int32($0 + 1), seenAt: Timestamp(microsecondsSinceEpoch: $1 * 1000)) }
    }

    @Test func `an incarnation is the newest that was known when the record was stamped, else the oldest`() {
        let known = Self.incarnations(100, 200)
        for (milliseconds, number) in [(-1, 1), (99, 1), (100, 1), (199, 1), (200, 2), (1000, 2)] as [(Int64, Int32)] {
            #expect(RedrivePlan.incarnation(at: milliseconds, among: known)?.number == number)
        }
        #expect(RedrivePlan.incarnation(at: 0, among: []) == nil)
    }

    @Test func `permissions and memberships go first, and what cannot go back is named`() {
        let letters = [
            Self.letter(0), Self.letter(1, tenant: "globex", topic: "sluice.permissions", code: .unknownTenant),
            Self.letter(2, topic: "sluice.memberships.acme"),
            Self.letter(3, topic: "sluice.queries"), Self.letter(4, topic: "sluice.redrive"), Self.letter(5, topic: "elsewhere"), Self.letter(6, topic: nil),
            Self.letter(7, topic: "sluice.documents.gone"), Self.letter(8, tenant: nil),
        ]
        let one = Self.incarnations(100)
        let plan = RedrivePlan(
            letters, incarnations: ["sluice.documents": one, "sluice.permissions": Self.incarnations(-5, -2, 50), "sluice.memberships.acme": one])
        #expect(plan.access == [Self.letter(1).id: 2, Self.letter(2).id: 1])
        #expect(plan.documents == [Self.letter(0).id: 1, Self.letter(8).id: 1])
        #expect(plan.refusals == [.query: 1, .notAnInput: 2, .unreadable: 1, .unknownTopic: 1])
        #expect(plan.choices.map { "\($0.topic) \($0.incarnation.number) \($0.isCurrent) \($0.letters)" } == ["sluice.permissions 2 false 1"])
        #expect(Set(plan.tenants.map(\.text)) == ["acme", "globex"])
        #expect(
            RedriveText.render(plan, unregistered: [TenantID("globex")!]) == """
                TOPIC                    CODE            LETTERS
                sluice.documents         invalid_text          2
                sluice.memberships.acme  invalid_text          1
                sluice.permissions       unknown_tenant        1

                2 permissions and memberships go first, then 2 documents
                sluice.permissions was made anew: 1 letters count as of its incarnation 2, an earlier one: the newest that was known when they were published, else the oldest
                1 letters stay: no dead letter of Sluice: another program wrote it
                1 letters stay: a query: who asked it waits no longer
                2 letters stay: from a topic whose records are not redriven
                1 letters stay: from a topic that neither the broker nor the database has
                not registered, so their letters would come back: globex

                """)
    }

    @Test func `the broker is asked to delete up to the first letter that is kept`() {
        func marks(_ offsets: Int64...) -> [LetterID: LetterMark] {
            Dictionary(uniqueKeysWithValues: offsets.map { (LetterID(partition: 0, offset: $0), $0.isMultiple(of: 2) ? .purged : .redriven) })
        }
        #expect(DeadLetterAdministration.markedPrefixes([0: 5..<9, 1: 0..<3], marks(5, 6, 8)) == [0: 7])
        #expect(DeadLetterAdministration.markedPrefixes([0: 5..<9], marks(4, 6)) == [:])
        #expect(DeadLetterAdministration.markedPrefixes([0: 5..<7], marks(5, 6)) == [0: 7])
        #expect(DeadLetterAdministration.markedPrefixes([0: 5..<5], [:]) == [:])
    }

    @Test func `of many letters the newest are kept`() {
        var newest = NewestLetters(limit: 3)
        for offset in 0..<100 as Range<Int64> { newest.add(Self.letter(offset, milliseconds: offset * 37 % 100)) }
        #expect(newest.letters.map(\.timestampMilliseconds) == [97, 98, 99])
    }

    @Test func `letters are named or filtered, not both`() throws {
        func filter(_ words: [String]) throws -> LetterFilter {
            guard case .run(_, let arguments) = try CommandParser(root: sluiceCommands).parse(["dlq", "redrive"] + words) else { throw UsageError("help") }
            return try LetterOptions.filter(arguments, now: Self.now)
        }
        #expect(try filter(["0/1", "2/3"]) == LetterFilter(ids: [LetterID(partition: 0, offset: 1), LetterID(partition: 2, offset: 3)]))
        #expect(
            try filter(["--tenant", "acme", "--code", "too_large", "--since", "1d"])
                == LetterFilter(tenant: TenantID("acme"), code: .tooLarge, since: Timestamp(rfc3339: "2026-03-07T12:00:00Z")))
        for words in [["0/1", "--tenant", "acme"], ["0/x"], ["--code", "none"], ["--since", "soon"], ["--tenant", "ACME"]] {
            #expect(throws: UsageError.self) { try filter(words) }
        }
    }

    @Test func `nothing is done without a word of consent`() throws {
        func decision(_ words: [String]) throws -> ExitCode? {
            guard case .run(_, let arguments) = try CommandParser(root: sluiceCommands).parse(["dlq", "purge"] + words) else { throw UsageError("help") }
            return try Consent.decide(arguments, question: "Purge?")
        }
        #expect(try decision(["--yes"]) == nil)
        #expect(try decision(["--dry-run", "--yes"]) == .success)
    }

    @Test func `a span is told in its largest unit`() {
        func span(_ seconds: Int64) -> String {
            DeferredText.span(Self.now, Timestamp(microsecondsSinceEpoch: Self.now.microsecondsSinceEpoch + seconds * 1_000_000))
        }
        #expect([-5, 0, 119, 120, 7199, 7200, 172_799, 172_800].map(span) == ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"])
    }
}
