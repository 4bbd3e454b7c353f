import Contract
import Index
import Testing

/// Whether a document exists, is hidden, was deleted or never was: whoever may not see it is answered the same, byte for byte.
///
/// What is visible beside it ranks the same whatever statistics say of hidden words (`docs/security.md`): every passage has the same length, and what is asked
/// for once or in all of them.
@Suite(.serialized, .enabled(if: LeakWorld.serverURL != nil, "SLUICE_DATABASE_URL is not set: start a database and set it to run these tests"))
struct ProbeTests {
    @Test(arguments: RandomQuery.Plan.allCases)
    func `nobody can tell what is hidden from what never was`(_ plan: RandomQuery.Plan) async throws {
        try await LeakWorld.with { world in
            try await Self.open(12, in: world)
            let prober = Prober(try await world.retrieval(by: plan, connections: 1))
            let (real, imagined) = (Probe.all(for: .real), Probe.all(for: .imagined))
            var before: [[UInt8]] = []
            for probe in real { before.append(try await prober.answer(probe)) }
            var keeper = SecretKeeper(world, .real, from: Probe.asker, in: Probe.group)
            var differences: [Duration] = []
            for state in Secret.State.allCases where state != .visible {
                try await keeper.bring(to: state)
                for (number, probe) in real.enumerated() {
                    // Taking turns at being first.
                    let other = number.isMultiple(of: 2) ? nil : try await Self.timed(prober, imagined[number])
                    let asked = try await Self.timed(prober, probe)
                    let twin = if let other { other } else { try await Self.timed(prober, imagined[number]) }
                    let isAsBefore = asked.answer == before[number]
                    #expect(isAsBefore, "\(state.rawValue): \(probe)")
                    guard probe.embedsAlike else { continue }
                    let isAlike = asked.answer == twin.answer
                    #expect(isAlike, "\(state.rawValue), and beside it one that never was: \(probe)")
                    differences.append(asked.duration - twin.duration)
                }
            }
            print("probes by \(plan): \(differences.count) pairs, median difference \(differences.sorted()[differences.count / 2])")
            // They would have told.
            try await keeper.bring(to: .visible)
            for (number, probe) in real.enumerated() where probe.tells {
                let hasTold = try await prober.answer(probe) != before[number]
                #expect(hasTold, "tells nothing: \(probe)")
            }
        }
    }

    private static func timed(_ prober: Prober, _ probe: Probe) async throws -> (answer: [UInt8], duration: Duration) {
        let start = ContinuousClock.now
        let answer = try await prober.answer(probe)
        return (answer, ContinuousClock.now - start)
    }

    /// Documents that the asker may see.
    private static func open(_ count: Int, in world: LeakWorld) async throws {
        var (permissions, batch) = (RegistrarBatch(), GenerationBatch())
        for number in 1...count {
            let (name, version) = (world.name(Subject("open-\(number)")!), world.version(Int64(number)))
            let facts = DocumentFacts(container: nil, expiresAt: nil)
            let plain = Secret(
                word: "open\(number)", source: Organisation.source, document: "open-\(number)", container: "", mediaType: "text/plain", language: "en",
                tag: "open", project: "open")
            let content = try await plain.content("\(Library.words[0]) open\(number) \(Library.words[1])")
            batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts)))
            batch.renditions.append(
                RenditionChange(name: name, version: version, statement: .content(digest: content.contentDigest, facts: facts, content)))
            permissions.permissions.append(
                PermissionChange(
                    name: name, version: version, statement: .stated(PermissionsChanged(list: AccessList(allow: [Probe.group]), parent: nil))))
        }
        try await world.register(permissions)
        try await world.index(batch)
    }
}
