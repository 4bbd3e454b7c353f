import Administration
import Contract
import Kafka
import Transport

/// The dead-letter topic, read partition by partition, as far as it goes at present.
struct DeadLetterTopic: Sendable {
    /// Records, and bytes of them, held in memory at a time; the largest record comes on top.
    private static let batchRecords = 500
    private static let batchBytes = 8 << 20
    private static let pollMilliseconds = 200
    /// A broker that gives neither a record nor the end for so long is taken for away.
    private static let patience: Duration = .seconds(10)

    private let reader: KafkaReader
    /// The offsets that each partition held when the topic was opened. The upper bounds may be too low: the embedded broker's are.
    let extents: [Int32: Range<Int64>]

    /// - Throws: `KafkaError.unknownTopic` where there is no such topic; `.unavailable`, `.timedOut`.
    static func open(_ runtime: Runtime) async throws -> DeadLetterTopic {
        let reader = try runtime.clientReader()
        do {
            let extents = try await reader.extents(of: DeadLetterAdministration.topic)
            return DeadLetterTopic(reader: reader, extents: Dictionary(uniqueKeysWithValues: extents.map { ($0.key.partition, $0.value) }))
        } catch {
            await reader.close()
            throw error
        }
    }

    /// Opens the topic, lends it, and closes it whatever happens.
    static func with<Result>(_ runtime: Runtime, _ body: (DeadLetterTopic) async throws -> Result) async throws -> Result {
        let topic = try await open(runtime)
        do {
            let result = try await body(topic)
            await topic.reader.close()
            return result
        } catch {
            await topic.reader.close()
            throw error
        }
    }

    /// About how many records there are.
    var count: Int { extents.values.reduce(0) { $0 + $1.count } }

    /// What `read` hands over next, and whether it is to go on.
    enum Next {
        case more, nextPartition, enough
    }

    /// Hands over the records from these offsets on, in order of their ids, batch by batch, until each partition's end or `body` has enough.
    func read(from starts: [Int32: Int64], _ body: ([InboundRecord]) async throws -> Next) async throws {
        for (partition, offset) in starts.sorted(by: { $0.key < $1.key }) {
            // Past its end a partition would say nothing, or begin anew.
            guard let extent = extents[partition], !extent.isEmpty else { continue }
            let start = min(offset, extent.upperBound - 1)
            try await reader.start(at: [KafkaTopicPartition(topic: DeadLetterAdministration.topic, partition: partition): start])
            var last = ContinuousClock.now
            reading: while true {
                try Task.checkCancellation()
                let (records, isAtEnd) = try await reader.pollToEnd(
                    maxRecords: Self.batchRecords, maxBytes: Self.batchBytes, timeoutMilliseconds: Self.pollMilliseconds)
                let wanted = records.filter { $0.partition == partition && $0.offset >= offset }
                if !records.isEmpty { last = .now }
                switch try await body(wanted.map { InboundRecord($0) }) {
                case .enough: return
                case .nextPartition: break reading
                case .more where isAtEnd: break reading
                case .more: break
                }
                guard ContinuousClock.now - last < Self.patience else { throw KafkaError(.timedOut, "the dead-letter topic gives no records") }
            }
        }
    }

    /// Every letter that the filter lets through and that bears none of these marks.
    func letters(_ filter: LetterFilter, without marks: Set<LetterID> = []) async throws -> [Letter] {
        var letters: [Letter] = []
        try await scan { if filter.matches($0), !marks.contains($0.id) { letters.append($0) } }
        return letters
    }

    /// Looks at every letter, with a bar where that takes long.
    func scan(_ body: (Letter) -> Void) async throws {
        var bar = LateProgressBar("read", total: count)
        try await read(from: extents.mapValues(\.lowerBound)) { records in
            for record in records { body(Letter(record)) }
            bar.advance(by: records.count)
            return .more
        }
        bar.finish()
    }

    /// Looks at the newest letters: at most so many, and for so long.
    ///
    /// - Returns: whether these were all.
    func scanNewest(_ limit: Int, within timeout: Duration, _ body: (Letter) -> Void) async throws -> Bool {
        let deadline = ContinuousClock.now + timeout
        let share = Int64(limit / max(1, extents.count))
        let starts = extents.mapValues { max($0.lowerBound, $0.upperBound - share) }
        var isInTime = true
        try await read(from: starts) { records in
            for record in records { body(Letter(record)) }
            isInTime = ContinuousClock.now < deadline
            return isInTime ? .more : .enough
        }
        return isInTime && starts.allSatisfy { extents[$0.key]?.lowerBound == $0.value }
    }

    /// One record, as it stands; nothing where it is not there, or no longer.
    func record(_ id: LetterID) async throws -> InboundRecord? {
        var found: InboundRecord?
        try await read(from: [id.partition: id.offset]) { records in
            guard let first = records.first else { return .more }
            if first.offset == id.offset { found = first }
            return .enough
        }
        return found
    }

    /// Hands over these records, batch by batch, and no others.
    func read(_ ids: Set<LetterID>, _ body: ([InboundRecord]) async throws -> Void) async throws {
        let byPartition = Dictionary(grouping: ids, by: \.partition).mapValues { $0.map(\.offset) }
        let lasts = byPartition.compactMapValues { $0.max() }
        try await read(from: byPartition.compactMapValues { $0.min() }) { records in
            let wanted = records.filter { ids.contains(LetterID(partition: $0.partition, offset: $0.offset)) }
            if !wanted.isEmpty { try await body(wanted) }
            guard let latest = records.last, let end = lasts[latest.partition] else { return .more }
            return latest.offset >= end ? .nextPartition : .more
        }
    }
}
