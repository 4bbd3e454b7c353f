import Contract
import Kafka
import Telemetry
import Threads
import Transport

/// What one member of the group has in hand: takes queries in, has some answered side by side, and knows how far each partition is answered. The rules are
/// those of `QueryQueue`; here they meet the database, the broker and the clock.
actor QueriesInHand {
    typealias Queue = QueryQueue<KafkaTopicPartition, HeldQuery>

    private let group: String
    private let concurrency: Int
    private let responder: QueryResponder
    private let replies: QueryReplies
    private let log: Log

    private var queue: Queue
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var nextTask = 0
    /// On a connection, or about to be: what is being written in reply does not count.
    private var answering = 0
    private var isStopping = false
    private var failure: (any Error)?
    private var pace: AnswerPace

    init(group: String, concurrency: Int, limits: Queue.Limits, weights: [String: Double], responder: QueryResponder, replies: QueryReplies, log: Log) {
        self.group = group
        self.concurrency = concurrency
        self.responder = responder
        self.replies = replies
        self.log = log
        queue = Queue(limits: limits, weights: weights)
        pace = AnswerPace(concurrency: concurrency)
    }

    // MARK: partitions

    func assign(_ partitions: [KafkaTopicPartition]) {
        for partition in partitions { queue.assign(partition) }
    }

    /// Takes nothing more of these partitions, and returns when what is out of them is answered, at the deadline at the latest.
    ///
    /// - Returns: how far each is answered.
    func drain(_ partitions: [KafkaTopicPartition], until deadline: Deadline) async -> [KafkaTopicPartition: Int64] {
        for partition in partitions { queue.withdraw(partition) }
        while !deadline.hasPassed, !isStopping, !partitions.allSatisfy(queue.isDrained) { try? await Task.sleep(for: Self.glance) }
        return positions.filter { partitions.contains($0.key) }
    }

    func release(_ partitions: [KafkaTopicPartition]) {
        for partition in partitions { queue.release(partition) }
    }

    /// What may be committed.
    var positions: [KafkaTopicPartition: Int64] { queue.positions }

    /// How often a drain looks whether it is done.
    private static let glance = Duration.milliseconds(5)

    // MARK: intake

    /// - Throws: what ended the work for this session.
    func admit(_ queries: [HeldQuery]) throws {
        if let failure { throw failure }
        for query in queries {
            let partition = KafkaTopicPartition(topic: query.record.position.topic, partition: query.record.position.partition)
            queue.admit(
                query, at: query.record.position.offset, of: partition, tenant: query.tenant, bytes: query.bytes, expires: query.envelope?.expires)
        }
        dispatch()
        for (ticket, query) in queue.shed(at: .now, pace: pace.microseconds) {
            begin { await $0.carryOut(ticket, query, refusal: .overloaded) }
        }
    }

    /// Whether nothing more is to be taken in.
    var isFull: Bool { queue.isFull }

    // MARK: work

    private func dispatch() {
        while !isStopping, failure == nil, answering < concurrency, let (ticket, query) = queue.take() {
            answering += 1
            begin { await $0.carryOut(ticket, query, refusal: nil) }
        }
    }

    private func begin(_ body: @escaping @Sendable (isolated QueriesInHand) async -> Void) {
        let number = nextTask
        nextTask += 1
        tasks[number] = Task {
            await body(self)
            tasks[number] = nil
        }
    }

    /// - Parameter refusal: of what was shed, which takes no place among those being answered.
    private func carryOut(_ ticket: Queue.Ticket, _ query: HeldQuery, refusal: QueryError?) async {
        let started = ContinuousClock.now
        let response = try? await responder.respond(to: query, refusal: refusal)
        if refusal == nil {
            answering -= 1
            pace.add(ContinuousClock.now - started)
            dispatch()
        }
        switch response {
        case .reply(let reply):
            do {
                try await replies.send(reply, to: query.record)
                queue.finish(ticket)
            } catch {
                if failure == nil { failure = error }
            }
        case .later(let pause):
            var query = query
            query.hasWaited = true
            query.attempts += 1
            guard let putOff = queue.putOff(ticket, as: query) else { return }
            try? await Task.sleep(for: max(pause, Self.leastInterval * putOff))
            guard !isStopping else { return }
            queue.resume(ticket)
            dispatch()
        case nil: return  // given up: it comes again
        }
    }

    /// All that wait for positions ask so often together, at most: a tenth of what a connection does.
    private static let leastInterval = Duration.milliseconds(2)

    // MARK: the end

    /// Begins nothing more, and waits for what is out, to the deadline. The rest comes again.
    func stop(by deadline: Deadline) async {
        isStopping = true
        queue.dropWaiting()
        while !tasks.isEmpty, failure == nil, !deadline.hasPassed { try? await Task.sleep(for: Self.glance) }
        for task in tasks.values { task.cancel() }
        for task in tasks.values { await task.value }
    }
}

/// How fast answers follow each other, as of late.
private struct AnswerPace {
    private let concurrency: Int
    private var meanMicroseconds = 0.0

    init(concurrency: Int) {
        self.concurrency = concurrency
    }

    /// Old answers fade: the last thirty or so count.
    mutating func add(_ duration: Duration) {
        meanMicroseconds += (duration / .microseconds(1) - meanMicroseconds) / 32
    }

    /// From one answer to the next.
    var microseconds: Int64 { Int64(meanMicroseconds / Double(concurrency)) }
}
