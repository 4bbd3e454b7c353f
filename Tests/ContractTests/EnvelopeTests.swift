import Contract
import Testing

struct EnvelopeTests {
    @Test func `both modes give the same event`() throws {
        let sample = Sample.document().with("sequence", "007").with("traceparent", "00-a-b-01").with("tracestate", "v=1")
        for record in [sample.binary, sample.structured] {
            let event = try #require(sample.decoded(record).event)
            #expect(event.key.description == "acme/wiki/leave")
            #expect(event.id == "e1")
            #expect(event.sequence == SequenceNumber(7))
            #expect(event.trace == TraceContext(traceparent: "00-a-b-01", tracestate: "v=1"))
            guard case .documentUpserted(let document) = event.payload else { throw Unexpected() }
            #expect(document.content == .text([0x78]))
        }
    }

    @Test(arguments: [
        "acme/wiki/", "acme//d", "/wiki/d", "acme/wiki", "acme/wiki/d/e", "d", "", "acme/wiki/%zz", "acme/wiki/%e4", "acme/wiki/%", "acme/wiki/%64",
        "acme/wiki/a%2fb", "acme/wiki/a b", "acme/wiki/ä", "acme/wiki/a+b", "ACME/wiki/d", "-acme/wiki/d", "acme_/wiki/d", "acme/a%20b/d", "acme/wiki/%E4",
        String(repeating: "t", count: 64) + "/wiki/d", "acme/" + String(repeating: "x", count: 65) + "/d", "acme/wiki/" + String(repeating: "d", count: 1025),
    ])
    func `a key out of form is a malformed envelope`(key: String) throws {
        let bare = Sample.document().with("subject", nil).with("tenant", nil).with("source", nil).keyed(key)
        let rejected = try #require(bare.rejected)
        #expect(rejected.rejection.code == .malformedEnvelope)
        #expect(rejected.key == nil && rejected.changesNothing)
    }

    @Test func `a key that is not UTF-8, or none, is a malformed envelope`() {
        var sample = Sample.document()
        sample.key = [0xFF, 0x2F, 0xFE, 0x2F, 0x64]
        #expect(sample.code == .malformedEnvelope)
        sample.key = nil
        #expect(sample.code == .malformedEnvelope)
    }

    @Test func `a subject with U+0000 is invalid text, and its tenant hears of it`() throws {
        let rejected = try #require(Sample.document().keyed("acme/wiki/a%00b").rejected)
        #expect(rejected.rejection.code == .invalidText)
        #expect(rejected.tenant == tenant())
    }

    @Test(arguments: ["id", "type", "specversion"])
    func `a required attribute may not be missing`(name: String) {
        let sample = Sample.document().with(name, nil)
        #expect(sample.code == .malformedEnvelope && sample.structuredCode == .malformedEnvelope)
        #expect(sample.rejected?.id == (name == "id" ? nil : "e1"))
    }

    @Test(arguments: ["tenant", "source", "subject"])
    func `what is absent is taken from the key, and what is there must agree`(name: String) {
        #expect(Sample.document().with(name, nil).event?.key.description == "acme/wiki/leave")
        let other = Sample.document().with(name, "other")
        #expect(other.code == .keyMismatch && other.structuredCode == .keyMismatch)
        #expect(other.rejected?.key?.description == "acme/wiki/leave")
    }

    @Test(arguments: ["1234567890123456789", "-1", "+1", "1e3", "1.0", " 1", "0x10", "abc", "١", ""])
    func `a sequence out of form is a malformed envelope`(sequence: String) {
        let sample = Sample.document().with("sequence", sequence)
        #expect(sample.code == .malformedEnvelope && sample.structuredCode == .malformedEnvelope)
        #expect(sample.rejected?.sequence == nil)
    }

    @Test func `a structured sequence may be a number`() throws {
        let value = #"{"specversion":"1.0","id":"e","type":"io.sluice.document.deleted.v1","source":"wiki","sequence":7}"#
        #expect(Sample().decoded(Sample().structured(Array(value.utf8))).event?.sequence == SequenceNumber(7))
    }

    @Test(arguments: [
        "{", "[]", "null", "\u{FF}", #"{"specversion":"1.0"}"#, #"{"specversion":1.0,"id":"x","type":7,"source":"s","data":{}}"#, "",
        #"{"specversion":"1.0","id":"x","type":"io.sluice.document.upserted.v1","source":"wiki","data":{"text":"x"},"data_base64":""}"#,
    ])
    func `a broken structured event is a malformed envelope`(value: String) {
        #expect(Sample().decoded(Sample().structured(Array(value.utf8))).rejected?.rejection.code == .malformedEnvelope)
    }

    @Test func `structured data may be base64`() {
        let value = #"{"specversion":"1.0","id":"e","type":"io.sluice.document.upserted.v1","source":"wiki","data_base64":"eyJ0ZXh0IjoieCJ9"}"#
        #expect(Sample().decoded(Sample().structured(Array(value.utf8))).event != nil)
    }

    @Test func `a record without headers is a malformed envelope`() {
        var sample = Sample.document()
        sample.attributes = []
        #expect(sample.code == .malformedEnvelope)
        #expect(Sample.document().with("specversion", "0.3").code == .malformedEnvelope)
        #expect(Sample.document().with(header: "content-type", Array("application/cloudevents-batch+json".utf8)).code == .malformedEnvelope)
    }

    @Test(arguments: ["tenant", "source", "subject", "type", "specversion", "sequence", "futureattribute", "id"])
    func `a header that stands twice with different values is a malformed envelope`(name: String) {
        let sample = Sample.document().with("sequence", "1").with("futureattribute", "a")
        #expect(sample.with(header: "ce_\(name)", Array("other".utf8)).code == .malformedEnvelope)
        #expect(sample.with(header: "ce_\(name)", Array(sample[name]!.utf8)).event != nil)
    }

    @Test func `many headers are compared too`() {
        let many = (0..<100).reduce(Sample.document()) { $0.with(header: "ce_x\($1)", [1]) }
        #expect(many.event != nil)
        #expect(many.with(header: "ce_x50", [2]).code == .malformedEnvelope)
        #expect(many.with(header: "ce_x50", nil).code == .malformedEnvelope)
    }

    @Test func `unknown attributes and fields are ignored`() {
        let sample = Sample.document(#"{"text":"x","futurefield":[null,{"x":1}]}"#).with("futureattribute", "x")
        #expect(sample.with(header: "x-other", [0xFF, 0]).with(header: "x-null", nil).with(header: "ce_y", [0xFF]).event != nil)
    }

    @Test(arguments: ["io.sluice.document.exploded.v1", "io.sluice.document.upserted.v2", "io.sluice.permissions.changed.v1", "x"])
    func `an unknown type is rejected, also that of another topic`(type: String) {
        let sample = Sample.document().with("type", type)
        #expect(sample.code == .unknownType && sample.structuredCode == .unknownType)
        #expect(Sample.permissions("{}").with("type", EventType.documentUpserted.rawValue).code == .unknownType)
    }

    @Test func `an unregistered tenant changes nothing`() {
        let ghost = Sample.permissions("{}").with("tenant", nil).keyed("ghost/wiki/d")
        #expect(ghost.code == .unknownTenant && ghost.rejected?.changesNothing == true)
        #expect(Sample.tombstone().keyed("ghost/wiki/d").code == .unknownTenant)
    }

    @Test func `a tenant's own topic refuses another's key, changing nothing`() {
        let own = InputTopicName(.documents, tenant: tenant())
        #expect(Sample.document().on(own).event != nil)
        for sample in [Sample.document().keyed("other/wiki/d"), Sample.tombstone().keyed("other/wiki/d")] {
            let rejected = sample.on(own).rejected
            #expect(rejected?.rejection.code == .keyMismatch && rejected?.changesNothing == true && rejected?.tenant == tenant("other"))
        }
    }

    @Test func `a tombstone may carry an id and a sequence, and must agree with its key`() throws {
        let bare = try #require(Sample.tombstone().event)
        #expect(bare.id == nil && bare.sequence == nil && bare.payload.isDeletion)
        let full = try #require(Sample.tombstone(.permissions).with("id", "t").with("sequence", "9").event)
        #expect(full.id == "t" && full.sequence == SequenceNumber(9))
        #expect(Sample.tombstone().with("subject", "e").with("sequence", "9").code == .keyMismatch)
        #expect(Sample.tombstone().with("sequence", "-9").code == .malformedEnvelope)
        #expect(Sample.tombstone().with("sequence", "1").with(header: "ce_sequence", [0x32]).code == .malformedEnvelope)
    }

    @Test func `a rejected record still says whose it was and which version`() throws {
        let rejected = try #require(Sample.permissions(#"{"allow":7}"#).with("sequence", "9").rejected)
        #expect(rejected.rejection.code == .malformedData && !rejected.changesNothing)
        #expect(rejected.key?.description == "acme/wiki/leave" && rejected.sequence == SequenceNumber(9) && rejected.id == "e1")
    }

    @Test func `keys read back as they were written`() {
        for name in ["a/b", "a%2Fb", "ünï/çødé 文", "100%", "%", "a b", "~._-", "../../etc", "😀", "\"'\\", "A", "\u{1}", "e\u{301}"] {
            let key = RecordKey(tenant: tenant(), source: SourceName("wiki")!, subject: Subject(name)!)
            #expect(RecordKey(parsing: key.bytes) == key)
        }
        #expect(Subject("é") != Subject("e\u{301}"))
    }

    @Test func `topic names`() {
        #expect(InputTopicName("sluice.documents") == InputTopicName(.documents))
        #expect(InputTopicName("sluice.queries.acme") == InputTopicName(.queries, tenant: tenant()))
        for name in ["sluice.documents.", "sluice.documents.A", "sluice.dlq", "sluice.redrive.acme", "sluice.documentsacme", "sluice.results.acme"] {
            #expect(InputTopicName(name) == nil)
        }
        #expect(Topics.results(of: tenant()) == "sluice.results.acme" && Topics.status(of: tenant()) == "sluice.status.acme")
    }
}

struct Unexpected: Error {}
