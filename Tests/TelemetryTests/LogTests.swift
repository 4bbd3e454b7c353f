import Foundation
import Glibc
import Testing

@testable import Telemetry

@Suite struct `Log lines` {
    private func line(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue>) -> String {
        String(decoding: LogLine.encode(.info, message, fields, seconds: 1_700_000_000, nanoseconds: 7_999_999), as: UTF8.self)
    }

    @Test func `a line is one JSON object with time, level, message and fields in order`() {
        #expect(
            line("assigned", [.topic: "sluice.documents", .partition: 3, .seconds: 0.25, .retryable: true])
                == #"{"time":"2023-11-14T22:13:20.007Z","level":"info","message":"assigned","topic":"sluice.documents","partition":3,"#
                + #""seconds":0.25,"retryable":true}"# + "\n")
    }

    @Test func `hostile text stays one line and comes back whole`() throws {
        let hostile = "\"\\\n\r\t\0\u{7}\u{1B}[2J\u{7F}\u{2028}é\u{1F600}</script>"
        let text = line("x", [.reason: .string(hostile)])
        #expect(text.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["reason"] as? String == hostile)
    }

    @Test(arguments: [0, 1, 2, 3]) func `a long value is cut between two scalars`(shift: Int) throws {
        let value = String(repeating: "a", count: shift) + String(repeating: "\u{1F600}", count: 400)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line("x", [.reason: .string(value)]).utf8)) as? [String: String])
        let shown = try #require(object["reason"])
        #expect(shown.hasSuffix("…") && value.hasPrefix(shown.dropLast()))
        #expect(shown.utf8.count <= Log.valueByteLimit + 3)
    }

    @Test func `a value at the limit is not cut`() {
        let value = String(repeating: "a", count: Log.valueByteLimit)
        #expect(line("x", [.reason: .string(value)]).contains("\"\(value)\""))
    }

    @Test func `what JSON has no number for is null`() {
        #expect(line("x", [.seconds: .double(.nan), .count: .double(-.infinity)]).hasSuffix(#""seconds":null,"count":null}"# + "\n"))
        #expect(line("x", [.seconds: .seconds(.milliseconds(1500)), .count: .int(.min)]).hasSuffix(#""seconds":1.5,"count":-9223372036854775808}"# + "\n"))
    }

    @Test func `below its level nothing is evaluated, from it on a line is written`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let log = Log(level: .warning, descriptor: ends[1])
        var evaluated = 0
        func count() -> LogValue {
            evaluated += 1
            return .int(evaluated)
        }
        log.debug("no", [.count: count()])
        log.info("no", [.count: count()])
        log.warning("yes", [.count: count()])
        log.error("also")
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = read(ends[0], &buffer, buffer.count)
        let lines = String(decoding: buffer[..<max(0, length)], as: UTF8.self).split(separator: "\n")
        #expect(evaluated == 1)
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix(#""level":"warning","message":"yes","count":1}"#) == true)
    }

    @Test func `dates agree with the C library over four centuries`() {
        for day in stride(from: Int64(-40_000), through: 120_000, by: 1) {
            var time = time_t(day * 86_400)
            var parts = tm()
            gmtime_r(&time, &parts)
            let date = Timestamp.civilDate(daysSinceEpoch: day)
            if date != (Int64(parts.tm_year) + 1900, Int64(parts.tm_mon) + 1, Int64(parts.tm_mday)) {
                Issue.record("day \(day) reads \(date)")
                return
            }
        }
    }

    @Test func `a moment before 1970 reads as what it is`() {
        var bytes: [UInt8] = []
        Timestamp.append(seconds: -1, nanoseconds: 999_000_000, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "1969-12-31T23:59:59.999Z")
    }
}
