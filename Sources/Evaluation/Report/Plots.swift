/// Plots as inline SVG: they need no script, print, and follow the page's colours. Where a reader knows no style sheets, the colours beside the classes hold.
enum Plots {
    private static let width = 860.0
    private static let left = 46.0
    private static let lineColours = ["#2563c9", "#c4781b", "#7a4fbf"]
    private static let (up, down, grid, text) = ("#1f8a5b", "#c8412f", "#dde3ea", "#5d6b7c")

    /// Differences of one figure, a bar a query, from the greatest gain to the greatest loss.
    ///
    /// - Parameter differences: after less before, with the queries' names, which a pointer shows.
    static func differences(_ differences: [(name: String, value: Double)], title: String) -> HTML {
        let sorted = differences.filter(\.value.isFinite).sorted { ($1.value, $0.name) < ($0.value, $1.name) }
        let (height, middle, reach) = (190.0, 95.0, 80.0)
        let extent = max(sorted.map(\.value.magnitude).max() ?? 0, 0.05)
        let step = (width - left) / Double(max(sorted.count, 1))
        let bars = sorted.enumerated().map { index, one -> HTML in
            let length = one.value.magnitude / extent * reach
            let (x, y) = (left + Double(index) * step, one.value > 0 ? middle - length : middle)
            return """
                <rect class="\(one.value > 0 ? "up" : "down")" fill="\(one.value > 0 ? up : down)" x="\(digits(x, 2))" y="\(digits(y, 2))" width="\(digits(max(step * 0.82, 0.4), 2))" \
                height="\(digits(max(length, one.value == 0 ? 0 : 0.5), 2))"><title>\(one.name): \(signedDigits(one.value, 4))</title></rect>
                """
        }
        return """
            <figure><figcaption>\(title)</figcaption><svg viewBox="0 0 \(digits(width, 0)) \(digits(height, 0))" role="img" aria-label="\(title)">\
            \(scale(extent, at: middle - reach))\(scale(0, at: middle))\(scale(-extent, at: middle + reach))\(bars)</svg></figure>
            """
    }

    private static func scale(_ value: Double, at y: Double) -> HTML {
        """
        <line class="grid" stroke="\(grid)" x1="\(digits(left, 0))" y1="\(digits(y, 1))" x2="\(digits(width, 0))" y2="\(digits(y, 1))"/>\
        <text x="\(digits(left - 6, 0))" y="\(digits(y + 4, 1))" text-anchor="end" font-size="12" fill="\(text)">\(signedDigits(value, 2))</text>
        """
    }

    /// How latencies are distributed: from how many milliseconds on, which share of the queries is answered.
    ///
    /// - Parameter series: sorted milliseconds of each mode.
    static func latencies(_ series: [(name: String, values: [Double])]) -> HTML {
        let (height, bottom, top) = (220.0, 185.0, 12.0)
        let shown = series.filter { !$0.values.isEmpty }
        guard let greatest = shown.compactMap(\.values.last).max(), greatest > 0 else { return "" }
        func x(_ value: Double) -> Double { left + value / greatest * (width - left - 10) }
        func y(_ share: Double) -> Double { bottom - share * (bottom - top) }
        let lines = shown.enumerated().map { index, one -> HTML in
            let count = Double(one.values.count)
            let steps = one.values.enumerated().map {
                "L\(digits(x($0.element), 1)) \(digits(y(Double($0.offset) / count), 1))V\(digits(y(Double($0.offset + 1) / count), 1))"
            }
            let path = "M\(digits(x(0), 1)) \(digits(y(0), 1))\(steps.joined())H\(digits(width - 10, 1))"
            return """
                <path class="line line\(index)" fill="none" stroke="\(lineColours[index % lineColours.count])" stroke-width="2" d="\(path)">\
                <title>\(one.name)</title></path>
                """
        }
        let names = shown.enumerated().map { index, one -> HTML in
            """
            <text class="name name\(index)" x="\(digits(width - 20, 0))" y="\(digits(bottom - 14 - Double(shown.count - 1 - index) * 18, 0))" \
            text-anchor="end" font-size="12" fill="\(lineColours[index % lineColours.count])">\(one.name)</text>
            """
        }
        let shares = [0, 0.5, 0.95].map { share -> HTML in
            """
            <line class="grid" stroke="\(grid)" x1="\(digits(left, 0))" y1="\(digits(y(share), 1))" x2="\(digits(width - 10, 0))" y2="\(digits(y(share), 1))"/>\
            <text x="\(digits(left - 6, 0))" y="\(digits(y(share) + 4, 1))" text-anchor="end" font-size="12" fill="\(text)">\(digits(share * 100, 0)) %</text>
            """
        }
        let ticks = (0...4).map { tick -> HTML in
            let value = greatest * Double(tick) / 4
            return """
                <text x="\(digits(x(value), 1))" y="\(digits(bottom + 20, 0))" text-anchor="\(tick == 4 ? "end" : "middle")" font-size="12" \
                fill="\(text)">\(digits(value, greatest < 10 ? 1 : 0)) ms</text>
                """
        }
        return """
            <figure><figcaption>Share of answers that have arrived after so many milliseconds</figcaption>\
            <svg viewBox="0 0 \(digits(width, 0)) \(digits(height, 0))" role="img" aria-label="distribution of latency">\(shares)\(ticks)\(lines)\(names)</svg></figure>
            """
    }
}
