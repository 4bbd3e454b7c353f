import Administration
import Contract
import Index
import Kafka

/// The dead-letter topic and what is known beside it: what the `dlq` commands, and `tenant create`, are made of.
struct DeadLetterDesk: Sendable {
    let topic: DeadLetterTopic
    private let administration: DeadLetterAdministration
    /// Of the dead-letter topic.
    private let incarnation: Int32

    /// - Throws: `ClientError` where the topic is missing.
    static func with<Result>(_ runtime: Runtime, _ body: (DeadLetterDesk) async throws -> Result) async throws -> Result {
        // The library's own lines are for workers: what fails here is said once, by the command.
        let admin = try KafkaAdmin(configuration: runtime.kafka(clientID: "sluice-client"))
        let administration = DeadLetterAdministration(store: try runtime.administrationStore(), admin: admin)
        do {
            return try await DeadLetterTopic.with(runtime) { topic in
                try await body(DeadLetterDesk(topic: topic, administration: administration, incarnation: administration.incarnation()))
            }
        } catch let error as KafkaError where error.code == .unknownTopic {
            throw ClientError("a topic is missing: make it with `sluice topics apply`", exitCode: .configuration)
        }
    }

    /// Every mark on a letter that is still there.
    func marks() async throws -> [LetterID: LetterMark] {
        try await administration.marks(incarnation: incarnation, from: topic.extents.mapValues(\.lowerBound))
    }

    /// The letters that are asked for, and a word where there are none.
    ///
    /// - Parameter all: also those that were dealt with.
    /// - Throws: `ClientError` where one is asked for by name and is not there, or was dealt with.
    func letters(_ filter: LetterFilter, all: Bool) async throws -> [Letter] {
        let marks = try await marks()
        let letters = filter.ids.isEmpty ? try await topic.letters(filter) : try await named(filter.ids)
        let open = all ? letters : letters.filter { marks[$0.id] == nil }
        if !filter.ids.isEmpty, open.count < letters.count, let closed = letters.first(where: { marks[$0.id] != nil }) {
            throw ClientError("letter \(closed.id) was \(marks[closed.id]?.rawValue ?? "dealt with") already")
        }
        if open.isEmpty { Terminal.write("no dead letters" + (letters.isEmpty ? "\n" : " but \(letters.count) that were dealt with already\n")) }
        return open
    }

    private func named(_ ids: Set<LetterID>) async throws -> [Letter] {
        var letters: [Letter] = []
        try await topic.read(ids.filter { topic.extents[$0.partition].map { [offset = $0.offset] in $0.lowerBound <= offset } ?? false }) {
            letters += $0.map(Letter.init)
        }
        if let missing = ids.subtracting(letters.map(\.id)).min() { throw ClientError("there is no letter \(missing)") }
        return letters
    }

    // MARK: redriving

    /// What redriving would do, said to the user; nothing where that is nothing.
    func plan(_ letters: [Letter]) async throws -> RedrivePlan? {
        guard !letters.isEmpty else { return nil }
        let plan = try await administration.plan(letters)
        Terminal.write(RedriveText.render(plan, unregistered: try await administration.unregistered(plan)))
        return plan.count == 0 ? nil : plan
    }

    func redrive(_ plan: RedrivePlan, filter: LetterFilter, patience: Duration, _ runtime: Runtime) async throws {
        let producer = try runtime.clientProducer()
        var run = RedriveRun(topic, administration, producer, incarnation: incarnation, filter: filter, patience: patience, total: plan.count)
        do {
            let published = try await run.run(plan)
            await producer.close()
            Terminal.write("\(published) letters redriven; what becomes of them is told on the tenants' status topics\n")
            if published < plan.count { Terminal.write("\(plan.count - published) were gone meanwhile: the topic's retention was over\n") }
        } catch {
            await producer.close()
            throw error
        }
    }

    // MARK: purging

    func purge(_ letters: [Letter], filter: LetterFilter) async throws {
        try await administration.mark(letters.map(\.id), as: .purged, incarnation: incarnation, filter: filter)
        Terminal.write("\(letters.count) letters purged\n")
        let (deletion, count) = try await administration.deleteMarked(topic.extents, incarnation: incarnation)
        switch deletion {
        case .deleted where count > 0: Terminal.write("\(count) records deleted by the broker, from the beginning of their partitions\n")
        case .deleted: Terminal.write("none can be deleted yet: letters that are kept stand before them\n")
        case .unsupported: Terminal.write("this broker cannot delete records: they stay until the topic's retention is over\n")
        }
    }
}

/// What a redrive would do, for people.
enum RedriveText {
    static func render(_ plan: RedrivePlan, unregistered: [TenantID]) -> String {
        var text = ""
        if plan.count > 0 {
            var table = TextTable([("TOPIC", .left), ("CODE", .left), ("LETTERS", .right)])
            for (group, count) in plan.counts.sorted(by: { $0.key < $1.key }) { table.append([printable(group.topic), printable(group.code), String(count)]) }
            text += table.render() + "\n\(plan.access.count) permissions and memberships go first, then \(plan.documents.count) documents\n"
        }
        for choice in plan.choices {
            text +=
                "\(printable(choice.topic)) was made anew: \(choice.letters) letters count as of its incarnation \(choice.incarnation.number)"
                + (choice.isCurrent ? ", the present one" : ", an earlier one") + ": the newest that was known when they were published, else the oldest\n"
        }
        for refusal in RedrivePlan.Refusal.allCases {
            if let count = plan.refusals[refusal] { text += "\(count) letters stay: \(refusal.rawValue)\n" }
        }
        if !unregistered.isEmpty {
            text += "not registered, so their letters would come back: \(unregistered.map(\.text).joined(separator: ", "))\n"
        }
        return text
    }
}
