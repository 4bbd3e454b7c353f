import Administration
import Contract
import Kafka
import Transport

/// Publishes what a plan says, permissions and memberships first, and documents once these are in force.
struct RedriveRun {
    /// Documents after which they are marked, each time with a line in the audit log; so many go again where this is stopped.
    private static let marksTogether = 10_000

    private let topic: DeadLetterTopic
    private let administration: DeadLetterAdministration
    private let producer: KafkaProducer
    /// Of the dead-letter topic.
    private let incarnation: Int32
    private let filter: LetterFilter
    private let patience: Duration
    private var bar: LateProgressBar
    private var published = 0

    /// - Parameter patience: how long the registrar may stand still while it is waited for.
    init(
        _ topic: DeadLetterTopic, _ administration: DeadLetterAdministration, _ producer: KafkaProducer, incarnation: Int32, filter: LetterFilter,
        patience: Duration, total: Int
    ) {
        self.topic = topic
        self.administration = administration
        self.producer = producer
        self.incarnation = incarnation
        self.filter = filter
        self.patience = patience
        bar = LateProgressBar("redrive", total: total)
    }

    /// May be begun again after whatever stops it: what is published twice is judged as one. Permissions and memberships are marked only once they
    /// are in force, so that documents whose turn has not come never find them dealt with.
    ///
    /// - Returns: how many were published; fewer than planned where the broker has deleted some since.
    /// - Throws: `ClientError` where the registrar does not apply what it was sent.
    mutating func run(_ plan: RedrivePlan) async throws -> Int {
        if !plan.access.isEmpty {
            let redrive = try await administration.redriveIncarnation()
            var ends: [Int32: Int64] = [:]
            var ids: [LetterID] = []
            try await publish(plan.access) { published, places in
                ids += published
                for place in places { ends[place.partition] = max(ends[place.partition] ?? 0, place.offset) }
            }
            if !plan.documents.isEmpty { try await awaitRegistrar(ends, redrive) }
            try await administration.mark(ids, as: .redriven, incarnation: incarnation, filter: filter)
        }
        var unmarked: [LetterID] = []
        try await publish(plan.documents) { [administration, incarnation, filter] ids, _ in
            unmarked += ids
            guard unmarked.count >= Self.marksTogether else { return }
            try await administration.mark(unmarked, as: .redriven, incarnation: incarnation, filter: filter)
            unmarked = []
        }
        try await administration.mark(unmarked, as: .redriven, incarnation: incarnation, filter: filter)
        bar.finish()
        return published
    }

    /// - Parameter then: told, batch by batch, what was published and where it went.
    private mutating func publish(
        _ letters: [LetterID: Int32], then: ([LetterID], [(partition: Int32, offset: Int64)]) async throws -> Void
    ) async throws {
        var run = self
        try await topic.read(Set(letters.keys)) { records in
            let redrives: [(id: LetterID, message: KafkaMessage)] = records.compactMap { record in
                let id = LetterID(partition: record.partition, offset: record.offset)
                guard let incarnation = letters[id], let letter = DeadLetterRecord(record) else { return nil }
                return (id, KafkaMessage(Redrive(letter, incarnation: incarnation).outbound))
            }
            let places = try await run.producer.send(redrives.map(\.message))
            try await then(redrives.map(\.id), places)
            run.published += redrives.count
            run.bar.advance(by: redrives.count)
        }
        self = run
    }

    private func awaitRegistrar(_ ends: [Int32: Int64], _ redriveIncarnation: Int32) async throws {
        let left = try await RegistrarWait(patience: patience).run { try await administration.partitionsBehind(ends, incarnation: redriveIncarnation) }
        guard left.isEmpty else {
            throw ClientError(
                "\(published) permissions and memberships were redriven, but no registrar has applied them for \(patience.components.seconds) s: "
                    + "start `sluice ingest` or `sluice register`, then run this again: no document has gone yet",
                exitCode: .unavailable)
        }
    }
}
