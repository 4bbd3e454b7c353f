import Contract

/// What the demo publishes, asks and changes, and what must come of it: `docs/demo/demo.json`.
struct DemoPlan: Sendable {
    struct Document: Sendable {
        let key: RecordKey
        let path: String
        let details: DocumentDetails
        /// Its own entry, where it has one.
        let list: AccessList?
    }

    struct Asker: Hashable, Sendable {
        let tenant: TenantID
        let user: Principal

        /// As the plan names it: `acme/user:alice`.
        var name: String { "\(tenant.text)/\(user.text)" }
    }

    struct Question: Sendable {
        let id: String
        let text: String
        /// By asker: the document to be cited first; those who may see no answer are not in it.
        let expected: [String: String]
        /// By asker: what must not be among the hits.
        let forbidden: [String: [String]]
    }

    struct Change: Sendable {
        enum Effect: Sendable {
            /// These documents are cited no longer.
            case vanishes([String])
            case shows(String, insteadOf: String)
        }

        /// `revoke`, `closeContainer`, `delete`, `edit`.
        let kind: String
        let key: RecordKey
        let event: SourceEvent
        /// By which the effect is looked for.
        let questionID: String
        let asker: String
        let effect: Effect
        /// Askers to whom it makes no difference.
        let stillVisibleTo: [String]
    }

    /// Memberships and containers, in the plan's order.
    let access: [SourceEvent]
    let groups: Int
    let containers: Int
    let documents: [Document]
    let questions: [Question]
    let askers: [Asker]
    let changes: [Change]

    /// In the order in which they are first named.
    var tenants: [TenantID] {
        documents.reduce(into: []) { if !$0.contains($1.key.tenant) { $0.append($1.key.tenant) } }
    }

    /// - Parameter json: the plan; the paths in it are relative to the working directory.
    /// - Throws: `ClientError` where a member is missing or out of form, or a file cannot be read.
    init(parsing json: [UInt8]) throws {
        guard let tree = try? JSON.parse(json) else { throw ClientError("the plan is not JSON") }
        let plan = PlanReader(tree, "plan")
        let groups = try plan.list("groups")
        let containers = try plan.list("containers")
        self.groups = groups.count
        self.containers = containers.count
        access =
            try groups.map { .group(try $0.key("group"), members: try $0.principals("members") ?? []) }
            + containers.map { .permissions(try $0.key("container"), list: try $0.accessList(), parent: try $0.subject("parent")) }
        let documents = try plan.list("documents").map { try Document($0) }
        self.documents = documents
        questions = try plan.list("questions").map { try Question($0) }
        askers = try plan.list("askers").map { Asker(tenant: try $0.tenant(), user: try $0.principal("user")) }
        changes = try plan.list("changes").map { try Change($0, documents: documents) }
    }

    func asker(named name: String) throws -> Asker {
        guard let asker = askers.first(where: { $0.name == name }) else { throw ClientError("the plan has no asker of the name a change uses") }
        return asker
    }

    func question(_ id: String) throws -> Question {
        guard let question = questions.first(where: { $0.id == id }) else { throw ClientError("the plan has no question of the id a change uses") }
        return question
    }
}

extension DemoPlan.Document {
    /// What the document is published as, its own entry first.
    func events() throws -> [SourceEvent] {
        (list.map { [.permissions(key, list: $0)] } ?? []) + [.document(key, content: try readFile(path), details)]
    }

    fileprivate init(_ json: PlanReader) throws {
        key = try json.key("subject")
        path = try json.text("path")
        details = DocumentDetails(
            mediaType: json.optionalText("mediaType"), title: json.optionalText("title"), uri: json.optionalText("uri"),
            container: try json.subject("container"), language: json.optionalText("language"))
        list = try json.accessList()
    }
}

extension DemoPlan.Question {
    fileprivate init(_ json: PlanReader) throws {
        id = try json.text("id")
        text = try json.text("text")
        expected = Dictionary(json.members("expect").compactMap { name, value in value.string.map { (name, $0) } }) { $1 }
        forbidden = Dictionary(json.members("mustNotCite").map { name, value in (name, value.array?.compactMap(\.string) ?? []) }) { $1 }
    }
}

extension DemoPlan.Change {
    fileprivate init(_ json: PlanReader, documents: [DemoPlan.Document]) throws {
        let key = try json.key(json.optionalText("subject") == nil ? "container" : "subject")
        self.key = key
        kind = try json.text("kind")
        questionID = try json.text("question")
        asker = try json.text("asker")
        stillVisibleTo = json.texts("stillVisibleTo")
        if let old = json.optionalText("mustNoLongerShow") {
            effect = .shows(try json.text("mustShow"), insteadOf: old)
        } else {
            effect = .vanishes(json.texts("mustVanish"))
        }
        let publish = try json.inner("publish")
        switch EventType(rawValue: try publish.text("type")) {
        case .permissionsChanged:
            let data = try publish.inner("data")
            event = .permissions(key, list: try data.accessList(), parent: try data.subject("parent"))
        case .documentDeleted: event = .documentDeleted(key)
        case .documentUpserted:
            guard let document = documents.first(where: { $0.key == key }) else { throw ClientError("a change of the plan edits no document of it") }
            event = .document(key, content: try readFile(try json.text("newFile")), document.details)
        default: throw ClientError("a change of the plan publishes an event of another type")
        }
    }
}
