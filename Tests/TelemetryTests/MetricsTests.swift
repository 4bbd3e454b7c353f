import Testing

@testable import Telemetry

@Suite struct `Metrics of a process` {
    private struct Name: MetricLabels {
        static let names = ["name"]
        let values: [String]
        init(_ name: String) { values = [name] }
    }

    private func lines(_ metric: some Metric) -> [String] {
        Metrics([metric]).render().split(separator: "\n").map(String.init)
    }

    @Test func `a metric without labels shows at zero before it is touched`() {
        #expect(lines(Counter("t_total", "Help.", labels: NoLabels.self)) == ["# HELP t_total Help.", "# TYPE t_total counter", "t_total 0"])
    }

    @Test func `series are ordered by their labels, and hostile labels are escaped`() {
        let counter = Counter("t_total", "One\nline \\.", labels: Name.self)
        counter.add(2, Name("b"))
        counter.add(1, Name("a\"\\\n"))
        counter[Name("b")].add()
        #expect(
            lines(counter) == [
                #"# HELP t_total One\nline \\."#, "# TYPE t_total counter", #"t_total{name="a\"\\\n"} 1"#, #"t_total{name="b"} 3"#,
            ])
    }

    @Test func `past the limit labels share one series`() {
        let counter = Counter("t_total", "Help.", labels: Name.self, limit: 2)
        for index in 0..<10 { counter.add(1, Name("n\(index)")) }
        counter.add(1, Name("n0"))
        #expect(lines(counter).dropFirst(2) == [#"t_total{name="n0"} 2"#, #"t_total{name="n1"} 1"#, #"t_total{name="other"} 8"#])
    }

    @Test func `buckets are cumulative and a bound belongs to its bucket`() {
        let histogram = Histogram("t_seconds", "Help.", labels: NoLabels.self, bounds: [0.5, 1, 2.5])
        for value in [0.5, 0.75, 1, 2, 3] { histogram.observe(value) }
        histogram.observe(.milliseconds(250))
        #expect(
            lines(histogram).dropFirst(2) == [
                #"t_seconds_bucket{le="0.5"} 2"#, #"t_seconds_bucket{le="1"} 4"#, #"t_seconds_bucket{le="2.5"} 5"#,
                #"t_seconds_bucket{le="+Inf"} 6"#, "t_seconds_sum 7.5", "t_seconds_count 6",
            ])
    }

    @Test func `a gauge that is removed is no longer shown`() {
        let gauge = Gauge("t_records", "Help.", labels: Name.self)
        gauge.set(5, Name("a"))
        gauge.set(0.25, Name("b"))
        gauge.remove(Name("a"))
        #expect(lines(gauge).dropFirst(2) == [#"t_records{name="b"} 0.25"#])
    }

    @Test func `no addition is lost between tasks`() async {
        let counter = Counter("t_total", "Help.", labels: Name.self)
        let gauge = Gauge("t_things", "Help.", labels: NoLabels.self)
        let histogram = Histogram("t_seconds", "Help.", labels: NoLabels.self, bounds: [1])
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.add(1, Name("n\(task % 2)"))
                        gauge.add(0.5)
                        histogram.observe(1)
                    }
                }
            }
        }
        #expect(counter[Name("n0")].value == 4000 && counter[Name("n1")].value == 4000)
        #expect(gauge.value == 4000)
        #expect(lines(histogram).last == "t_seconds_count 8000")
    }

    @Test func `numbers read as Prometheus reads them`() {
        #expect([0, -3, 0.1, 1e300, .infinity, -.infinity, .nan].map(Exposition.number) == ["0", "-3", "0.1", "1e+300", "+Inf", "-Inf", "NaN"])
    }

    @Test func `the workers' metrics have names of the house, each once`() {
        let names = Metrics(WorkerMetrics.all).names
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("sluice_") && $0.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) } })
        let text = Metrics(WorkerMetrics.all).render()
        for name in names {
            let isCounter = text.contains("# TYPE \(name) counter\n")
            #expect(name.hasSuffix("_total") == isCounter)
        }
    }
}
