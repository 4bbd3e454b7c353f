import Contract
import Testing

struct QueryTests {
    private func decode(_ sample: Sample, supported: QueryFeatures = .all, trust: AskerTrust = .named, structured: Bool = false) -> DecodedQuery {
        QueryDecoder(trust: trust, supported: supported).decode(structured ? sample.structured : sample.binary, on: sample.topic) { $0.text != "ghost" }
    }

    private func error(_ data: String, supported: QueryFeatures = .all, trust: AskerTrust = .named, type: EventType = .query) -> QueryError? {
        decode(.query(data, type: type), supported: supported, trust: trust).error
    }

    private func asked(_ options: String = "") -> String { #"{"asker":{"user":"user:alice","groups":["group:okta/x"]},"text":"how long"\#(options)}"# }

    @Test func `a query with its defaults, in both modes`() throws {
        for structured in [false, true] {
            guard case .query(let query) = decode(.query(asked()).with("expirytime", "2026-01-01T00:00:00Z").with("replytopic", "r"), structured: structured)
            else { throw Unexpected() }
            #expect(query.envelope.key == QueryKey(tenant: tenant(), source: "portal", id: "q1"))
            #expect(query.envelope.expires?.rfc3339 == "2026-01-01T00:00:00Z" && query.envelope.replyTopic == "r")
            #expect(query.limit == 10 && query.mode == .hybrid && query.features == [] && query.text == "how long")
            #expect(query.asker == .named(user: Principal("user:alice")!, groups: [Principal("group:okta/x")!]))
        }
    }

    @Test func `a query with everything`() throws {
        let options = """
            ,"limit":100,"mode":"lexical","filter":{"source":["wiki"],"container":[],"tags":["a"],"modifiedAfter":"2026-01-01T00:00:00Z","metadata":{"department":["hr",7,true]}},
            "perDocument":3,"neighbours":1,"collapseDuplicates":true,"context":{"maxTokens":1500},"minimumPositions":[{"topic":"sluice.permissions.acme","partition":0,"offset":41}]
            """
        guard case .query(let query) = decode(.query(asked(options))) else { throw Unexpected() }
        #expect(query.features == .all && query.limit == 100 && query.mode == .lexical && query.perDocument == 3 && query.contextMaxTokens == 1500)
        #expect(query.filter?.container == [] && query.filter?.metadata == [.init(name: "department", values: [.string("hr"), .number("7"), .bool(true)])])
        #expect(query.minimumPositions == [RecordPosition(topic: "sluice.permissions.acme", partition: 0, offset: 41)])
    }

    @Test(arguments: [
        #""limit":0"#, #""limit":101"#, #""limit":-1"#, #""limit":"10""#, #""limit":1000000000000000000000000000000"#, #""limit":1.5"#, #""mode":"psychic""#,
        #""mode":"""#, #""mode":7"#,
        #""filter":"x""#, #""filter":{"source":"x"}"#, #""filter":{"colour":["x"]}"#, #""filter":{"source":["a"],"Tags":["x"]}"#,
        #""filter":{"modifiedAfter":"yesterday"}"#,
        #""perDocument":0"#, #""perDocument":"x""#, #""minimumPositions":3"#, #""minimumPositions":[{}]"#, #""neighbours":-1"#, #""neighbours":11"#,
        #""neighbours":1.5"#,
        #""minimumPositions":[{"topic":"sluice.queries","partition":0,"offset":1}]"#,
        #""minimumPositions":[{"topic":"sluice.documents.other","partition":0,"offset":1}]"#,
        #""context":{}"#, #""collapseDuplicates":1"#, #""text":"b""#,
    ])
    func `options out of form are invalid`(option: String) {
        #expect(error(asked("," + option))?.status == .invalid)
    }

    @Test func `options that are not supported are invalid, their defaults are not`() {
        for option in [#""filter":{"tags":[]}"#, #""perDocument":1"#, #""neighbours":1"#, #""collapseDuplicates":true"#, #""context":{"maxTokens":9}"#] {
            #expect(error(asked("," + option), supported: []) == .unsupportedOption)
            #expect(error(asked("," + option)) == nil)
        }
        #expect(
            error(asked(#","filter":{},"neighbours":0,"collapseDuplicates":false,"minimumPositions":[],"perDocument":null,"futureoption":true"#), supported: [])
                == nil)
    }

    @Test(arguments: ["{", "", "[]", "null", "7", #"{"asker":{"user":"user:x"},"text":"a","text":"b"}"#])
    func `data that cannot be read is invalid`(data: String) {
        #expect(error(data) == .malformedData)
    }

    @Test func `a text is needed`() {
        for data in [
            #"{"asker":{"user":"user:a"}}"#, #"{"asker":{"user":"user:a"},"text":7}"#, #"{"asker":{"user":"user:a"},"text":""}"#,
            #"{"asker":{"user":"user:a"},"text":"\u0000"}"#,
        ] {
            #expect(error(data)?.status == .invalid)
        }
    }

    @Test(arguments: [
        "[]", #""x""#, "7", #"{"user":7}"#, #"{"user":""}"#, #"{"user":null,"groups":[]}"#, #"{"user":null}"#, #"{"groups":["everyone"]}"#,
        #"{"user":"alice"}"#, #"{"user":"everyone"}"#,
        #"{"user":"user:a","groups":"everyone"}"#, #"{"user":"user:a","groups":[7]}"#, #"{"user":"user:a","token":"a.b.c"}"#,
        #"{"token":"a.b.c","user":"user:a","groups":[]}"#,
        #"{"user":"user:a","groups":["staff"]}"#, #"{"user":"user:a","groups":["group:staff"]}"#, #"{"user":"user:a","groups":["group:a b/staff"]}"#,
        #"{"user":"user:a","groups":["user:a"]}"#, #"{"user":"user:"}"#, #"{"user":"user:\u0000"}"#, #"{"token":7}"#, #"{"groups":[],"token":"x"}"#,
    ])
    func `askers out of form are invalid`(asker: String) {
        for trust in [AskerTrust.named, .tokens] { #expect(error(#"{"asker":\#(asker),"text":"x"}"#, trust: trust) == .invalidAsker) }
    }

    @Test func `askers without a credential that counts are unauthenticated`() {
        for asker in ["{}", "null", #"{"token":""}"#, #"{"token":null}"#, #"{"token":"a.b.c"}"#] {
            #expect(error(#"{"asker":\#(asker),"text":"x"}"#)?.status == .unauthenticated)
        }
        #expect(error(#"{"text":"x"}"#) == .missingCredential)
        #expect(error(asked(), trust: .tokens) == .askerNotTrusted)
        #expect(error(#"{"asker":{"token":"a.b.c"},"text":"x"}"#, trust: .tokens) == nil)
    }

    @Test func `an asker names up to 1,000 groups`() {
        func asker(_ count: Int) -> String {
            #"{"asker":{"user":"user:a","groups":["# + (0..<count).map { #""group:s/\#($0)""# }.joined(separator: ",") + #"]},"text":"x"}"#
        }
        #expect(error(asker(1000)) == nil)
        #expect(error(asker(1001)) == .tooManyGroups)
    }

    @Test(arguments: [
        ("specversion", nil), ("specversion", "2.0"), ("type", nil), ("type", "io.sluice.query.v9"), ("source", "a b"), ("source", nil), ("expirytime", "soon"),
    ])
    func `a query that can be named is answered`(attribute: String, value: String?) {
        #expect(decode(Sample.query(asked()).with(attribute, value)).error?.status == .invalid)
    }

    @Test func `a query that cannot be named is dead-lettered`() {
        #expect(decode(Sample.query(asked()).with("id", nil)).deadLetter == .malformedEnvelope)
        #expect(decode(Sample.query(asked()).with("tenant", nil)).deadLetter == .malformedEnvelope)
        #expect(decode(Sample.query(asked()).with("tenant", "No Name")).deadLetter == .malformedEnvelope)
        #expect(decode(Sample.query(asked()).with("tenant", "ghost")).deadLetter == .unknownTenant)
        #expect(decode(Sample.query(asked()).on(InputTopicName(.queries, tenant: tenant("other")))).deadLetter == .keyMismatch)
        #expect(decode(Sample.query(asked()).with(header: "ce_id", [0x32])).deadLetter == .malformedEnvelope)
    }

    @Test func `an access check answers in the order asked`() throws {
        let data = #"{"asker":{"user":"user:a"},"documents":[{"source":"wiki","document":"b"},{"source":"","document":""},{"source":"wiki","document":"b"}]}"#
        guard case .accessCheck(let check) = decode(.query(data, type: .accessCheck)) else { throw Unexpected() }
        #expect(check.documents.map { $0?.description } == ["acme/wiki/b", nil, "acme/wiki/b"])
        for documents in ["", #","documents":"yes""#, #","documents":[{"source":"wiki"}]"#, #","documents":[7]"#] {
            #expect(error(#"{"asker":{"user":"user:a"}\#(documents)}"#, type: .accessCheck) == .invalidDocuments)
        }
    }

    @Test func `no error repeats the question`() {
        for error in QueryError.allCases { #expect(error.status != .ok && !error.message.isEmpty) }
        #expect(Set(QueryError.allCases.map(\.status)).union([.ok]) == Set(QueryStatus.allCases))
    }

    @Test func `two queries never share their key's bytes`() {
        let keys = [("a", "b/c"), ("a/b", "c"), ("a", "b%2Fc"), ("", "a"), ("e\u{301}", "x"), ("é", "x")].map { QueryKey(tenant: tenant(), source: $0, id: $1) }
        #expect(Set(keys.map(\.bytes)).count == keys.count && Set(keys).count == keys.count)
    }
}

extension DecodedQuery {
    var error: QueryError? { if case .problem(_, let error) = self { error } else { nil } }
    var deadLetter: RejectionCode? { if case .deadLetter(let rejection, _, _) = self { rejection.code } else { nil } }
}
