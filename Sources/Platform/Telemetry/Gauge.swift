import Synchronization

/// A number that goes up and down.
package final class Gauge<Labels: MetricLabels>: Metric {
    /// One series, to be kept by whoever sets it often.
    package final class Series: Sendable {
        private let bits = Atomic(Double.zero.bitPattern)

        package func set(_ value: Double) {
            bits.store(value.bitPattern, ordering: .relaxed)
        }

        package func add(_ amount: Double) {
            var current = bits.load(ordering: .relaxed)
            while true {
                let sum = (Double(bitPattern: current) + amount).bitPattern
                let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: sum, ordering: .relaxed)
                if exchanged { return }
                current = original
            }
        }

        package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    }

    package let name: String
    private let help: String
    private let table: SeriesTable<Labels, Series>

    /// - Parameters:
    ///   - name: `sluice_<noun>_<unit>`.
    ///   - limit: the most series it may have.
    package init(_ name: String, _ help: String, labels _: Labels.Type = Labels.self, limit: Int = 1000) {
        self.name = name
        self.help = help
        table = SeriesTable(limit: limit) { Series() }
    }

    package subscript(labels: Labels) -> Series { table[labels] }

    package func set(_ value: Double, _ labels: Labels) {
        table[labels].set(value)
    }

    /// Forgets a series, such as that of a partition given up: a last value that stands forever misleads.
    package func remove(_ labels: Labels) {
        table.remove(labels)
    }

    package func render(into text: inout String) {
        Exposition.header(name, "gauge", help, into: &text)
        for (values, series) in table.snapshot {
            Exposition.sample(name, labels: Labels.names, values: values, value: Exposition.number(series.value), into: &text)
        }
    }
}

extension Gauge where Labels == NoLabels {
    package func set(_ value: Double) { set(value, NoLabels()) }
    package func add(_ amount: Double) { self[NoLabels()].add(amount) }
    package var value: Double { self[NoLabels()].value }
}
