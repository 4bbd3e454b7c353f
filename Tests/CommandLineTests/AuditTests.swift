import Access
import Contract
import Testing

@testable import Administration
@testable import Index
@testable import sluice

@Suite struct `What auditors are told` {
    private static let moment = Timestamp(rfc3339: "2026-03-01T09:00:00Z")!
    private static let since = Timestamp(rfc3339: "2026-02-01T08:00:00Z")!

    private static func explanation(moment: Timestamp? = nil, end: AccessPath.End, obstacles: [AccessExplanation.Obstacle] = []) -> AccessExplanation {
        let names = ["leave", "hr-space", "top"].compactMap(Subject.init)
        let staff = Principal("group:okta/staff")!
        let alice = Principal("user:alice")!
        let entries: [EntryRecord?] = [
            nil, EntryRecord(state: .parent, version: StatedVersion(text: "3", since: since), parent: names[2], listID: nil),
            EntryRecord(state: .list, version: StatedVersion(text: "@0/4", since: nil), parent: nil, listID: 1),
        ]
        let places: [AccessExplanation.Place] = [.own, .container, .ancestor]
        let steps = names.indices.map { AccessExplanation.Step(place: places[$0], name: names[$0], entry: entries[$0]) }
        let path = AccessPath(names: names, end: end)
        let allows = path.list != nil
        let ruling = AccessExplanation.Ruling(
            isOfOlderVersion: false, path: path, steps: steps, allowing: allows ? [.init(principal: staff, through: [alice, staff])] : [], denying: [],
            allows: allows)
        let rendition = RenditionRecord(
            generation: "g1", isPresent: true, version: "7", container: names[1], expiresAt: nil, isSettled: true, isBehindDeletion: false, waits: false)
        let document = DocumentRecord(
            state: .exists, version: StatedVersion(text: "7", since: since), container: names[1], expiresAt: nil, rendition: rendition, listInForce: 1,
            listGrantedBy: names[2], readAt: Self.moment)
        let question = AccessQuestion(
            tenant: TenantID("acme")!, source: SourceName("wiki")!, document: names[0], user: alice, groups: [], moment: moment)
        return AccessExplanation(
            question: question, document: document, obstacles: obstacles, rulings: [ruling], closedGroups: [], isInconsistent: false)
    }

    @Test func `an explanation names the way, the versions and the groups`() {
        let list = AccessList(allow: [Principal("group:okta/staff")!], deny: [])
        #expect(
            ExplainText.render(Self.explanation(end: .list(list))) == """
                user:alice may see wiki/leave of acme, at 2026-03-01T09:00:00Z
                  document  exists since 2026-02-01T08:00:00Z, in hr-space, version 7
                  content   generation g1 of version 7
                  entries   own leave: no entry
                            container hr-space: no list, within top, version 3 since 2026-02-01T08:00:00Z
                            ancestor top: a list of 1 allowed, 0 denied, version @0/4 since before this history begins
                  allowed   group:okta/staff, through user:alice → group:okta/staff

                """)
    }

    @Test func `what hides a document is said first, and a way without a list says why`() {
        let text = ExplainText.render(Self.explanation(end: .cycle, obstacles: [.expired]))
        #expect(text.hasPrefix("user:alice may not see wiki/leave of acme"))
        #expect(text.contains("  hidden    it has expired\n"))
        #expect(
            text.contains("ancestor top: passed before\n") && text.contains("no list, visible to nobody: the containers lead back to one that was passed\n"))
        #expect(ExplainText.render(Self.explanation(moment: Self.since, end: .nothing)).hasPrefix("user:alice could not see"))
    }

    @Test func `an explanation for programs is one object`() throws {
        let list = AccessList(allow: [Principal("group:okta/staff")!], deny: [])
        let json = ExplainText.json(Self.explanation(end: .list(list)))
        let object = try #require(try JSON.parse(Array(json.utf8.dropLast())).object)
        #expect(object["visible"] == .bool(true) && object["inconsistent"] == .bool(false))
        #expect(object["rulings"]?.array?.first?.object?["entries"]?.array?.count == 3)
    }

    @Test(arguments: [("wiki/leave", "wiki", "leave"), ("wiki/a/b c", "wiki", "a/b c"), ("s//", "s", "/")])
    func `a document is named by its source and itself`(text: String, source: String, document: String) throws {
        let parsed = try NamedDocument.parse(text, called: "S/D")
        #expect(parsed.source.text == source && parsed.document.text == document)
    }

    @Test(arguments: [
        "explain --tenant acme --as group:okta/staff --document wiki/leave", "explain --tenant acme --as user:alice --document leave",
        "explain --tenant acme --as user:alice --document wiki/leave --at soon", "explain --tenant acme --as user:alice --document wiki/leave --group user:bob",
        "trace wiki/leave", "trace ACME/wiki/leave", "audit saw leave --tenant acme", "audit by alice --tenant acme", "audit verify --known admin",
        "audit verify --known admin=1:00",
    ])
    func `a question out of form is refused before anything is asked`(line: String) async {
        #expect(await PrintedRun(line.split(separator: " ").map(String.init)).code == .usage)
    }

    @Test func `a chain's end reads back as it was printed`() throws {
        let head = AuditHead(entry: 41, hash: (0..<32).map { UInt8($0) })
        #expect(AuditHead(head.text) == head)
        for text in ["41", "0:\(head.text.dropFirst(3))", "41:00", "x:\(head.text.dropFirst(3))", "41:+1\(head.text.dropFirst(5))"] {
            #expect(AuditHead(text) == nil, "\(text)")
        }
    }

    @Test func `a verification names each line, and how the chains ended`() {
        let head = AuditHead(entry: 2, hash: Array(repeating: 0xAB, count: 32))
        let admin = AuditVerification.Chain(name: "admin", lines: 2, erased: 0, flaws: [], head: head, isClosed: false)
        let flawed = AuditVerification.Chain(
            name: "retrieve/a", lines: 3, erased: 0, flaws: [AuditFlaw(entry: 2, kind: .altered), AuditFlaw(entry: 4, kind: .missing)], head: head,
            isClosed: false)
        let open = AuditVerification.Chain(name: "retrieve/b", lines: 1, erased: 2, flaws: [], head: head, isClosed: false)
        let hash = String(repeating: "ab", count: 32)
        #expect(
            AuditText.report(AuditVerification(chains: [admin, flawed, open])) == """
                ✗ retrieve/a, line 2: altered: it is not what was written
                ✗ retrieve/a, line 4: missing: it was written, and it or those after it are gone
                · 2 lines have lost what they said to erasures: `sluice erase list` names these
                · 1 chains have no last line: their workers run, or ended without one
                admin=2:\(hash)

                """)
        #expect(
            AuditText.report(AuditVerification(chains: [admin])) == "✓ 1 chains with 2 lines are whole\nadmin=2:\(hash)\n")
    }

    @Test func `a proof that fails says what, where and what to do, and has an exit code of its own`() {
        let error = RowSecurityError(flaws: [.init(kind: .relation, name: "sluice.chunk", what: "has no row-level security")])
        #expect(CommandRunner.exitCode(for: error) == .unproven && ExitCode.unproven.rawValue == 5)
        #expect(error.description.contains("sluice.chunk has no row-level security\n") && error.description.contains("alter table"))
    }
}
