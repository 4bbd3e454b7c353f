import Access
import Contract

/// Reads a suite's files into a ``Suite``, strictly: what would silently not count is an error with file and line.
package struct SuiteReader {
    package static let settingsFile = "suite.json"
    package static let corpusFile = "corpus.jsonl"
    package static let documentFolder = "documents"
    package static let permissionFile = "permissions.jsonl"
    package static let membershipFile = "memberships.jsonl"
    package static let queryFile = "queries.jsonl"

    private let settings: SuiteSettings
    private let askers: [String: Asker]

    /// - Parameter read: a file's bytes by its path below the suite's folder; nothing where it is not there.
    /// - Parameter files: paths below `documents`, for a suite without `corpus.jsonl`.
    /// - Throws: `SuiteError`.
    package static func read(_ read: (String) -> [UInt8]?, files: () -> [String] = { [] }) throws(SuiteError) -> Suite {
        let reader = try SuiteReader(settingsIn: try required(settingsFile, read))
        let lines = read(corpusFile)
        let documents = if let lines { try reader.corpus(lines, isThere: { read($0) != nil }) } else { try reader.corpus(of: files()) }
        guard !documents.isEmpty else { throw SuiteError(corpusFile, "no documents: neither this file nor a folder \(documentFolder) has any") }
        let permissions = try reader.permissions(read(permissionFile) ?? [])
        let memberships = try reader.memberships(read(membershipFile) ?? [])
        let visibility = Visibility(documents: documents, permissions: permissions, memberships: memberships)
        let queries = try reader.queries(required(queryFile, read), documents: documents, visibility: visibility)
        guard !queries.isEmpty else { throw SuiteError(queryFile, "no queries") }
        return Suite(settings: reader.settings, documents: documents, permissions: permissions, memberships: memberships, queries: queries)
    }

    private static func required(_ file: String, _ read: (String) -> [UInt8]?) throws(SuiteError) -> [UInt8] {
        guard let bytes = read(file) else { throw SuiteError(file, "cannot be read") }
        return bytes
    }

    private init(settingsIn bytes: [UInt8]) throws(SuiteError) {
        guard let json = try? JSON.parse(bytes) else { throw SuiteError(Self.settingsFile, "not JSON") }
        let object = try SuiteObject(
            json, Self.settingsFile, members: ["name", "tenant", "source", "limit", "perDocument", "modes", "cutoffs", "gate", "askers"])
        settings = try SuiteSettings(object)
        var askers: [String: Asker] = [:]
        for member in try object.members("askers") {
            askers[member.name] = try Asker(SuiteObject(member.value, Self.settingsFile, members: ["user", "groups", "token"]))
        }
        self.askers = askers
    }

    // MARK: - Corpus

    private func corpus(_ bytes: [UInt8], isThere: (String) -> Bool) throws(SuiteError) -> [Suite.Document] {
        var documents: [Suite.Document] = []
        var names = Set<DocumentName>()
        for (line, value) in try jsonLines(bytes, Self.corpusFile) {
            let object = try SuiteObject(
                value, Self.corpusFile, line: line,
                members: ["document", "source", "text", "file", "mediaType", "title", "uri", "language", "container"])
            let name = try name("document", in: object)
            guard names.insert(name).inserted else { throw object.flaw("this document stands on an earlier line") }
            let content: Suite.Content
            switch (try object.optionalText("text"), try object.optionalText("file")) {
            case (let text?, nil): content = .text(text)
            case (nil, let file?):
                guard !file.hasPrefix("/"), !file.split(separator: "/").contains(".."), isThere(file) else {
                    throw object.flaw("file is not below the suite's folder, or cannot be read")
                }
                content = .file(file)
            default: throw object.flaw("a document has either text or file")
            }
            documents.append(
                Suite.Document(
                    name: name, content: content, mediaType: try object.optionalText("mediaType"), title: try object.optionalText("title"),
                    uri: try object.optionalText("uri"), language: try object.optionalText("language"), container: try object.subject("container")))
        }
        return documents
    }

    /// One document a file: its subject is its path, its container the folder that it is in.
    private func corpus(of files: [String]) throws(SuiteError) -> [Suite.Document] {
        var documents: [Suite.Document] = []
        for path in files {
            guard let subject = Subject(path) else { throw SuiteError("\(Self.documentFolder)", "a path longer than 1,024 bytes") }
            let container = path.lastIndex(of: "/").flatMap { Subject(String(path[..<$0])) }
            documents.append(
                Suite.Document(
                    name: DocumentName(source: settings.source, subject: subject), content: .file("\(Self.documentFolder)/\(path)"), mediaType: nil,
                    title: nil, uri: nil, language: nil, container: container))
        }
        return documents
    }

    private func name(_ member: StaticString, in object: SuiteObject) throws(SuiteError) -> DocumentName {
        guard let subject = try object.subject(member) else { throw object.flaw("\(member) is missing") }
        return DocumentName(source: try object.source(default: settings.source), subject: subject)
    }

    // MARK: - Who may see what

    private func permissions(_ bytes: [UInt8]) throws(SuiteError) -> [Suite.Permission] {
        var permissions: [Suite.Permission] = []
        var names = Set<DocumentName>()
        for (line, value) in try jsonLines(bytes, Self.permissionFile) {
            let object = try SuiteObject(value, Self.permissionFile, line: line, members: ["subject", "source", "allow", "deny", "parent"])
            let permission = Suite.Permission(
                subject: try name("subject", in: object), list: try object.accessList(), parent: try object.subject("parent"))
            guard permission.list != nil || permission.parent != nil else { throw object.flaw("an entry has allow, deny or parent") }
            guard names.insert(permission.subject).inserted else { throw object.flaw("this subject stands on an earlier line") }
            permissions.append(permission)
        }
        return permissions
    }

    private func memberships(_ bytes: [UInt8]) throws(SuiteError) -> [Suite.Membership] {
        var memberships: [Suite.Membership] = []
        var groups = Set<Principal>()
        for (line, value) in try jsonLines(bytes, Self.membershipFile) {
            let object = try SuiteObject(value, Self.membershipFile, line: line, members: ["group", "members"])
            guard let principal = Principal(try object.text("group")), principal.kind == .group, let slash = principal.text.firstIndex(of: "/"),
                let source = SourceName(principal.text[..<slash].dropFirst("group:".count)),
                let group = Subject(String(principal.text[principal.text.index(after: slash)...]))
            else { throw object.flaw("group is group:SOURCE/NAME") }
            guard groups.insert(principal).inserted else { throw object.flaw("this group stands on an earlier line") }
            memberships.append(Suite.Membership(source: source, group: group, principal: principal, members: try object.principals("members")))
        }
        return memberships
    }

    // MARK: - Queries

    private func queries(_ bytes: [UInt8], documents: [Suite.Document], visibility: Visibility) throws(SuiteError) -> [Suite.Query] {
        let names = DocumentIndex(documents)
        var queries: [Suite.Query] = []
        var ids = Set<String>()
        for (line, value) in try jsonLines(bytes, Self.queryFile) {
            let object = try SuiteObject(value, Self.queryFile, line: line, members: ["id", "text", "asker", "modes", "judgements", "mustNotSee"])
            let query = try query(object, names, visibility)
            guard ids.insert(query.id).inserted else { throw object.flaw("this id stands on an earlier line") }
            queries.append(query)
        }
        return queries
    }

    private func query(_ object: SuiteObject, _ names: DocumentIndex, _ visibility: Visibility) throws(SuiteError) -> Suite.Query {
        let (askerName, asker) = try asker(object)
        let visible = visibility.documents(visibleTo: asker)
        var gains: [DocumentName: Double] = [:]
        for member in try object.members("judgements") {
            let name = try names.find(member.name, "judgements", object)
            guard let gain = member.value.number?.double, (0...1_000_000).contains(gain) else {
                throw object.flaw("a judgement is a number from 0 to 1,000,000")
            }
            guard gain > 0 else { continue }
            guard visible?.contains(name) != false else { throw object.flaw("judgements name a document that the asker may not see") }
            gains[name] = gain
        }
        var forbidden = Set<DocumentName>()
        for text in try object.texts("mustNotSee") {
            let name = try names.find(text, "mustNotSee", object)
            guard visible?.contains(name) != true else { throw object.flaw("mustNotSee names a document that the asker may see") }
            guard gains[name] == nil else { throw object.flaw("mustNotSee names a document that judgements call an answer") }
            forbidden.insert(name)
        }
        return Suite.Query(
            id: try object.text("id"), text: try object.text("text"), askerName: askerName, asker: asker,
            modes: try modes(object) ?? settings.modes, gains: gains, forbidden: forbidden, visible: visible,
            visibleWithText: visible.map { visible in names.withText.filter(visible.contains).count })
    }

    /// By its name in the settings, or spelt out.
    private func asker(_ object: SuiteObject) throws(SuiteError) -> (String, Asker) {
        if let name = object.value("asker")?.string {
            guard let asker = askers[name] else { throw object.flaw("asker is none of those in \(Self.settingsFile)") }
            return (name, asker)
        }
        guard let value = object.value("asker") else { throw object.flaw("asker is missing") }
        let asker = try Asker(SuiteObject(value, object.file, line: object.line, members: ["user", "groups", "token"]))
        if case .named(let user, _) = asker { return (user.text, asker) }
        return ("token", asker)
    }
}

func modes(_ object: SuiteObject) throws(SuiteError) -> [Query.Mode]? {
    guard object.value("modes") != nil else { return nil }
    var modes: [Query.Mode] = []
    for text in try object.texts("modes") {
        guard let mode = Query.Mode(rawValue: text), !modes.contains(mode) else { throw object.flaw("modes are hybrid, vector and lexical, each once") }
        modes.append(mode)
    }
    guard !modes.isEmpty else { throw object.flaw("modes is empty") }
    return modes
}

/// The corpus by what judgements call its documents.
private struct DocumentIndex {
    private var bySubject: [Subject: [DocumentName]] = [:]
    let withText: [DocumentName]

    init(_ documents: [Suite.Document]) {
        for document in documents { bySubject[document.name.subject, default: []].append(document.name) }
        withText = documents.filter { !$0.content.isEmpty }.map(\.name)
    }

    /// By the subject, where one document of the corpus has it; else by `SOURCE/SUBJECT`.
    func find(_ text: String, _ member: StaticString, _ object: SuiteObject) throws(SuiteError) -> DocumentName {
        let whole = Subject(text).flatMap { bySubject[$0] } ?? []
        if whole.count == 1, let name = whole.first { return name }
        if let slash = text.firstIndex(of: "/"), let source = SourceName(text[..<slash]), let subject = Subject(String(text[text.index(after: slash)...])) {
            if let name = bySubject[subject]?.first(where: { $0.source == source }) { return name }
        }
        throw object.flaw(
            whole.isEmpty ? "\(member) names a document that the corpus has not" : "\(member) names a document of several sources: write SOURCE/DOCUMENT")
    }
}
