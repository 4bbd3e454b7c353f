import Contract
import Foundation
import Testing

/// Every file of `topics/`: it declares a topic, and each of its examples is decoded, or written, as it says.
struct TopicFileTests {
    static let files = ((try? FileManager.default.contentsOfDirectory(at: root.appending(path: "topics"), includingPropertiesForKeys: nil)) ?? [])
        .filter { $0.pathExtension == "json" }.map(\.lastPathComponent).sorted()

    private func read(_ file: String) throws -> [UInt8] { try Array(Data(contentsOf: root.appending(path: "topics/\(file)"))) }

    @Test func `there is a file for every topic`() throws {
        let declarations = try Self.files.map { try TopicDeclaration(parsing: read($0)) }
        let written = [Topics.deadLetters, Topics.results(of: tenant()), Topics.status(of: tenant())]
        #expect(Set(declarations.map { $0.name(for: tenant()) }) == Set(InputTopic.allCases.map(\.rawValue) + written))
        for declaration in declarations {
            #expect((Int(declaration.configuration.first { $0.name == "max.message.bytes" }?.value ?? "") ?? 0) >= 8 * 1024 * 1024)
            if let topic = InputTopic(rawValue: declaration.name) { #expect(topic.types == declaration.types) }
            #expect((declaration.cleanup == .compact) == ["sluice.documents", "sluice.permissions", "sluice.memberships"].contains(declaration.name))
        }
    }

    @Test(arguments: Self.files)
    func `every type has a schema, and asyncapi.yaml names it`(file: String) throws {
        let asyncAPI = try String(contentsOf: root.appending(path: "topics/asyncapi.yaml"), encoding: .utf8)
        let declaration = try TopicDeclaration(parsing: read(file))
        let schemas = try #require(JSON.parse(read(file))["schemas"]?.object)
        #expect(schemas.members.map(\.name) == declaration.types.map(\.rawValue))
        #expect(asyncAPI.contains("address: \"\(declaration.name)\""))
        for type in declaration.types { #expect(asyncAPI.contains("./\(file)#/schemas/\(type.rawValue)'")) }
    }

    @Test(arguments: Self.files)
    func `every example decodes to what the file says`(file: String) throws {
        let topic = InputTopicName(try TopicDeclaration(parsing: read(file)).name)
        for example in try JSON.parse(read(file))["examples"]?.array ?? [] {
            let name = try #require(example["name"]?.string)
            let wanted = try #require(example["decodes"])
            if wanted.string != nil {
                let written = try #require(Self.written["\(file): \(name)"], "no record for \(name)")
                #expect(written.key == Array((example["key"]?.string ?? "").utf8) && written.headers == Self.headers(example), "\(name)")
                #expect(try JSON.parse(written.value ?? []) == example["value"], "\(name)")
            } else {
                let record = Self.record(example, on: try #require(topic))
                let came = try JSON.parse(topic?.topic == .queries ? Self.query(record) : Self.event(record, on: try #require(topic)))
                #expect(came.sorted == wanted.sorted, "\(name)")
            }
        }
    }

    // MARK: - Records of examples

    private static func headers(_ example: JSON) -> [RecordHeader] {
        (example["headers"]?.array ?? []).map { RecordHeader($0.array?[0].string ?? "", $0.array?[1].string ?? "") }
    }

    /// A value that is a string is the record's text; anything else is compact JSON.
    private static func record(_ example: JSON, on topic: InputTopicName) -> InboundRecord {
        let value: [UInt8]? =
            switch example["value"] {
            case nil, .null?: nil
            case .string(let text)?: Array(text.utf8)
            case let json?: json.utf8
            }
        return InboundRecord(
            position: position(topic: topic.description), timestampMilliseconds: 0, key: example["key"]?.string.map { Array($0.utf8) }, value: value,
            headers: headers(example))
    }

    // MARK: - What came, as the files say it

    private static func event(_ record: InboundRecord, on topic: InputTopicName) -> [UInt8] {
        var json = JSONWriter()
        switch EventDecoder.decode(record, on: topic, isRegistered: { _ in true }) {
        case .event(let event): json.object { write(event, to: &$0) }
        case .snapshotClosed(let closed):
            json.object {
                $0.member("snapshotClosed", closed.snapshot.text)
                $0.member("source", closed.key.description)
                $0.member("id", closed.id)
                $0.member("count", closed.count)
                $0.member("begunAt", closed.begunAt?.rfc3339)
            }
        case .rejected(let rejected):
            json.object {
                $0.member("rejected", rejected.rejection.code.rawValue)
                $0.member("key", rejected.key?.description)
                $0.member("id", rejected.id)
                $0.member("sequence", rejected.sequence.map { Int($0.value) })
                if let snapshot = rejected.snapshot { $0.member("snapshot", snapshot.text) }
                if let facts = rejected.documentFacts {
                    $0.member("facts") {
                        $0.object {
                            $0.member("container", facts.container?.text)
                            $0.member("expiresAt", facts.expiresAt?.rfc3339)
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    private static func write(_ event: Event, to json: inout JSONWriter) {
        func principals(_ name: String, _ list: [Principal], _ json: inout JSONWriter) { json.member(name) { $0.array(list) { $0.value($1.text) } } }
        let kind =
            switch event.payload {
            case .documentUpserted: "documentUpserted"
            case .documentDeleted: "documentDeleted"
            case .permissionsChanged: "permissionsChanged"
            case .permissionsRemoved: "permissionsRemoved"
            case .groupChanged: "groupChanged"
            case .groupRemoved: "groupRemoved"
            }
        json.member("event", kind)
        json.member("key") {
            $0.object {
                $0.member("tenant", event.key.tenant.text)
                $0.member("source", event.key.source.text)
                $0.member("subject", event.key.subject.text)
            }
        }
        json.member("id", event.id)
        json.member("sequence", event.sequence.map { Int($0.value) })
        if let snapshot = event.snapshot { json.member("snapshot", snapshot.text) }
        switch event.payload {
        case .documentUpserted(let document): json.member("document") { $0.object { write(document, to: &$0) } }
        case .permissionsChanged(let entry):
            json.member("list") { json in
                guard let list = entry.list else { return json.value(nil as String?) }
                json.object {
                    principals("allow", list.allow, &$0)
                    principals("deny", list.deny, &$0)
                }
            }
            json.member("parent", entry.parent?.text)
        case .groupChanged(let group): principals("members", group.members, &json)
        case .documentDeleted, .permissionsRemoved, .groupRemoved: break
        }
    }

    private static func write(_ document: DocumentUpserted, to json: inout JSONWriter) {
        json.member("content") {
            $0.object {
                switch document.content {
                case .text(let text): $0.member("text", String(decoding: text, as: UTF8.self))
                case .bytes(let bytes): $0.member("base64", Data(bytes).base64EncodedString())
                case .reference(let reference): $0.member("reference", reference)
                }
            }
        }
        json.member("mediaType", document.mediaType)
        json.member("title", document.title)
        json.member("uri", document.uri)
        json.member("container", document.facts.container?.text)
        json.member("language", document.language)
        json.member("modifiedAt", document.modifiedAt?.rfc3339)
        json.member("expiresAt", document.facts.expiresAt?.rfc3339)
        json.member("metadata") { $0.value(verbatim: document.metadata.json) }
        json.member("tags") { $0.array(document.metadata.tags) { $0.value($1) } }
    }

    private static func query(_ record: InboundRecord) -> [UInt8] {
        func write(_ kind: String, _ envelope: QueryEnvelope, _ asker: Asker, _ json: inout JSONWriter) {
            json.member(kind) {
                $0.object {
                    $0.member("tenant", envelope.key.tenant.text)
                    $0.member("source", envelope.key.source)
                    $0.member("id", envelope.key.id)
                }
            }
            guard case .named(let user, let groups) = asker else { return }
            json.member("asker") {
                $0.object {
                    $0.member("named") {
                        $0.object {
                            $0.member("user", user.text)
                            $0.member("groups") { $0.array(groups) { $0.value($1.text) } }
                        }
                    }
                }
            }
        }
        let names: [(String, QueryFeatures)] = [
            ("filter", .filter), ("perDocument", .perDocument), ("neighbours", .neighbours), ("collapseDuplicates", .collapseDuplicates), ("context", .context),
            ("minimumPositions", .minimumPositions),
        ]
        var json = JSONWriter()
        let decoded = QueryDecoder(trust: .named, supported: .all).decode(record, on: InputTopicName(.queries)) { _ in true }
        json.object {
            switch decoded {
            case .query(let query):
                write("query", query.envelope, query.asker, &$0)
                $0.member("text", query.text)
                $0.member("limit", query.limit)
                $0.member("mode", query.mode.rawValue)
                $0.member("features") { $0.array(names.filter { query.features.contains($0.1) }) { $0.value($1.0) } }
            case .accessCheck(let check):
                write("accessCheck", check.envelope, check.asker, &$0)
                $0.member("documents") { $0.array(check.documents) { $0.value($1?.description) } }
            case .problem(_, let error):
                $0.member("status", error.status.rawValue)
                $0.member("code", error.rawValue)
            case .deadLetter(let rejection, _, _): $0.member("deadLetter", rejection.code.rawValue)
            }
        }
        return json.bytes
    }

    // MARK: - Records Sluice writes

    private static let written: [String: OutboundRecord] = {
        let time = Timestamp(rfc3339: "2026-03-01T09:00:00Z")!
        let key = Array("acme/wiki/leave".utf8)
        let indexed = Outcome(
            .indexed, generation: "g1", counts: .init(chunks: 12, embedded: 3, reused: 9), position: position(), incarnation: 1, tenant: tenant(),
            recordKey: key,
            correlationID: "e1", trace: TraceContext())
        let applied = Outcome(
            .applied, snapshot: .init(snapshot: SnapshotID("2026-03-01T09:00:00Z")!, state: .applied, count: 1204, named: 1204, deleted: 3, newer: 1),
            position: position(), incarnation: 1, tenant: tenant(), recordKey: Array("acme/wiki/".utf8), correlationID: "e1205", trace: TraceContext())
        let rejected = Outcome(
            .rejected, rejection: Rejection(.malformedEnvelope, .envelope, "the record has no key"), position: position(), incarnation: 1, tenant: tenant(),
            recordKey: key,
            correlationID: nil, trace: TraceContext())
        let hit = QueryResult.Hit(
            source: SourceName("wiki")!, document: Subject("leave")!, title: "Leave policy", uri: "https://wiki.example/leave", text: "Parental leave is long.",
            span: 120..<143,
            headings: ["Leave policy", "Parental leave"], page: nil, foundBy: ["vector", "lexical"], language: "en", mediaType: "text/html",
            metadata: Array(#"{"department":"hr"}"#.utf8),
            receipt: .init(textDigest: Array(repeating: 0xAB, count: 32), contentVersion: "7", permissionsVersion: "@0/3", position: position()))
        let answer = QueryResult.ok(.init(mode: .hybrid, generation: "g1", truncated: false, hits: [hit]))
        var records = [
            "sluice.status.tenant.json: indexed": indexed.record(at: time),
            "sluice.status.tenant.json: a full snapshot was applied": applied.record(at: time),
            "sluice.status.tenant.json: rejected, without an id": rejected.record(at: time),
        ]
        if case .query(let query) = QueryDecoder(trust: .named, supported: []).decode(
            Sample.query(#"{"asker":{"user":"user:a"},"text":"x"}"#).binary, on: InputTopicName(.queries), isRegistered: { _ in true })
        {
            let topic = Topics.results(of: tenant())
            records["sluice.results.tenant.json: hits"] = answer.record(for: query.envelope, id: "r1", topic: topic, at: time)
            records["sluice.results.tenant.json: an error"] = query.envelope.record(of: .invalidLimit, id: "r1", topic: topic, at: time)
            records["sluice.results.tenant.json: an access check"] =
                AccessCheckResult.ok(visible: [true, false]).record(for: query.envelope, id: "r1", topic: topic, at: time)
        }
        let unknown = Sample.document().with("type", "io.sluice.nothing.v1").with("subject", nil).with("tenant", nil)
        let ordered =
            ["specversion", "id", "type", "source"].map { RecordHeader("ce_\($0)", unknown[$0]!) } + [RecordHeader("content-type", "application/json")]
        let record = unknown.record(value: unknown.value, headers: ordered)
        if let rejection = unknown.decoded(record).rejected?.rejection {
            records["sluice.dlq.json: a record of unknown type"] =
                DeadLetter(record: record, group: "sluice-registrar", deliveryCount: 1, rejection: rejection).outbound
        }
        return records
    }()
}

extension JSON {
    /// The same value with every object's members in order of their names.
    fileprivate var sorted: JSON {
        switch self {
        case .object(let object): .object(JSONObject(members: object.members.map { .init(name: $0.name, value: $0.value.sorted) }.sorted { $0.name < $1.name }))
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}
