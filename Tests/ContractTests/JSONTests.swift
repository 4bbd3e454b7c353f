import Contract
import Foundation
import Testing

struct JSONTests {
    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("[]", "[]"), ("{}", "{}"), ("-0", "-0"), ("1.50e+03", "1.50e+03"), ("[1, 2,\t3]\n", "[1,2,3]"),
        (#"{"b":1,"a":[{}]}"#, #"{"b":1,"a":[{}]}"#), (#""\u00e4\ud83d\ude00\/\b""#, #""ä😀/\u0008""#), (#""\"\\\n\r\t\u0001""#, #""\"\\\n\r\t\u0001""#),
        (#""文""#, #""文""#),
    ])
    func `valid texts read and write back`(text: String, canonical: String) throws {
        #expect(String(decoding: try JSON.parse(Array(text.utf8)).utf8, as: UTF8.self) == canonical)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "01", "1.", ".5", "-", "+1", "1e", "1e+",
        "0x1", "NaN",
        "Infinity", "tru", "nul", "'a'", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\u{0}\"", "1 2", "[] []", "\u{FEFF}1", "[1 2]",
        "{\"a\" 1}", "//", "null,",
    ])
    func `invalid texts are malformed`(text: String) {
        #expect(throws: JSONError.malformed) { try JSON.parse(Array(text.utf8)) }
    }

    @Test func `names that stand twice are found after unescaping and at any depth`() {
        for text in [#"{"a":1,"a":1}"#, #"[{"x":{"a":1,"\u0061":2}}]"#, "{" + (0..<40).map { #""k\#($0 % 39)":0"# }.joined(separator: ",") + "}"] {
            #expect(throws: JSONError.duplicateMember) { try JSON.parse(Array(text.utf8)) }
        }
        #expect(throws: Never.self) { try JSON.parse(Array("{\"é\":1,\"e\u{301}\":1}".utf8)) }
    }

    @Test func `strings that are not text are told apart`() {
        for bytes in [
            Array(#""\u0000""#.utf8), Array(#""\ud800""#.utf8), Array(#""\ud800\u0041""#.utf8), [0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xC0, 0x80, 0x22],
        ] {
            #expect(throws: JSONError.invalidText) { try JSON.parse(bytes) }
        }
    }

    @Test func `depth is bounded`() {
        func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
        #expect(throws: Never.self) { try JSON.parse(nested(64)) }
        #expect(throws: JSONError.tooDeep) { try JSON.parse(nested(65)) }
        #expect(throws: JSONError.self) { try JSON.parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
    }

    @Test func `integers are integers`() throws {
        #expect(try JSON.parse(Array("10".utf8)).integer == 10)
        for text in ["1.0", "1e1", "1000000000000000000000000000000", "\"1\""] { #expect(try JSON.parse(Array(text.utf8)).integer == nil) }
    }

    @Test func `long strings with escapes at every offset read as Foundation reads them`() throws {
        for length in 0..<70 {
            let text = String(repeating: "a", count: length) + "\"\\\n文" + String(repeating: "b", count: 70 - length)
            let encoded = try JSONEncoder().encode([text])
            #expect(try JSON.parse(Array(encoded)).array?.first?.string == text)
        }
    }

    @Test func `flipped bytes never crash the decoders`() {
        let seed: UInt64 = 0x5107
        var random = Seeded(state: seed)
        let samples = [
            Sample.document(#"{"text":"größer \u00e4","title":"t","metadata":{"a":[1,{"b":null}],"tags":["x"]},"expiresAt":"2026-01-01T00:00:00.5Z"}"#).with(
                "sequence", "12"),
            Sample.permissions(#"{"allow":["user:alice","group:okta/x"],"deny":[],"parent":"p"}"#), Sample.group(#"{"members":["user:alice"]}"#),
            Sample.query(#"{"asker":{"user":"user:a","groups":[]},"text":"x","limit":3,"filter":{"tags":["x"]},"minimumPositions":[]}"#),
        ]
        let decoder = QueryDecoder(trust: .named, supported: .all)
        for round in 0..<10_000 {
            let sample = samples[round % samples.count]
            let record = round / samples.count % 2 == 0 ? sample.binary : sample.structured
            var value = record.value ?? []
            var key = record.key ?? []
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                value[Int.random(in: value.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if round % 7 == 0 { key[Int.random(in: key.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random) }
            if round % 11 == 0 { value.removeLast(Int.random(in: 0..<value.count, using: &random)) }
            let changed = InboundRecord(position: record.position, timestampMilliseconds: 0, key: key, value: value, headers: record.headers)
            _ = EventDecoder.decode(changed, on: sample.topic) { _ in true }
            _ = decoder.decode(changed, on: InputTopicName(.queries)) { _ in true }
        }
    }

    @Test(.enabled(if: naughtyStrings != nil, "the public list of hostile strings is not at hand"))
    func `hostile strings come through as they are`() throws {
        for text in naughtyStrings ?? [] {
            var json = JSONWriter()
            json.object { $0.member("text", text) }
            #expect(try JSON.parse(json.bytes)["text"]?.string.map { Array($0.utf8) } == Array(text.utf8))
            guard let subject = Subject(text) else { continue }
            let key = RecordKey(tenant: tenant(), source: SourceName("wiki")!, subject: subject)
            #expect(RecordKey(parsing: key.bytes) == key)
        }
    }
}

/// The list beside the repository, where there is one.
let naughtyStrings: [String]? = {
    let file = root.deletingLastPathComponent().appending(path: "shared/data/naughty-strings.json")
    return (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode([String].self, from: $0) }
}()
