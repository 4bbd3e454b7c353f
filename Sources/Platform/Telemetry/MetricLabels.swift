import Synchronization

/// What tells the series of one metric apart. A struct of strings or, better, an enum: the fewer values, the better.
///
/// Values come from the operator's world (topics, stages, codes), never from documents, tenants' principals or queries.
package protocol MetricLabels: Hashable, Sendable {
    /// Label names in the order of `values`.
    static var names: [String] { get }
    var values: [String] { get }
}

/// The labels of a metric with a single series.
package struct NoLabels: MetricLabels {
    package static let names: [String] = []
    package let values: [String] = []
    package init() {}
}

/// A label whose values are the cases of an enum.
package protocol MetricLabel: MetricLabels, RawRepresentable<String> {
    static var name: String { get }
}

extension MetricLabel {
    package static var names: [String] { [name] }
    package var values: [String] { [rawValue] }
}

/// The series of one metric: made when first asked for, at most `limit` of them.
///
/// Past the limit all further labels share one series whose labels all read `other`, so that a mistake costs precision rather than memory.
final class SeriesTable<Labels: MetricLabels, Series: Sendable>: Sendable {
    private struct State {
        var series: [Labels: Series] = [:]
        var other: Series?
    }

    private let state = Mutex(State())
    private let limit: Int
    private let make: @Sendable () -> Series

    init(limit: Int, make: @escaping @Sendable () -> Series) {
        self.limit = limit
        self.make = make
        // A metric without labels shows from the start, at zero.
        if let only = NoLabels() as? Labels { _ = self[only] }
    }

    subscript(labels: Labels) -> Series {
        state.withLock { state in
            if let series = state.series[labels] { return series }
            if state.series.count >= limit {
                let other = state.other ?? make()
                state.other = other
                return other
            }
            let series = make()
            state.series[labels] = series
            return series
        }
    }

    func remove(_ labels: Labels) {
        _ = state.withLock { $0.series.removeValue(forKey: labels) }
    }

    /// Every series with its label values, ordered by them.
    var snapshot: [(values: [String], series: Series)] {
        let (series, other) = state.withLock { ($0.series, $0.other) }
        var rows = series.map { (values: $0.key.values, series: $0.value) }
        rows.sort { $0.values.lexicographicallyPrecedes($1.values) }
        if let other { rows.append((Labels.names.map { _ in "other" }, other)) }
        return rows
    }
}
