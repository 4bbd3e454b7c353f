import Synchronization

/// A number that only grows.
package final class Counter<Labels: MetricLabels>: Metric {
    /// One series, to be kept by whoever adds to it often: adding is one atomic instruction.
    package final class Series: Sendable {
        private let count = Atomic(0)

        /// - Parameter amount: not negative.
        package func add(_ amount: Int = 1) {
            count.wrappingAdd(amount, ordering: .relaxed)
        }

        package var value: Int { count.load(ordering: .relaxed) }
    }

    package let name: String
    private let help: String
    private let table: SeriesTable<Labels, Series>

    /// - Parameters:
    ///   - name: `sluice_<noun>_<unit>_total`.
    ///   - limit: the most series it may have.
    package init(_ name: String, _ help: String, labels _: Labels.Type = Labels.self, limit: Int = 1000) {
        self.name = name
        self.help = help
        table = SeriesTable(limit: limit) { Series() }
    }

    package subscript(labels: Labels) -> Series { table[labels] }

    package func add(_ amount: Int = 1, _ labels: Labels) {
        table[labels].add(amount)
    }

    package func render(into text: inout String) {
        Exposition.header(name, "counter", help, into: &text)
        for (values, series) in table.snapshot {
            Exposition.sample(name, labels: Labels.names, values: values, value: String(series.value), into: &text)
        }
    }
}

extension Counter where Labels == NoLabels {
    package func add(_ amount: Int = 1) { add(amount, NoLabels()) }
    package var value: Int { self[NoLabels()].value }
}
