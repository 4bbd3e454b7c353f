import Testing

@testable import sluice

@Suite struct `Terminal output` {
    @Test func `columns are as wide as their widest cell, whatever its script`() {
        var table = TextTable([("NAME", .left), ("COUNT", .right), ("NOTE", .left)])
        table.append(["日本", "7", "x"])
        table.append(["e\u{301}te\u{301}", "1234567", ""])
        table.append(["\u{1F600}"])
        #expect(
            table.render() == """
                NAME    COUNT  NOTE
                日本        7  x
                e\u{301}te\u{301}   1234567
                \u{1F600}

                """)
    }

    @Test func `a bar redraws ten times a second at most`() {
        let start = ContinuousClock.now
        var bar = ProgressBar("publish", total: 200, isTerminal: true, start: start)
        let first = bar.step(by: 50, at: start + .seconds(1))
        #expect(first == "\rpublish \(String(repeating: "█", count: 7))\(String(repeating: "░", count: 23))  50/200  25 %  50/s\u{1B}[K")
        #expect(bar.step(by: 1, at: start + .milliseconds(1099)) == nil)
        #expect(bar.step(by: 1, at: start + .milliseconds(1100)) != nil)
        #expect(bar.end(at: start + .seconds(2)).hasSuffix("\u{1B}[K\n"))
    }

    @Test func `without a terminal there is a line every five seconds`() {
        let start = ContinuousClock.now
        var bar = ProgressBar("publish", total: 0, isTerminal: false, start: start)
        #expect(bar.step(by: 1, at: start) == nil)
        #expect(bar.step(by: 1, at: start + .milliseconds(4999)) == nil)
        #expect(bar.step(by: 8, at: start + .seconds(5)) == "publish 10  2/s\n")
        #expect(bar.step(by: 1, at: start + .seconds(9)) == nil)
        #expect(bar.end(at: start + .seconds(11)) == "publish 11  1/s\n")
    }
}
