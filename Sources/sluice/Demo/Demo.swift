import Contract

/// The main job, end to end: publishes a corpus, asks as several people, changes who may see what, and holds every answer against the plan.
struct Demo {
    /// How long an effect may take before it counts as missing.
    private static let effectTimeout: Duration = .seconds(30)
    /// Each question is asked so often by each asker, so that the latencies are more than a handful.
    private static let rounds = 4
    /// More hits than are shown: what must not be cited must not be far down either.
    private static let limit = 20

    private let plan: DemoPlan
    private var publisher: EventPublisher
    private let asker: QueryAsker
    private var summary = PublishSummary()
    private var documentsElapsed: Duration = .zero
    private var latencies: [Duration] = []
    /// What did not hold, in words.
    private(set) var failures: [String] = []

    /// Registers the plan's tenants.
    init(_ plan: DemoPlan, _ runtime: Runtime) async throws {
        self.plan = plan
        let administration = try runtime.tenantAdministration()
        for tenant in plan.tenants { _ = try await administration.create(tenant) }
        publisher = try await EventPublisher(runtime, awaiting: plan.tenants)
        asker = try await QueryAsker(runtime, tenants: plan.tenants, timeout: Self.effectTimeout)
        Terminal.write("tenants: \(plan.tenants.map(\.text).joined(separator: ", "))\n")
    }

    mutating func run() async throws {
        try await publish()
        try await askEverything()
        try await changeEverything()
        writeSummary()
    }

    func close() async {
        await publisher.close()
        await asker.close()
    }

    // MARK: publishing

    private mutating func publish() async throws {
        let start = ContinuousClock.now
        check(try await publisher.publishAndAwait(plan.access), of: plan.access)
        Terminal.write("\(plan.groups) groups and \(plan.containers) containers in force after \(shortText(.now - start))\n")

        let documentsStart = ContinuousClock.now
        let events = try plan.documents.flatMap { try $0.events() }
        var bar = ProgressBar("publish", total: events.count)
        let positions = try await publisher.publish(events)
        bar.advance(by: 0)
        try await publisher.awaitOutcomes { bar.advance(by: $0) }
        bar.finish()
        documentsElapsed = .now - documentsStart
        let reports = positions.compactMap { publisher.pending.reports[$0] }
        check(reports, of: events)
        for (event, report) in zip(events, reports) where event.type == .documentUpserted { summary.add(report, subject: event.key.subject.text) }
        Terminal.write(summary.render(elapsed: documentsElapsed))
    }

    private mutating func check(_ reports: [OutcomeReport], of events: [SourceEvent]) {
        for (event, report) in zip(events, reports) where report.kind == .rejected {
            failures.append("\(event.key) was rejected: \(report.code ?? "")")
        }
    }

    // MARK: asking

    private mutating func ask(_ question: DemoPlan.Question, as person: DemoPlan.Asker) async throws -> QueryReply {
        let reply = try await asker.ask(Question(tenant: person.tenant, text: question.text, asker: .named(user: person.user, groups: []), limit: Self.limit))
        latencies.append(reply.elapsed)
        if case .error(let status, let code, _) = reply.outcome { failures.append("\(question.id) as \(person.name): \(status) (\(code))") }
        return reply
    }

    private mutating func askEverything() async throws {
        for round in 0..<Self.rounds {
            for question in plan.questions {
                var table = DemoTable(question: question.text)
                for person in plan.askers {
                    let hits = try await ask(question, as: person).hits
                    let answer = question.answer(in: hits, for: person.name)
                    for violation in question.violations(in: hits, by: person.name) where !failures.contains(violation) { failures.append(violation) }
                    table.append(person, answer, question: question.text)
                }
                if round == 0 { Terminal.write("\n" + table.render(width: Terminal.width)) }
            }
        }
    }

    // MARK: changing

    private mutating func changeEverything() async throws {
        Terminal.write("\n")
        var table = TextTable([("CHANGE", .left), ("OF", .left), ("SEEN BY", .left), ("EFFECT AFTER", .right)])
        for change in plan.changes {
            let elapsed = try await take(change)
            table.append([change.kind, "\(change.key.tenant)/\(change.key.subject)", change.asker, elapsed.map(shortText) ?? "never"])
            if elapsed == nil { failures.append("\(change.kind) of \(change.key) had no effect within \(Self.effectTimeout.components.seconds) s") }
        }
        Terminal.write(table.render())
        try await publisher.awaitOutcomes()
    }

    /// - Returns: from publishing the change to having the first answer that shows it; nothing where none does.
    private mutating func take(_ change: DemoPlan.Change) async throws -> Duration? {
        let question = try plan.question(change.questionID)
        let person = try plan.asker(named: change.asker)
        if change.effect.holds(in: try await ask(question, as: person).hits) {
            failures.append("\(change.kind) of \(change.key): its effect was there before it")
        }
        let start = ContinuousClock.now
        try await publisher.publish([change.event])
        var elapsed: Duration?
        while elapsed == nil, .now - start < Self.effectTimeout {
            if change.effect.holds(in: try await ask(question, as: person).hits) { elapsed = .now - start }
        }
        for name in change.stillVisibleTo {
            let other = try plan.asker(named: name)
            if try await !ask(question, as: other).hits.contains(where: { $0.document == change.key.subject.text }) {
                failures.append("\(change.kind) of \(change.key) took it from \(name) too")
            }
        }
        return elapsed
    }

    // MARK: summary

    private func writeSummary() {
        let seconds = max(documentsElapsed / .seconds(1), 0.001)
        let sorted = latencies.sorted()
        let edited = publisher.pending.reports.values.reduce(into: (embedded: 0, reused: 0)) { sums, report in
            sums.embedded += report.counts.embedded
            sums.reused += report.counts.reused
        }
        Terminal.write(
            """

            documents   \(summary.documents) of \(plan.tenants.count) tenants, \(decimal(Double(summary.documents) / seconds, places: 1)) docs/s
            chunks      \(summary.chunks.chunks), \(decimal(Double(summary.chunks.chunks) / seconds, places: 1)) chunks/s
            embeddings  \(edited.embedded) computed, \(edited.reused) reused, the edit included
            queries     \(sorted.count), one at a time: p50 \(shortText(percentile(50, of: sorted))), p95 \(shortText(percentile(95, of: sorted)))

            """)
    }
}

/// The nearest-rank percentile of sorted values; zero of none.
func percentile(_ percent: Int, of sorted: [Duration]) -> Duration {
    guard !sorted.isEmpty else { return .zero }
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
}
