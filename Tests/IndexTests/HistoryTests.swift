import Contract
import Index
import Postgres
import Testing

/// The registrar and a generation read the same partition, each at its own pace, and begin again wherever they stopped. Where both have come to the end,
/// the index is what one clock says of the records in their order.
@Suite(.needsDatabase) struct HistoryTests {
    private static let histories = 400

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `any interleaving of registrar and generation ends in what one clock says`(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        try await World.with { world async throws in
            var histories = (0..<Self.histories).map { History(number: $0, world, &random) }
            while histories.contains(where: { !$0.isOver }) {
                if Bool.random(using: &random) {
                    var facts: [FactChange] = []
                    for index in histories.indices { facts += histories[index].nextForRegistrar(world, &random) }
                    try await world.register(facts: facts)
                } else {
                    let events = histories.indices.compactMap { histories[$0].nextForGeneration(&random) }
                    let changes = events.map { $0.generationChange(world) }
                    let verdicts = try await world.index(facts: changes.compactMap(\.fact), changes.map(\.rendition))
                    #expect(verdicts?.count == changes.count)
                }
            }
            let found = try await world.states()
            for history in histories { #expect(found[history.subject] == history.expected, "seed \(seed), \(history.subject): \(history.events)") }
        }
    }
}

/// One document's records, and how far each reader has come.
private struct History {
    struct Event: CustomStringConvertible {
        enum Kind: CaseIterable { case content, otherContent, rejected, deleted }

        let kind: Kind
        let subject: String
        let container: String?
        let version: EventVersion

        var description: String { "\(kind)@\(version.position.record.offset) sequence \(version.sequence?.description ?? "none") in \(container ?? "none")" }
        var isDeletion: Bool { kind == .deleted }

        func registrarChange(_ world: World) -> FactChange {
            isDeletion ? world.deleted(subject, version) : world.exists(subject, version, in: container)
        }

        func generationChange(_ world: World) -> (fact: FactChange?, rendition: RenditionChange) {
            switch kind {
            case .deleted: (registrarChange(world), RenditionChange(name: world.name(subject), version: version, statement: .deleted))
            case .rejected: (registrarChange(world), RenditionChange(name: world.name(subject), version: version, statement: .rejected))
            case .content: (registrarChange(world), world.content(subject, version, "words", in: container))
            case .otherContent: (registrarChange(world), world.content(subject, version, "other words", in: container))
            }
        }
    }

    /// What is in force in the end.
    struct Expected: Equatable {
        var fact: Int16
        var factOffset: Int64?
        var container: String?
        var rendition: Int16
        var renditionOffset: Int64?
        var body: String?
    }

    let subject: String
    let events: [Event]
    private var registrar = 0
    private var generation = 0

    /// With sequences in any order, without, or some with and some without.
    init(number: Int, _ world: World, _ random: inout SplitMix64) {
        let subject = "d\(number)"
        let sequenced = [0, 1, 2][number % 3]  // of two records
        self.subject = subject
        events = (0..<Int.random(in: 1...6, using: &random)).map { index in
            let kind = Event.Kind.allCases[Int.random(in: 0..<4, using: &random)]
            let container = kind == .deleted ? nil : [nil, "one", "two"][Int.random(in: 0..<3, using: &random)]
            let sequence = Int.random(in: 0..<2, using: &random) < sequenced ? Int64.random(in: 1...4, using: &random) : nil
            // Equal values of equal sequences are duplicates.
            let value = "\(kind) \(container ?? "")"
            return Event(
                kind: kind, subject: subject, container: container,
                version: world.version(Int64(number * 10 + index), sequence: sequence, value: value, isDeletion: kind == .deleted))
        }
    }

    var isOver: Bool { registrar == events.count && generation == events.count }

    mutating func nextForRegistrar(_ world: World, _ random: inout SplitMix64) -> [FactChange] {
        if registrar > 0, registrar < events.count, Int.random(in: 0..<6, using: &random) == 0 { registrar -= 1 }  // delivered again
        let end = min(events.count, registrar + Int.random(in: 0...2, using: &random))
        defer { registrar = end }
        return events[registrar..<end].map { $0.registrarChange(world) }
    }

    mutating func nextForGeneration(_ random: inout SplitMix64) -> Event? {
        if generation > 0, generation < events.count, Int.random(in: 0..<6, using: &random) == 0 { generation -= 1 }
        guard generation < events.count, Bool.random(using: &random) else { return nil }
        defer { generation += 1 }
        return events[generation]
    }

    /// The records in their order: one clock over all, one over those that could be read.
    var expected: Expected {
        var (facts, rendition) = (VersionClock(), VersionClock())
        var (fact, shown): (Event?, Event?) = (nil, nil)
        for event in events {
            if facts.offer(event.version) == .wins { fact = event }
            if event.kind != .rejected, rendition.offer(event.version) == .wins { shown = event }
        }
        let body: String? = shown?.kind == .content ? "words" : shown?.kind == .otherContent ? "other words" : nil
        return Expected(
            fact: fact.map { $0.isDeletion ? 2 : 1 } ?? 0, factOffset: fact?.version.position.record.offset, container: fact?.container,
            rendition: shown.map { $0.isDeletion ? 2 : 1 } ?? 0, renditionOffset: shown?.version.position.record.offset, body: body)
    }
}

extension World {
    fileprivate func states() async throws -> [String: History.Expected] {
        try await database.withSession { session throws in
            let rows = try session.query(
                """
                select d.subject, d.fact, d.record_offset, b.subject, r.state, r.record_offset, convert_from(c.body, 'UTF8')
                from document d join rendition r using (tenant_id, document_id)
                left join document b on b.tenant_id = d.tenant_id and b.document_id = d.container_id
                left join rendition_content c on c.tenant_id = r.tenant_id and c.document_id = r.document_id
                """)
            var states: [String: History.Expected] = [:]
            for row in 0..<rows.count {
                states[try rows.string(row, 0)] = History.Expected(
                    fact: try rows.int16(row, 1), factOffset: try rows.optionalInt64(row, 2), container: try rows.optionalString(row, 3),
                    rendition: try rows.int16(row, 4), renditionOffset: try rows.optionalInt64(row, 5), body: try rows.optionalString(row, 6))
            }
            return states
        }
    }
}

/// A seed repeats a run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
