import Contract
import Postgres

/// What a row with a clock says beside the clock itself: how Contract's `VersionClock` is kept in columns.
///
/// Every table with a clock has these columns in this order: state, sequence, highest_sequence, digest, incarnation_id, (its topic,) partition,
/// record_offset, record_time.
struct StoredClock<State: RawRepresentable<Int16> & Sendable & Equatable>: Sendable, Equatable {
    var state: State
    var clock: VersionClock

    init(state: State, clock: VersionClock) {
        self.state = state
        self.clock = clock
    }

    /// - Parameter column: of the state; the clock's columns follow.
    init(_ rows: Rows, _ row: Int, column: Int, isDeletion: (State) -> Bool) throws {
        guard let state = State(rawValue: try rows.int16(row, column)) else { throw IndexError.inconsistent }
        self.state = state
        let highest = try rows.optionalInt64(row, column + 2).map(SequenceNumber.init)
        guard let incarnation = try rows.optionalInt32(row, column + 4) else {
            clock = VersionClock(inForce: nil, highestSequence: highest)
            return
        }
        let record = RecordPosition(
            topic: try rows.string(row, column + 5), partition: try rows.int32(row, column + 6), offset: try rows.int64(row, column + 7))
        let position = VersionPosition(incarnation: incarnation, record: record, timestampMilliseconds: try rows.int64(row, column + 8))
        clock = VersionClock(
            inForce: EventVersion(
                sequence: try rows.optionalInt64(row, column + 1).map(SequenceNumber.init), position: position,
                digest: try rows.bytes(row, column + 3), isDeletion: isDeletion(state)),
            highestSequence: highest)
    }
}

/// Clocks on their way into the columns of many rows at once.
struct ClockColumns {
    private var states: [Int16?] = []
    private var sequences: [Int64?] = []
    private var highestSequences: [Int64?] = []
    private var digests: [[UInt8]?] = []
    private var incarnations: [Int32?] = []
    private var partitions: [Int32?] = []
    private var offsets: [Int64?] = []
    private var times: [Int64?] = []

    mutating func append(state: Int16, _ clock: VersionClock) {
        let version = clock.inForce
        states.append(state)
        sequences.append(version?.sequence?.value)
        highestSequences.append(clock.highestSequence?.value)
        digests.append(version?.digest)
        incarnations.append(version?.position.incarnation)
        partitions.append(version?.position.record.partition)
        offsets.append(version?.position.record.offset)
        times.append(version?.position.timestampMilliseconds)
    }

    var parameters: [Parameter] {
        [
            .int2Array(states), .int8Array(sequences), .int8Array(highestSequences), .byteaArray(digests), .int4Array(incarnations),
            .int4Array(partitions), .int8Array(offsets), .int8Array(times),
        ]
    }
}
