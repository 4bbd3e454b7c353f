import Contract
import Index

@testable import Retrieval

/// One question, out of every combination of what a search can be asked for. A new dimension is a property here, a value in `random` and, where it changes
/// which passages match, a condition in `matches`.
struct RandomQuery: Sendable, CustomStringConvertible {
    /// Ways to the same answer: each is its own store, and each must answer alike.
    enum Plan: CaseIterable, Sendable {
        /// The policies' own conditions, in SQL.
        case rows
    }

    let plan: Plan
    let mode: Query.Mode
    let limit: Int
    let perDocument: Int?
    let words: [String]
    let vector: [Float]
    let asker: Organisation.Asker

    static func random(_ organisation: Organisation, using random: inout SeededGenerator) -> RandomQuery {
        RandomQuery(
            plan: Plan.allCases.randomElement(using: &random) ?? .rows, mode: [.vector, .lexical, .hybrid].randomElement(using: &random) ?? .hybrid,
            limit: [1, 3, 10, 100].randomElement(using: &random) ?? 10, perDocument: [nil, nil, 1, 2].randomElement(using: &random) ?? nil,
            words: (0..<Int.random(in: 1...3, using: &random)).map { _ in Library.words.randomElement(using: &random) ?? "" },
            vector: Library.vector(using: &random), asker: organisation.randomAsker(using: &random))
    }

    /// How many passages there are to find: by vectors every one that is visible, by words those that have one of them.
    func matches(_ library: Library, visible: [Bool]) -> Int {
        min(limit, library.matches(mode == .lexical ? words : nil, visible: visible, perDocument: perDocument))
    }

    func claims(tenant: TenantID) -> Index.Claims {
        Index.Claims(tenant: tenant, principals: Set([asker.user, .everyone] + asker.groups).map(\.text))
    }

    /// As a worker asks it.
    func ask(_ store: RetrievalStore, tenant: TenantID) async throws -> SearchAnswer {
        let plan = SearchPlan(mode: mode, limit: limit, perDocument: perDocument)
        let request = SearchRequest(
            vector: plan.usesVectors ? vector : nil, embeddingSpace: Library.embeddingSpace, terms: plan.usesTerms ? words.joined(separator: " ") : nil,
            depth: plan.depth, perDocument: plan.perDocument)
        return try await store.search(request, as: claims(tenant: tenant)) { plan.choose($0) }
    }

    var description: String {
        "\(plan), \(mode), limit \(limit), per document \(perDocument.map(String.init) ?? "any"), words \(words), "
            + "asker \(asker.user.text) in \(asker.groups.map(\.text))"
    }
}
