/// Ordinals of a segment's documents, as ascending ranges with gaps between them.
package struct OrdinalRuns: Sendable, Equatable {
    package private(set) var ranges: [Range<Int32>] = []

    package init() {}

    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// - Precondition: nothing in it comes before what is in here already.
    mutating func append(_ range: Range<Int32>) {
        guard !range.isEmpty else { return }
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
    }

    /// - Parameter ordinals: ascending.
    func without(_ ordinals: [Int32]) -> OrdinalRuns {
        guard !ordinals.isEmpty else { return self }
        var rest = OrdinalRuns()
        var next = 0
        for range in ranges {
            var start = range.lowerBound
            next = ordinals.partition(from: next, before: start)
            while next < ordinals.count, ordinals[next] < range.upperBound {
                rest.append(start..<ordinals[next])
                start = ordinals[next] + 1
                next += 1
            }
            rest.append(min(start, range.upperBound)..<range.upperBound)
        }
        return rest
    }

    /// - Parameter ordinals: ascending.
    func only(_ ordinals: [Int32]) -> OrdinalRuns {
        var both = OrdinalRuns()
        var next = 0
        for range in ranges {
            next = ordinals.partition(from: next, before: range.lowerBound)
            while next < ordinals.count, ordinals[next] < range.upperBound {
                if both.ranges.last?.contains(ordinals[next]) != true { both.append(ordinals[next]..<ordinals[next] + 1) }
                next += 1
            }
        }
        return both
    }
}

extension RandomAccessCollection where Element: Comparable, Index == Int {
    /// The first index from `start` on whose element is not less than `value`: by steps that double, so that a near one costs little and a far one
    /// no more than a binary search.
    package func partition(from start: Int, before value: Element) -> Int {
        var (low, step) = (start, 1)
        while low + step <= endIndex, self[low + step - 1] < value {
            low += step
            step *= 2
        }
        var high = Swift.min(low + step - 1, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
