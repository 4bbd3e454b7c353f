import Contract
import Foundation
import Index
import Testing

/// The leak oracle: random questions of random askers in organisations of real role matrices, against the pure verdict. Nothing foreign, nothing missing, and
/// nothing that lets an asker tell what is hidden from what is not there.
///
/// `LEAKS` is the number of questions in all, `LEAKS_SEED` repeats a run.
@Suite(.serialized, .enabled(if: LeakWorld.serverURL != nil, "SLUICE_DATABASE_URL is not set: start a database and set it to run these tests"))
struct LeakTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let questions = environment["LEAKS"].flatMap(Int.init) ?? 10_000
    private static let seed = environment["LEAKS_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
    /// Questions asked at once, each on a connection of its own.
    private static let lanes = 4

    @Test(arguments: RoleMatrix.histories)
    func `an asker is shown what the verdict lets them see, all of it and nothing else`(_ history: RoleMatrix.History) async throws {
        print("leaks: \(history), LEAKS_SEED=\(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let organisations = history.states.map(Organisation.init)
        let documents = organisations[0].documents
        let library = Library(documents: documents.count, using: &random)
        try await LeakWorld.with { world in
            try await world.index(documents, library, using: &random)
            let share = Self.questions / RoleMatrix.histories.count / organisations.count / Self.lanes
            var before: Organisation?
            for (state, organisation) in organisations.enumerated() {
                try await world.permit(organisation, after: before, state: state)
                before = organisation
                let oracle = Oracle(world, organisation, library)
                try await withThrowingTaskGroup { group in
                    for _ in 0..<Self.lanes {
                        let seed = random.next()
                        group.addTask { try await oracle.ask(share, seed: seed) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}

/// Knows what each asker may see, and compares.
private struct Oracle: Sendable {
    private let organisation: Organisation
    private let library: Library
    private let numbers: [Subject: Int]
    private let stores: [RandomQuery.Plan: RetrievalStore]

    /// Documents of one access check, some of which do not exist.
    private static let checked = 20

    init(_ world: LeakWorld, _ organisation: Organisation, _ library: Library) {
        (self.organisation, self.library) = (organisation, library)
        numbers = Dictionary(uniqueKeysWithValues: organisation.documents.enumerated().map { ($1.subject, $0) })
        stores = Dictionary(
            uniqueKeysWithValues: RandomQuery.Plan.allCases.map { plan in
                (plan, RetrievalStore(pool: IndexRole.retrieval.pool(url: world.databaseURL, connections: 4, applicationName: "sluice leaks")))
            })
    }

    func ask(_ questions: Int, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<questions {
            let query = RandomQuery.random(organisation, using: &random)
            let store = try #require(stores[query.plan])
            let visible = organisation.visible(to: query.asker)
            guard case .hits(let hits, _) = try await query.ask(store, tenant: LeakWorld.tenantID) else {
                Issue.record("an answer without hits: \(query)")
                continue
            }
            judge(hits, query, visible)
            if Int.random(in: 0..<10, using: &random) == 0 { try await check(store, query, visible, using: &random) }
        }
    }

    private func judge(_ hits: [QueryResult.Hit], _ query: RandomQuery, _ visible: [Bool]) {
        let expected = query.matches(library, visible: visible)
        if hits.count != expected { Issue.record("\(hits.count) passages where \(expected) match: \(query)") }
        var counts: [Int: Int] = [:]
        for hit in hits {
            guard let number = numbers[hit.document], visible[number] else {
                Issue.record("a foreign passage, of \(hit.document.text): \(query)")
                continue
            }
            counts[number, default: 0] += 1
            let text = hit.page.map { library.text(number, $0) }
            if hit.text != text { Issue.record("not the text of the passage, of \(hit.document.text): \(query)") }
            if query.mode == .lexical, Set(query.words).isDisjoint(with: hit.text.split(separator: " ").map(String.init)) {
                Issue.record("a passage without the words, of \(hit.document.text): \(query)")
            }
        }
        if let most = counts.values.max(), most > query.perDocument ?? most { Issue.record("\(most) passages of one document: \(query)") }
        if Set(hits.map { "\($0.document.text)/\($0.span)" }).count != hits.count { Issue.record("a passage twice: \(query)") }
    }

    /// What is hidden and what does not exist are answered alike.
    private func check(_ store: RetrievalStore, _ query: RandomQuery, _ visible: [Bool], using random: inout SeededGenerator) async throws {
        let chosen = (0..<Self.checked).map { _ in Int.random(in: 0..<visible.count * 5 / 4, using: &random) }
        let names = chosen.map { (source: Organisation.source, subject: $0 < visible.count ? organisation.documents[$0].subject.text : "none-\($0)") }
        let shown = try await store.check(names, as: query.claims(tenant: LeakWorld.tenantID))
        if shown != chosen.map({ $0 < visible.count && visible[$0] }) { Issue.record("a check that differs from the verdict: \(query)") }
    }
}
