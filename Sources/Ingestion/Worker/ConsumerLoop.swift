import Contract
import Delivery
import Index
import Kafka
import Telemetry
import Threads
import Transport

/// One member of a consumer group: poll → lanes → process → publish → settle → commit.
///
/// Polling never waits for the work: what was taken in is bounded, and partitions at their bound pause. Rebalances happen inside a poll.
package struct ConsumerLoop: Sendable {
    let group: String
    let generation: GenerationNumber?
    let topics: [String]
    let kit: IngestionService.Kit
    let limits: WorkInHand.Limits
    let outcomes: OutcomePublisher
    let processor: any WaveProcessor

    /// - Parameters:
    ///   - generation: whose group it is; nothing for the registrar's.
    ///   - topics: names, or patterns that begin with `^`.
    package init(
        group: String, generation: GenerationNumber? = nil, topics: [String], kit: IngestionService.Kit, limits: WorkInHand.Limits, outcomes: OutcomePublisher,
        processor: any WaveProcessor
    ) {
        self.group = group
        self.generation = generation
        self.topics = topics
        self.kit = kit
        self.limits = limits
        self.outcomes = outcomes
        self.processor = processor
    }

    /// How long one poll may wait: the delay a shutdown can see; and while a partition is paused, the delay after which it goes on.
    private static let (pollMilliseconds, pausedPollMilliseconds) = (200, 20)
    /// Of one poll: what memory may exceed the bounds by.
    private static let (pollRecords, pollBytes) = (500, 4 << 20)
    /// The broker's copy of the positions is for lag tools.
    private static let mirrorInterval = Duration.milliseconds(500)
    /// Outcomes that somebody wrote and could not publish, and who will not come back.
    private static let sweepInterval = Duration.seconds(30)
    /// After which a worker with nothing to write learns that its database, or a topic, is another.
    private static let confirmInterval = Duration.seconds(5)

    /// Runs until shutdown. Where another worker has taken a partition over it joins the group anew, and goes on from the positions in the database.
    package func run(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        try await ConsumerSessions(group: group, log: kit.log).run(until: shutdown) { try await session(shutdown, onJoined: onJoined) }
    }

    private func session(_ shutdown: ShutdownSignal, onJoined: @Sendable () -> Void) async throws {
        let work = WorkInHand(group: group, limits: limits, processor: processor, store: kit.store, outcomes: outcomes, log: kit.log)
        let claims = PartitionClaims(group: group, generation: generation, kit: kit, outcomes: outcomes, work: work)
        let consumer = try KafkaConsumer(
            configuration: kit.kafka, groupID: group, instanceID: kit.instance, topics: topics, sessionTimeoutMilliseconds: kit.sessionTimeoutMilliseconds,
            delegate: claims, log: kit.log.kafka)
        claims.attach(consumer)
        do {
            try await follow(consumer, work, claims, shutdown, onJoined)
        } catch {
            // Whose the partitions are now, and of which topic, is not known: the broker's copy of their positions is left as it is.
            claims.detach()
            await work.stop(by: .after(kit.drainTimeout))
            await consumer.close()
            throw error
        }
        await work.stop(by: .after(kit.drainTimeout))
        await consumer.close()  // gives the partitions up, and commits what is settled
    }

    private func follow(
        _ consumer: KafkaConsumer, _ work: WorkInHand, _ claims: PartitionClaims, _ shutdown: ShutdownSignal, _ onJoined: @Sendable () -> Void
    ) async throws {
        var mirror = OffsetMirror(group: group, log: kit.log)
        var (swept, confirmed) = (ContinuousClock.now, ContinuousClock.now)
        while !shutdown.isTriggered {
            let records = try await consumer.poll(
                maxRecords: Self.pollRecords, maxBytes: Self.pollBytes,
                timeoutMilliseconds: await work.isPaused ? Self.pausedPollMilliseconds : Self.pollMilliseconds)
            if await consumer.hasJoined { onJoined() }
            try await work.admit(records)
            let change = await work.intakeChanges()
            if !change.pause.isEmpty { try await consumer.pause(change.pause) }
            if !change.resume.isEmpty { try await consumer.resume(change.resume) }
            if mirror.isDue(every: Self.mirrorInterval) { await mirror.commit(await work.positions, consumer) }
            if ContinuousClock.now - confirmed > Self.confirmInterval {
                confirmed = .now
                try await whileReachable { try await claims.confirm() }
            }
            if ContinuousClock.now - swept > Self.sweepInterval {
                swept = .now
                try await whileReachable {
                    try await claims.publishLeftovers(olderThan: Self.sweepInterval)
                    try await kit.store.sweepChanges()
                }
            }
        }
    }

    /// What can wait for the next time where the database or the broker is away.
    private func whileReachable(_ body: () async throws -> Void) async throws {
        do { try await body() } catch  where Failure(error).passes {
            kit.log.debug("put off", [.consumerGroup: .string(group), .reason: .string("\(error)")])
        }
    }
}

/// The broker's copy of the positions: a failure costs nothing.
private struct OffsetMirror {
    let group: String
    let log: Log
    private var committed: [KafkaTopicPartition: Int64] = [:]
    private var last = ContinuousClock.now

    init(group: String, log: Log) {
        self.group = group
        self.log = log
    }

    func isDue(every interval: Duration) -> Bool { ContinuousClock.now - last >= interval }

    mutating func commit(_ positions: [KafkaTopicPartition: Int64], _ consumer: KafkaConsumer) async {
        last = .now
        let assignment = await consumer.assignment
        let changed = positions.filter { $0.value > 0 && committed[$0.key] != $0.value && assignment.contains($0.key) }
        do {
            try await consumer.commit(changed)
            committed = positions
        } catch {
            log.debug("the broker did not take the offsets", [.consumerGroup: .string(group), .reason: .string("\(error)")])
        }
    }
}
