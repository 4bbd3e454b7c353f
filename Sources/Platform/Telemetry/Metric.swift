/// One metric with all its series.
package protocol Metric: Sendable {
    var name: String { get }
    /// Adds the metric in the Prometheus text format.
    func render(into text: inout String)
}

/// The metrics a process shows: every one declared once, as a static beside its kin, and listed here.
package struct Metrics: Sendable {
    /// The media type of `render()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let metrics: [any Metric]

    package init(_ metrics: [any Metric]) {
        self.metrics = metrics.sorted { $0.name < $1.name }
    }

    package var names: [String] { metrics.map(\.name) }

    /// Every metric in the Prometheus text exposition format 0.0.4, in a stable order.
    package func render() -> String {
        var text = ""
        for metric in metrics { metric.render(into: &text) }
        return text
    }
}

/// The text format's pieces.
enum Exposition {
    static func header(_ name: String, _ type: String, _ help: String, into text: inout String) {
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    static func sample(_ name: String, labels: [String], values: [String], extra: (name: String, value: String)? = nil, value: String, into text: inout String)
    {
        text += name
        var pairs = zip(labels, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
        if let extra { pairs.append("\(extra.name)=\"\(extra.value)\"") }
        if !pairs.isEmpty { text += "{" + pairs.joined(separator: ",") + "}" }
        text += " \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        // Whole numbers without a fraction, as far as a double counts them.
        if value == value.rounded(), value.magnitude < 9e15 { return String(Int64(value)) }
        return value.description
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += #"\\"#
            case "\n": result += #"\n"#
            case "\"" where quotes: result += #"\""#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
