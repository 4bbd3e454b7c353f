import Contract
import Testing

struct PayloadTests {
    @Test(arguments: [
        "{", #"{"text": }"#, "[1,2]", "7", #""text""#, #"{"text": 7}"#, #"{"title": "neither"}"#, #"{"base64": "%%%"}"#, #"{"text":"a","base64":"eA=="}"#,
        #"{"text":"x","container":""}"#, #"{"text":"x","expiresAt":"tomorrow"}"#, #"{"text":"x","modifiedAt":7}"#, #"{"text":"x","metadata":[]}"#,
        #"{"text":"x","metadata":{"n":1e400000}}"#, #"{"text":"x","title":["x"]}"#, #"{"text":"x","text":"x"}"#, #"{"text":"x","y":{"a":1,"\u0061":1}}"#, "",
        #"{"base64":"eA="}"#, #"{"base64":"eB=="}"#, #"{"base64":"e A="}"#, #"{"text":null}"#,
    ])
    func `malformed documents`(data: String) {
        #expect(Sample.document(data).code == .malformedData)
    }

    @Test(arguments: ["text", "title", "uri", "container", "language", "mediaType"])
    func `NUL and lone surrogates are invalid text`(field: String) {
        for bad in [#"a\u0000b"#, #"a \ud800 b"#, #"\udc00\ud800"#] {
            let sample = Sample.document(#"{"text":"x","\#(field)":"\#(bad)"}"#.replacing(#""text":"x","text""#, with: #""text""#))
            #expect(sample.code == .invalidText && sample.structuredCode == .invalidText)
        }
        #expect(Sample.document(#"{"text":"x","metadata":{"a":[{"b":"\u0000"}]}}"#).code == .invalidText)
        #expect(Sample.document(#"{"text":"x","metadata":{"\u0000":1}}"#).code == .invalidText)
        #expect(Sample.document(#"{"text":"x","unknown":"\u0000"}"#).event != nil)
        #expect(Sample(value: Array(#"{"text":""#.utf8) + [0xFF] + Array(#""}"#.utf8)).code == .invalidText)
    }

    @Test func `a rejected document's container counts where its data could be read`() throws {
        func facts(_ data: String) -> DocumentFacts? { Sample.document(data).rejected?.documentFacts }
        let box = DocumentFacts(container: Subject("his"), expiresAt: nil)
        #expect(facts(#"{"text":"a\u0000b","container":"his"}"#) == box)
        #expect(facts(#"{"container":"his"}"#) == box)
        #expect(facts(#"{"text":7}"#) == DocumentFacts(container: nil, expiresAt: nil))
        #expect(facts(#"{"text":"x","container":7}"#) == nil)
        #expect(facts(#"{"text":7,"text":8,"container":"his"}"#) == nil)
        #expect(facts("{") == nil)
        #expect(Sample.document(#"{"text":"x","container":"his"}"#).with("id", nil).rejected?.documentFacts == box)
        #expect(Sample.document(#"{"text":"x","container":"his"}"#).with("type", "x").rejected?.documentFacts == nil)
    }

    @Test func `a whole document`() throws {
        let data = """
            {"mediaType":"text/html","text":"<h1>Leave</h1>","title":"Leave — “policy”","uri":"https://wiki.example/é","container":"hr-space","language":"en",
             "modifiedAt":"2026-03-01T09:00:00Z","expiresAt":"2027-03-01T00:00:00+00:00","metadata":{"department":"hr","tags":["policy",7,"leave"],"n":1.50}}
            """
        guard case .documentUpserted(let document)? = Sample.document(data).event?.payload else { throw Unexpected() }
        #expect(document.title == "Leave — “policy”" && document.mediaType == "text/html" && document.language == "en")
        #expect(document.facts.container == Subject("hr-space"))
        #expect(document.facts.expiresAt?.rfc3339 == "2027-03-01T00:00:00Z" && document.modifiedAt?.rfc3339 == "2026-03-01T09:00:00Z")
        #expect(document.metadata.tags == ["policy", "leave"])
        #expect(String(decoding: document.metadata.json, as: UTF8.self) == #"{"department":"hr","tags":["policy",7,"leave"],"n":1.50}"#)
    }

    @Test func `content by value, by base64, by reference`() throws {
        func content(_ sample: Sample) -> DocumentUpserted.Content? {
            if case .documentUpserted(let document)? = sample.event?.payload { document.content } else { nil }
        }
        #expect(content(.document(#"{"text":""}"#)) == .text([]))
        #expect(content(.document(#"{"base64":""}"#)) == .bytes([]))
        #expect(content(.document(#"{"base64":"AP8="}"#)) == .bytes([0, 0xFF]))
        #expect(content(.document(#"{"base64":"/+8A"}"#)) == .bytes([0xFF, 0xEF, 0]))
        #expect(content(Sample.document("{}").with("dataref", "https://x/y")) == .reference("https://x/y"))
        #expect(content(Sample.document(#"{"text":"x"}"#).with("dataref", "https://x/y")) == .text([0x78]))
        #expect(content(.document(#"{"text":"x","title":null,"container":null,"metadata":null}"#)) == .text([0x78]))
    }

    @Test func `limits of a document's fields`() {
        func padded(_ field: String, _ count: Int) -> Sample { .document(#"{"text":"x","\#(field)":"\#(String(repeating: "x", count: count))"}"#) }
        for (field, limit) in [("title", 8192), ("uri", 8192), ("language", 255), ("mediaType", 255)] {
            #expect(padded(field, limit).event != nil)
            #expect(padded(field, limit + 1).code == .tooLarge)
        }
        #expect(padded("container", 1025).code == .malformedData)
        #expect(Sample.document(#"{"text":"x","metadata":{"a":"\#(String(repeating: "x", count: 65_536))"}}"#).code == .tooLarge)
    }

    @Test(arguments: [
        #"{"allow": "user:alice"}"#, #"{"allow": [7]}"#, #"{"deny": {"user:a": 1}, "allow": []}"#, "[]", #"{"parent": 3}"#, "{}", #"{"other": []}"#,
        #"{"allow":["alice"]}"#, #"{"allow":["group:staff"]}"#, #"{"allow":["user:"]}"#, #"{"allow":["group:a b/x"]}"#, #"{"allow":["Everyone"]}"#,
        #"{"allow":null,"parent":"x"}"#, #"{"allow":[],"parent":null}"#, #"{"allow":["everyone"],"allow":[]}"#, #"{"allow":[],"\u0061llow":["everyone"]}"#,
    ])
    func `malformed entries`(data: String) {
        let sample = Sample.permissions(data)
        #expect(sample.code == .malformedData && sample.structuredCode == .malformedData)
    }

    @Test func `entries`() throws {
        func entry(_ data: String) -> PermissionsChanged? {
            if case .permissionsChanged(let entry)? = Sample.permissions(data).event?.payload { entry } else { nil }
        }
        let alice = try #require(Principal("user:alice"))
        #expect(entry(#"{"allow":["user:alice"]}"#) == PermissionsChanged(list: AccessList(allow: [alice]), parent: nil))
        #expect(entry(#"{"deny":["user:alice"]}"#) == PermissionsChanged(list: AccessList(allow: [], deny: [alice]), parent: nil))
        #expect(entry(#"{"parent":"up"}"#) == PermissionsChanged(list: nil, parent: Subject("up")))
        #expect(entry(#"{"allow":[],"parent":"up"}"#) == PermissionsChanged(list: AccessList(allow: []), parent: Subject("up")))
    }

    @Test func `a list names up to 10,000 principals`() {
        func list(_ count: Int) -> String { "[" + Array(repeating: #""everyone""#, count: count).joined(separator: ",") + "]" }
        #expect(Sample.permissions(#"{"allow":\#(list(10_000))}"#).event != nil)
        #expect(Sample.permissions(#"{"allow":\#(list(10_001))}"#).code == .tooLarge)
        #expect(Sample.permissions(#"{"allow":[],"deny":\#(list(10_001))}"#).code == .tooLarge)
        #expect(Sample.group(#"{"members":\#(list(10_001))}"#).code == .tooLarge)
    }

    @Test func `groups`() {
        for bad in ["{}", #"{"members": "user:alice"}"#, #"{"members": [null]}"#, #"{"members":null}"#] { #expect(Sample.group(bad).code == .malformedData) }
        #expect(Sample.group(#"{"members":[]}"#).event != nil)
        let decomposed = Sample.group(#"{"members":[]}"#).with("subject", nil).keyed("acme/wiki/cafe%CC%81")
        #expect(decomposed.code == .malformedEnvelope)
        #expect(Sample.group(#"{"members":[]}"#).with("subject", nil).keyed("acme/wiki/caf%C3%A9").event != nil)
    }

    @Test func `deletions need no data`() {
        for data in ["", "{}", "null"] { #expect(Sample.document(data).with("type", EventType.documentDeleted.rawValue).decoded().event != nil) }
        #expect(Sample.document("[]").with("type", EventType.documentDeleted.rawValue).code == .malformedData)
    }

    @Test func `principals are composed, bounded and never trimmed`() {
        #expect(Principal("user:Ame\u{301}lie") == Principal("user:Amélie"))
        #expect(Principal("user:amélie") != Principal("user:Amélie"))
        #expect(Principal("user: x")?.text == "user: x")
        #expect(Principal("user:" + String(repeating: "x", count: 507)) != nil)
        #expect(Principal("user:" + String(repeating: "x", count: 508)) == nil)
        #expect(Principal("group:s/" + String(repeating: "x", count: 505)) == nil)
        #expect(Principal("group:okta/a/b")?.kind == .group)
        for bad in ["", "user:", "group:okta/", "group:/x", "group:x", "everyone ", "role:x"] { #expect(Principal(bad) == nil) }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59.5Z", 951_868_799_500_000), ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-03-01T01:00:00+01:00", 1_772_323_200_000_000), ("2026-03-01t00:00:00.1234567z", 1_772_323_200_123_456),
        ("0000-03-01T00:00:00Z", -62_162_035_200_000_000),
    ])
    func `times are read`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microsecondsSinceEpoch == microseconds)
        let time = Timestamp(microsecondsSinceEpoch: microseconds)
        #expect(Timestamp(rfc3339: time.rfc3339) == time)
    }

    @Test(arguments: [
        "", "yesterday", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Zx", "+026-01-01T00:00:00Z",
    ])
    func `what is no time is not read`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
