import Contract
import Testing

@testable import sluice

@Suite struct `Asking` {
    @Test func `a question arrives as it was asked`() throws {
        let question = Question(
            tenant: try #require(TenantID("acme")), text: "how \"long\"?",
            asker: .named(user: try #require(Principal("user:alice")), groups: [try #require(Principal("group:okta/x"))]), mode: .lexical, limit: 7)
        let expires = try #require(Timestamp(rfc3339: "2026-03-01T09:00:00Z"))
        let record = question.record(id: "q1", expires: expires)
        let inbound = InboundRecord(
            position: RecordPosition(topic: record.topic, partition: 0, offset: 0), timestampMilliseconds: 0, key: record.key, value: record.value,
            headers: record.headers)
        let topic = try #require(InputTopicName(record.topic))
        guard case .query(let query) = QueryDecoder(trust: .named, supported: []).decode(inbound, on: topic, isRegistered: { _ in true }) else {
            throw ClientError("no query")
        }
        #expect(query.text == question.text)
        #expect(query.mode == .lexical)
        #expect(query.limit == 7)
        #expect(query.asker == question.asker)
        #expect(query.envelope.expires == expires)
        #expect(query.envelope.key.id == "q1")
    }

    private static let result = """
        {"status": "ok", "mode": "hybrid", "generation": "g1", "truncated": false,
         "hits": [{"rank": 1, "source": "wiki", "document": "leave", "title": "Leave policy", "uri": "https://wiki.example/leave",
                   "text": "Parental\\u001b[31m leave\\n is of fourteen weeks for every parent, whoever they are.", "span": {"start": 120, "end": 480},
                   "headings": ["Leave policy", "Parental leave"], "page": null, "foundBy": ["vector"], "language": "en", "mediaType": "text/html",
                   "metadata": {}, "receipt": {"textDigest": "sha-256:0123456789abcdef", "contentVersion": "7", "permissionsVersion": "@0/3",
                   "position": {"topic": "sluice.documents", "partition": 2, "offset": 41}}}]}
        """

    @Test func `an answer is read to people with its receipt, and moves no cursor`() throws {
        let reply = try #require(QueryReply(value: Array(Self.result.utf8), elapsed: .zero))
        #expect(
            AnswerText.render(reply.hits, truncated: false, width: 50) == """
                [1] Leave policy › Parental leave
                    wiki/leave
                    Parental [31m leave is of fourteen weeks for
                    every parent, whoever they are.
                    bytes 120–480 of sha-256:0123456789ab…, content 7, permissions @0/3
                    https://wiki.example/leave

                """)
    }

    @Test func `no hits and errors are told apart`() throws {
        #expect(AnswerText.render([], truncated: false, width: 80) == "nothing that this asker may see matches\n")
        let error = #"{"status": "invalid", "error": {"code": "too_many_groups", "message": "asker names more than 1,000 groups"}}"#
        let reply = try #require(QueryReply(value: Array(error.utf8), elapsed: .zero))
        #expect(reply.outcome == .error(status: "invalid", code: "too_many_groups", message: "asker names more than 1,000 groups"))
        #expect(reply.hits.isEmpty)
        #expect(QueryReply(value: [], elapsed: .zero) == nil)
        #expect(QueryReply(value: Array("[]".utf8), elapsed: .zero) == nil)
    }

    @Test func `lines break at spaces, and wide or long words anywhere`() {
        #expect(wrap("the quick brown fox jumps over", width: 20) == ["the quick brown fox", "jumps over"])
        #expect(wrap(String(repeating: "育", count: 11), width: 20) == [String(repeating: "育", count: 10), "育"])
        #expect(wrap("a " + String(repeating: "x", count: 25), width: 20) == ["a", String(repeating: "x", count: 20), "xxxxx"])
        #expect(wrap("", width: 20) == [])
        #expect(printable("a\u{202E}b \t\r\n c\u{7}") == "a b c")
    }

    @Test func `numbers and durations read well`() {
        #expect(decimal(1.05, places: 1) == "1.1")
        #expect(decimal(12.0, places: 0) == "12")
        #expect(decimal(0.004, places: 2) == "0.00")
        #expect(decimal(-1.5, places: 1) == "-1.5")
        #expect(decimal(.infinity, places: 1) == "–")
        #expect(shortText(.microseconds(8400)) == "8.4 ms")
        #expect(shortText(.milliseconds(1230)) == "1.23 s")
        let sorted = (1...20).map { Duration.milliseconds($0) }
        #expect(percentile(50, of: sorted) == .milliseconds(10))
        #expect(percentile(95, of: sorted) == .milliseconds(19))
        #expect(percentile(95, of: [.milliseconds(3)]) == .milliseconds(3))
        #expect(percentile(50, of: []) == .zero)
    }

    @Test(arguments: [("0.8", true), ("0.8.5", true), ("0.10.1", true), ("1.0", true), ("0.7.4", false), ("0", false), ("0.8beta", true)])
    func `versions compare by their numbers`(version: String, isEnough: Bool) {
        #expect(isVersion(version, atLeast: [0, 8]) == isEnough)
    }
}
