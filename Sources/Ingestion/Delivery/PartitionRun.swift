/// What one assignment of a partition has taken up and finished. Records finish in any order; the position is the end of the run that has no gap.
///
/// Offsets may have holes (compaction, markers of transactions): a run has no gap where every record that was taken up is finished.
package struct PartitionRun: Sendable {
    /// A record's place among those taken up, counted from the first.
    package typealias Place = Int

    private var offsets: [Int64] = []
    private var finished: [Bool] = []
    /// The place of the first element kept.
    private var base: Place = 0
    /// How many of those kept belong to the run.
    private var runLength = 0
    private let start: Int64

    /// - Parameter start: the offset that the first record has at least.
    package init(from start: Int64) {
        self.start = start
        position = start
    }

    /// Everything below is finished: what may be written down and committed.
    package private(set) var position: Int64

    /// How many records were taken up that are not part of the run yet.
    package var windowCount: Int { offsets.count - runLength }

    /// - Returns: the record's place; nothing where it, or a later one, was taken up already.
    package mutating func take(_ offset: Int64) -> Place? {
        guard offset >= start, offset > (offsets.last ?? position - 1) else { return nil }
        offsets.append(offset)
        finished.append(false)
        return base + offsets.count - 1
    }

    /// Again has no effect.
    package mutating func finish(_ place: Place) {
        let index = place - base
        guard index >= runLength, index < finished.count else { return }
        finished[index] = true
        while runLength < finished.count, finished[runLength] { runLength += 1 }
        if runLength > 0 { position = offsets[runLength - 1] + 1 }
        if runLength > 1024, runLength * 2 > offsets.count { forgetRun() }
    }

    private mutating func forgetRun() {
        offsets.removeFirst(runLength)
        finished.removeFirst(runLength)
        base += runLength
        runLength = 0
    }
}
