import Administration
import Contract
import Index

let explainCommand = CommandSpec(
    name: "explain",
    summary: "Say why somebody may see a document, or may not; also in the past.",
    discussion: """
        Names the entry that decides, its version, since when it has held, and through which groups the asker is allowed or denied. Exits with 0 whether \
        the document is visible or not. Being asked is a line of the audit log.
        """,
    options: [
        ParsedArguments.tenantOption, .value("as", "USER", "Whose view: user:NAME.", isRequired: true),
        .values("group", "GROUP", "A group that the asker's credential names: group:SOURCE/NAME."),
        .value("document", "S/D", "Source and document, the document as it is named: wiki/leave.", isRequired: true),
        .value("at", "TIME", "A moment in the past: 2026-03-01T09:00:00Z, or how long ago, such as 2h."), .flag("json", "Print one JSON object."),
    ]
) { arguments in
    guard let user = Principal(try arguments.required("as")), user.kind == .user else { throw UsageError("--as takes user:NAME") }
    let groups = try arguments.principals("group")
    guard groups.allSatisfy({ $0.kind == .group }) else { throw UsageError("--group takes group:SOURCE/NAME") }
    let (source, document) = try NamedDocument.parse(try arguments.required("document"), called: "--document")
    let question = AccessQuestion(
        tenant: try arguments.tenant(), source: source, document: document, user: user, groups: groups, moment: try arguments.moment("at"))
    let explanation = try await AccessAuditor(store: try Runtime().administrationStore()).explain(question)
    Terminal.write(arguments.flag("json") ? ExplainText.json(explanation) : ExplainText.render(explanation))
    return .success
}

/// `SOURCE/DOCUMENT`, as people name a document on the command line: the document as it is, not percent-encoded.
enum NamedDocument {
    /// - Throws: `UsageError`.
    static func parse(_ text: String, called name: String) throws -> (source: SourceName, document: Subject) {
        guard let slash = text.firstIndex(of: "/"), let source = SourceName(text[..<slash]),
            let document = Subject(String(text[text.index(after: slash)...]))
        else { throw UsageError("\(name) is a source, a slash, and a document of that source, such as wiki/leave") }
        return (source, document)
    }

    /// - Throws: `UsageError`.
    static func key(_ words: String) throws -> RecordKey {
        guard let slash = words.firstIndex(of: "/"), let tenant = TenantID(words[..<slash]) else {
            throw UsageError("T/S/D is a tenant, a source and a document, such as acme/wiki/leave")
        }
        let (source, document) = try parse(String(words[words.index(after: slash)...]), called: "what follows the tenant")
        return RecordKey(tenant: tenant, source: source, subject: document)
    }
}

extension ParsedArguments {
    /// - Throws: `UsageError`.
    func moment(_ option: String) throws -> Timestamp? {
        try value(option).map { text in
            guard let moment = Timestamp(moment: text, now: .now) else {
                throw UsageError("--\(option) takes a time such as 2026-03-01T09:00:00Z, or how long ago, such as 90s, 2h, 7d")
            }
            return moment
        }
    }
}
