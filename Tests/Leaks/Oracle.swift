import Contract
import Index
import Testing

/// Knows what each asker may see, asks, and compares.
struct Oracle: Sendable {
    private let organisation: Organisation
    private let library: Library
    private let numbers: [Subject: Int]
    private let stores: [RandomQuery.Plan: RetrievalStore]

    /// Documents of one access check, some of which do not exist.
    private static let checked = 20
    /// Questions asked at once, each on a connection of its own.
    private static let lanes = 4

    /// An answer that differs from the verdict.
    struct Finding: Sendable, CustomStringConvertible {
        enum Kind: String {
            case refused = "an answer without hits"
            case count = "more or fewer passages than match"
            case foreign = "a foreign passage"
            case text = "not the text of the passage"
            case words = "a passage without the words"
            case perDocument = "too many passages of one document"
            case repeated = "a passage twice"
            case check = "a check that differs"
        }

        let kind: Kind
        let query: RandomQuery

        var description: String { "\(kind.rawValue): \(query)" }
    }

    init(_ world: LeakWorld, _ organisation: Organisation, _ library: Library) async throws {
        (self.organisation, self.library) = (organisation, library)
        numbers = Dictionary(uniqueKeysWithValues: organisation.documents.enumerated().map { ($1.subject, $0) })
        var stores: [RandomQuery.Plan: RetrievalStore] = [:]
        for plan in RandomQuery.Plan.allCases { stores[plan] = try await world.retrieval(by: plan, connections: Self.lanes) }
        self.stores = stores
    }

    func findings(_ questions: Int, using random: inout SeededGenerator) async throws -> [Finding] {
        let seeds = (0..<Self.lanes).map { _ in random.next() }
        return try await withThrowingTaskGroup(of: [Finding].self) { group in
            for seed in seeds { group.addTask { try await ask(questions / Self.lanes, seed: seed) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func ask(_ questions: Int, seed: UInt64) async throws -> [Finding] {
        var random = SeededGenerator(seed: seed)
        var findings: [Finding] = []
        for _ in 0..<questions {
            let query = RandomQuery.random(organisation, using: &random)
            let store = try #require(stores[query.plan])
            let visible = organisation.visible(to: query.asker)
            if case .answered(let found) = try await query.ask(store, tenant: LeakWorld.tenantID) {
                let expected = zip(visible, organisation.documents).map { $0 && query.admits($1) }
                findings += flaws(of: found.map(\.hit), query, expected).map { Finding(kind: $0, query: query) }
            } else {
                findings.append(Finding(kind: .refused, query: query))
            }
            if Int.random(in: 0..<10, using: &random) == 0, try await !checksAgree(store, query, visible, using: &random) {
                findings.append(Finding(kind: .check, query: query))
            }
        }
        return findings
    }

    private func flaws(of hits: [QueryResult.Hit], _ query: RandomQuery, _ visible: [Bool]) -> Set<Finding.Kind> {
        var flaws: Set<Finding.Kind> = []
        if hits.count != query.matches(library, visible: visible) { flaws.insert(.count) }
        var counts: [Int: Int] = [:]
        for hit in hits {
            guard let number = numbers[hit.document], visible[number] else {
                flaws.insert(.foreign)
                continue
            }
            counts[number, default: 0] += 1
            if hit.text != hit.page.map({ library.text(number, $0) }) { flaws.insert(.text) }
            let words = hit.text.split(separator: " ").map(String.init)
            if query.mode == .lexical, Set(query.words).isDisjoint(with: words) { flaws.insert(.words) }
        }
        if let most = counts.values.max(), most > query.perDocument ?? most { flaws.insert(.perDocument) }
        if Set(hits.map { "\($0.document.text)/\($0.span)" }).count != hits.count { flaws.insert(.repeated) }
        return flaws
    }

    /// What is hidden and what does not exist are answered alike.
    private func checksAgree(
        _ store: RetrievalStore, _ query: RandomQuery, _ visible: [Bool], using random: inout SeededGenerator
    ) async throws -> Bool {
        let chosen = (0..<Self.checked).map { _ in Int.random(in: 0..<visible.count * 5 / 4, using: &random) }
        let names = chosen.map { (source: Organisation.source, subject: $0 < visible.count ? organisation.documents[$0].subject.text : "none-\($0)") }
        guard case .answered(let shown) = try await store.ask(as: query.claims(tenant: LeakWorld.tenantID), { try $0.shown(names) }) else { return false }
        return shown == chosen.map { $0 < visible.count && visible[$0] }
    }
}
