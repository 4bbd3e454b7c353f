import Contract
import Delivery
import Index
import Kafka
import Telemetry
import Threads
import Transport

/// What one member of a consumer group has in hand: takes records in, has waves of them worked on side by side, and writes down how far each
/// partition is finished. The rules are those of `Lanes`; here they meet the database, the broker and the clock.
///
/// A wave whose records have ended is finished at once; the position follows in a transaction of its own, of which there is one at a time, however
/// many waves have ended meanwhile.
package actor WorkInHand {
    package typealias RecordLanes = Lanes<KafkaTopicPartition, String, HeldRecord>

    package struct Limits: Sendable {
        /// Records and bytes taken in, all partitions together.
        let intake: RecordLanes.Limits
        /// Waves worked on at once; those that fetch references have as many turns of their own.
        let waves: Int
        /// Of one wave: enough to share a transaction and fill the model's batches, and little enough that outcomes follow steadily.
        let waveRecords: Int
        let waveBytes: Int
        /// Of tenants, in turns.
        let weights: [String: Double]

        package init(intake: RecordLanes.Limits, waves: Int, waveRecords: Int, waveBytes: Int, weights: [String: Double] = [:]) {
            self.intake = intake
            self.waves = waves
            self.waveRecords = waveRecords
            self.waveBytes = waveBytes
            self.weights = weights
        }
    }

    private typealias Entry = (ticket: RecordLanes.Ticket, item: HeldRecord)

    private let group: String
    private let limits: Limits
    private let processor: any WaveProcessor
    private let store: IngestionStore
    private let outcomes: OutcomePublisher
    private let log: Log

    private var lanes: RecordLanes
    private(set) var claims: [KafkaTopicPartition: Claim] = [:]
    private var waves: [Int: Task<Void, Never>] = [:]
    private var busy: [RecordLanes.Kind: Int] = [:]
    private var nextWave = 0
    /// Waves that wait for the database or the broker to come back.
    private var stalled = 0
    private var isStopping = false
    private var failure: (any Error)?
    /// Published, and not written down as such.
    private var unmarked: [Outcome] = []
    /// As the database has them.
    private var settled: [KafkaTopicPartition: Int64] = [:]
    private var settling: Task<Void, Never>?

    init(group: String, limits: Limits, processor: any WaveProcessor, store: IngestionStore, outcomes: OutcomePublisher, log: Log) {
        self.group = group
        self.limits = limits
        self.processor = processor
        self.store = store
        self.outcomes = outcomes
        self.log = log
        lanes = RecordLanes(order: processor.order, limits: limits.intake, weights: limits.weights)
    }

    // MARK: partitions

    func assign(_ assigned: [KafkaTopicPartition: Claim]) {
        for (partition, claim) in assigned {
            claims[partition] = claim
            settled[partition] = claim.nextOffset
            lanes.assign(partition, from: claim.nextOffset)
        }
    }

    /// Takes nothing more of these partitions, and returns when what is out of them has ended and is settled, at the deadline at the latest.
    ///
    /// - Returns: how far each is settled.
    func drain(_ partitions: [KafkaTopicPartition], until deadline: Deadline) async -> [KafkaTopicPartition: Int64] {
        for partition in partitions { lanes.withdraw(partition) }
        dispatch()  // what waited behind the dropped records
        while !deadline.hasPassed, !isStopping, !partitions.allSatisfy({ lanes.isDrained($0) && isSettled($0) }) {
            try? await Task.sleep(for: Self.glance)
        }
        return settled.filter { partitions.contains($0.key) }
    }

    /// Forgets these partitions: what is out of them is refused by the database once another worker has claimed them, and left to it.
    func release(_ partitions: [KafkaTopicPartition]) {
        for partition in partitions {
            lanes.release(partition)
            claims[partition] = nil
            settled[partition] = nil
        }
        dispatch()
    }

    /// How often a drain looks whether it is done.
    private static let glance = Duration.milliseconds(5)

    // MARK: intake

    /// - Throws: what ended the work for good, or for this session.
    func admit(_ records: [KafkaRecord]) throws {
        if let failure { throw failure }
        for record in records {
            guard let claim = claims[record.topicPartition] else { continue }
            let inbound = InboundRecord(record)
            lanes.admit(
                HeldRecord(inbound, claim), at: record.offset, of: record.topicPartition, key: record.key,
                tenant: Self.tenant(of: inbound), bytes: (record.key?.count ?? 0) + (record.value?.count ?? 0), kind: processor.kind(of: inbound))
        }
        dispatch()
    }

    /// Whose turn it takes: a record without a tenant has the turn of all such.
    private static func tenant(of record: InboundRecord) -> String {
        record.key.flatMap(RecordKey.tenant(of:))?.text ?? InputTopicName(record.topic)?.tenant?.text ?? ""
    }

    /// Which partitions are to pause and which to go on.
    func intakeChanges() -> (pause: [KafkaTopicPartition], resume: [KafkaTopicPartition]) {
        lanes.intakeChanges(isStalled: stalled > 0)
    }

    /// Whether a partition is, and so whether something is to go on soon.
    var isPaused: Bool { lanes.isPaused }

    /// How far partitions are settled: what the broker's offsets mirror.
    var positions: [KafkaTopicPartition: Int64] { settled }

    /// Partitions of which all that was taken in is finished and settled.
    var idle: Set<Claim> { Set(claims.filter { lanes.isDrained($0.key) && isSettled($0.key) }.values) }

    // MARK: waves

    private func dispatch() {
        guard !isStopping, failure == nil else { return }
        for kind in RecordLanes.Kind.allCases {
            while busy[kind, default: 0] < limits.waves {
                let wave = lanes.take(kind, records: limits.waveRecords, bytes: limits.waveBytes)
                guard !wave.isEmpty else { break }
                begin(wave, kind)
            }
        }
    }

    private func begin(_ wave: [Entry], _ kind: RecordLanes.Kind) {
        let number = nextWave
        nextWave += 1
        busy[kind, default: 0] += 1
        waves[number] = Task {
            await carryOut(wave)
            waves[number] = nil
            busy[kind, default: 0] -= 1
            dispatch()
        }
    }

    /// Until every record of the wave has ended, is somebody else's, or the work is given up.
    private func carryOut(_ wave: [Entry], refusal: Rejection? = nil) async {
        var entries = wave
        var backoff = Backoff()
        var buried: Set<RecordPosition> = []
        var isStalled = false
        defer { if isStalled { stalled -= 1 } }
        while true {
            entries = abandonForeign(entries)
            guard !entries.isEmpty else { return }
            guard !Task.isCancelled, failure == nil else { return entries.forEach { lanes.abandon($0.ticket) } }
            do {
                let told = try await processor.process(entries.map(\.item), refusal: refusal, buried: &buried)
                try await outcomes.publish(told)
                return finish(entries, told)
            } catch {
                if Task.isCancelled { continue }
                switch Disposition(of: Failure(error), records: entries.count) {
                case .retry:
                    log.warning("trying again", [.consumerGroup: .string(group), .count: .int(entries.count), .reason: .string("\(error)")])
                    if !isStalled { (isStalled, stalled) = (true, stalled + 1) }
                    await backoff.pause()
                case .isolate:
                    let middle = entries.count / 2
                    await carryOut(Array(entries[..<middle]), refusal: refusal)
                    return await carryOut(Array(entries[middle...]), refusal: refusal)
                case .deadLetter, .defer, .skip:
                    log.warning("a record cannot be written", [.consumerGroup: .string(group), .reason: .string("\(error)")])
                    guard refusal == nil else { return await bury(entries) }
                    return await carryOut(entries, refusal: .unwritable)
                case .release:
                    // Whoever is fenced while it believes to hold all of these has been away: the session begins anew.
                    if entries.allSatisfy(isHeld) { fail(error) }
                case .halt:
                    fail(error)
                }
            }
        }
    }

    /// What even as a dead letter cannot be written down: the letter alone remains.
    private func bury(_ entries: [Entry]) async {
        var backoff = Backoff()
        var buried: Set<RecordPosition> = []
        while !Task.isCancelled, failure == nil {
            do {
                let letters = entries.map { DeadLetter(record: $0.item.record, group: group, deliveryCount: 1, rejection: .unwritable) }
                try await outcomes.bury(letters, &buried)
                return finish(entries, [])
            } catch {
                guard Failure(error).passes else { return fail(error) }
                await backoff.pause()
            }
        }
    }

    private func abandonForeign(_ entries: [Entry]) -> [Entry] {
        let mine = entries.filter(isHeld)
        if mine.count < entries.count { for entry in entries where !isHeld(entry) { lanes.abandon(entry.ticket) } }
        return mine
    }

    private func isHeld(_ entry: Entry) -> Bool { claims[entry.ticket.partition] == entry.item.claim }

    private func finish(_ entries: [Entry], _ told: [Outcome]) {
        for entry in entries { lanes.finish(entry.ticket) }
        unmarked += told
        dispatch()
        settle()
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
    }

    // MARK: positions

    private func isSettled(_ partition: KafkaTopicPartition) -> Bool { lanes.position(of: partition) == settled[partition] }

    /// Writes down what has ended since; one transaction at a time.
    private func settle() {
        guard settling == nil, !unmarked.isEmpty || !claims.keys.allSatisfy(isSettled) else { return }
        settling = Task {
            var backoff = Backoff()
            while await settleOnce(&backoff) {}
            settling = nil
        }
    }

    /// - Returns: whether there may be more.
    private func settleOnce(_ backoff: inout Backoff) async -> Bool {
        let told = unmarked
        unmarked = []
        var reached: [KafkaTopicPartition: Int64] = [:]
        for partition in claims.keys where !isSettled(partition) { reached[partition] = lanes.position(of: partition) }
        guard !told.isEmpty || !reached.isEmpty else { return false }
        let advances = reached.compactMap { partition, next in
            claims[partition].flatMap { claim in settled[partition].map { PositionAdvance(claim: claim, from: $0, to: next) } }
        }
        do {
            try await store.settle(told, advances, group: group)
            for (partition, next) in reached where settled[partition] != nil { settled[partition] = next }
            return true
        } catch {
            // Nothing is lost: it is found out again, by this worker or the next.
            unmarked = told + unmarked
            log.debug("positions could not be written", [.consumerGroup: .string(group), .reason: .string("\(error)")])
            // A partition that went meanwhile is its new owner's.
            guard advances.allSatisfy({ claims.values.contains($0.claim) }) else { return true }
            guard Failure(error).passes else {
                fail(error)
                return false
            }
            await backoff.pause()
            return !isStopping
        }
    }

    // MARK: the end

    /// Begins nothing more; ends what is out by the deadline, and gives up the rest, which comes again. What has ended is settled then.
    func stop(by deadline: Deadline) async {
        isStopping = true
        while !waves.isEmpty, stalled == 0, !deadline.hasPassed { try? await Task.sleep(for: Self.glance) }
        if !waves.isEmpty {
            log.warning("work in hand is given up, and comes again", [.consumerGroup: .string(group), .count: .int(waves.count)])
            for wave in waves.values { wave.cancel() }
        }
        for wave in waves.values { await wave.value }
        settle()
        await settling?.value
    }
}

extension Rejection {
    /// What the database refuses to hold.
    fileprivate static let unwritable = Rejection(.parseLimit, .write, "the index cannot hold what this record says")
}
