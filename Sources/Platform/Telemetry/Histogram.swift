import Synchronization

/// How often values fell into which range.
package final class Histogram<Labels: MetricLabels>: Metric {
    /// One series. Observing takes an uncontended lock, so that count, sum and buckets always agree.
    package final class Series: Sendable {
        struct Tally {
            /// One more than the bounds: the last is above all of them. Not cumulative.
            var counts: [Int]
            var sum = 0.0
        }

        private let bounds: [Double]
        private let tally: Mutex<Tally>

        init(bounds: [Double]) {
            self.bounds = bounds
            tally = Mutex(Tally(counts: Array(repeating: 0, count: bounds.count + 1)))
        }

        package func observe(_ value: Double) {
            // A dozen bounds: a scan beats a binary search.
            let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
            tally.withLock {
                $0.counts[bucket] += 1
                $0.sum += value
            }
        }

        /// Observes a duration in seconds.
        package func observe(_ duration: Duration) {
            observe(duration / .seconds(1))
        }

        var current: Tally { tally.withLock { $0 } }
    }

    package let name: String
    private let help: String
    private let bounds: [Double]
    private let table: SeriesTable<Labels, Series>

    /// - Parameters:
    ///   - name: `sluice_<noun>_<unit>`, in base units.
    ///   - bounds: the buckets' upper bounds, inclusive, ascending; infinity is understood.
    ///   - limit: the most series it may have.
    package init(_ name: String, _ help: String, labels _: Labels.Type = Labels.self, bounds: [Double], limit: Int = 100) {
        self.name = name
        self.help = help
        self.bounds = bounds
        table = SeriesTable(limit: limit) { Series(bounds: bounds) }
    }

    package subscript(labels: Labels) -> Series { table[labels] }

    package func observe(_ value: Double, _ labels: Labels) {
        table[labels].observe(value)
    }

    package func observe(_ duration: Duration, _ labels: Labels) {
        table[labels].observe(duration)
    }

    package func render(into text: inout String) {
        Exposition.header(name, "histogram", help, into: &text)
        let edges = bounds.map(Exposition.number) + ["+Inf"]
        for (values, series) in table.snapshot {
            let tally = series.current
            var cumulative = 0
            for (edge, count) in zip(edges, tally.counts) {
                cumulative += count
                Exposition.sample(
                    "\(name)_bucket", labels: Labels.names, values: values, extra: ("le", edge), value: String(cumulative), into: &text)
            }
            Exposition.sample("\(name)_sum", labels: Labels.names, values: values, value: Exposition.number(tally.sum), into: &text)
            Exposition.sample("\(name)_count", labels: Labels.names, values: values, value: String(cumulative), into: &text)
        }
    }
}

extension Histogram where Labels == NoLabels {
    package func observe(_ value: Double) { observe(value, NoLabels()) }
    package func observe(_ duration: Duration) { observe(duration, NoLabels()) }
}
