import Foundation
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
    /// More would say the same.
    private static let told = 10

    @Test(arguments: RoleMatrix.histories)
    func `an asker is shown what the verdict lets them see, all of it and nothing else`(_ history: RoleMatrix.History) async throws {
        print("leaks: \(history), LEAKS_SEED=\(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let organisations = history.states.map(Organisation.init)
        let library = Library(documents: organisations[0].documents.count, using: &random)
        try await LeakWorld.with { world in
            try await world.index(organisations[0].documents, library, using: &random)
            for state in organisations.indices {
                try await world.permit(organisations[state], after: state == 0 ? nil : organisations[state - 1], state: state)
                let share = Self.questions / RoleMatrix.histories.count / organisations.count
                let findings = try await Oracle(world, organisations[state], library).findings(share, using: &random)
                for finding in findings.prefix(Self.told) { Issue.record("\(finding)") }
                #expect(findings.isEmpty, "\(findings.count) of \(share), state \(state)")
            }
        }
    }

    /// What is broken, and what has to be found of it.
    @Test(arguments: [
        ("alter policy asker on sluice.access_list using (true)", Oracle.Finding.Kind.check),
        ("alter policy asker on sluice.access_entry using (not deny)", .foreign),
        ("alter policy asker on sluice.vector_pack using (true)", .count),
        ("alter policy asker on sluice.document using (has_own_list)", .check),
    ])
    func `the oracle notices a policy that is wrong`(_ script: String, _ kind: Oracle.Finding.Kind) async throws {
        var random = SeededGenerator(seed: Self.seed)
        let organisation = Organisation(try #require(RoleMatrix.histories.first?.states.first))
        let library = Library(documents: organisation.documents.count, using: &random)
        try await LeakWorld.with { world in
            try await world.index(organisation.documents, library, using: &random)
            try await world.permit(organisation, after: nil, state: 0)
            try await world.asOwner { try $0.executeScript(script) }
            let findings = try await Oracle(world, organisation, library).findings(400, using: &random)
            #expect(findings.contains { $0.kind == kind }, "\(script), LEAKS_SEED=\(Self.seed)")
        }
    }
}
