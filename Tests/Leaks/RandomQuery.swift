import Contract
import Index
import Words

@testable import Retrieval

/// One question, out of every combination of what a search can be asked for. A new dimension is a property here, a value in `random` and, where it changes
/// which passages match, a condition in `matches`.
struct RandomQuery: Sendable, CustomStringConvertible {
    /// Ways to the same answer: each is its own store, and each must answer alike.
    enum Plan: CaseIterable, Sendable {
        /// The policies' own conditions, in SQL.
        case rows
        /// What a mirror suggests, beside them.
        case mirror
    }

    let plan: Plan
    let mode: Query.Mode
    let limit: Int
    let perDocument: Int?
    let words: [String]
    let vector: [Float]
    let asker: Organisation.Asker
    /// One of these containers; nothing: any, or none.
    let containers: [Subject]?

    static func random(_ organisation: Organisation, using random: inout SeededGenerator) -> RandomQuery {
        RandomQuery(
            plan: Plan.allCases.randomElement(using: &random) ?? .rows, mode: [.vector, .lexical, .hybrid].randomElement(using: &random) ?? .hybrid,
            limit: [1, 3, 10, 100].randomElement(using: &random) ?? 10, perDocument: [nil, nil, 1, 2].randomElement(using: &random) ?? nil,
            words: (0..<Int.random(in: 1...3, using: &random)).map { _ in Library.words.randomElement(using: &random) ?? "" },
            vector: Library.vector(using: &random), asker: organisation.randomAsker(using: &random),
            containers: Int.random(in: 0..<3, using: &random) > 0
                ? nil : (0..<4).compactMap { _ in organisation.documents.randomElement(using: &random)?.container })
    }

    /// How many passages there are to find: by vectors every one that is visible, by words those that have one of them.
    func matches(_ library: Library, visible: [Bool]) -> Int {
        min(limit, library.matches(mode == .lexical ? words : nil, visible: visible, perDocument: perDocument))
    }

    /// Whether a document passes the filter.
    func admits(_ document: Organisation.Document) -> Bool {
        guard let containers else { return true }
        return document.container.map { containers.contains($0) } ?? false
    }

    func claims(tenant: TenantID) -> Index.Claims {
        Index.Claims(tenant: tenant, principals: Set([asker.user, .everyone] + asker.groups).map(\.text))
    }

    /// As a worker asks it.
    func ask(_ store: RetrievalStore, tenant: TenantID) async throws -> Asked<[FoundPassage]> {
        let plan = SearchPlan(mode: mode, wanted: limit, perDocument: perDocument)
        let terms = Self.analyzer.query(words.joined(separator: " "))
        var filter = QueryFilter()
        filter.container = containers?.map(\.text)
        return try await store.ask(as: claims(tenant: tenant)) { [filter] snapshot in
            let within = try containers.map { _ in try snapshot.documents(matching: filter) }
            if let within, within.isEmpty { return [] }
            return try plan.choose(vector: vector, terms: terms, within: within, neighbours: 0, in: snapshot).passages
        }
    }

    private static let analyzer = TermAnalyzer()

    var description: String {
        "\(plan), \(mode), limit \(limit), per document \(perDocument.map(String.init) ?? "any"), words \(words), "
            + "asker \(asker.user.text) in \(asker.groups.map(\.text)), containers \(containers.map { "\($0.map(\.text))" } ?? "any")"
    }
}
