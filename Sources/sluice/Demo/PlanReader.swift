import Contract

/// Reads the members of one object of a plan; what is missing or out of form is named.
struct PlanReader {
    private let json: JSON
    private let place: String

    init(_ json: JSON, _ place: String) {
        self.json = json
        self.place = place
    }

    func list(_ name: StaticString) throws -> [PlanReader] {
        guard let elements = json[name]?.array else { throw flaw(name) }
        return elements.enumerated().map { PlanReader($1, "\(name)[\($0)]") }
    }

    func inner(_ name: StaticString) throws -> PlanReader {
        guard let value = json[name], value.object != nil else { throw flaw(name) }
        return PlanReader(value, "\(place).\(name)")
    }

    /// None where the member is absent.
    func members(_ name: StaticString) -> [(name: String, value: JSON)] {
        json[name]?.object?.members.map { ($0.name, $0.value) } ?? []
    }

    func optionalText(_ name: StaticString) -> String? { json[name]?.string }

    func text(_ name: StaticString) throws -> String {
        guard let text = optionalText(name) else { throw flaw(name) }
        return text
    }

    func texts(_ name: StaticString) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }

    func tenant() throws -> TenantID {
        guard let tenant = TenantID(try text("tenant")) else { throw flaw("tenant") }
        return tenant
    }

    func subject(_ name: StaticString) throws -> Subject? {
        guard let text = optionalText(name) else { return nil }
        guard let subject = Subject(text) else { throw flaw(name) }
        return subject
    }

    /// The key of the subject that a member names.
    func key(_ name: StaticString) throws -> RecordKey {
        guard let source = SourceName(try text("source")) else { throw flaw("source") }
        guard let subject = try subject(name) else { throw flaw(name) }
        return RecordKey(tenant: try tenant(), source: source, subject: subject)
    }

    func principal(_ name: StaticString) throws -> Principal {
        guard let principal = Principal(try text(name)) else { throw flaw(name) }
        return principal
    }

    func principals(_ name: StaticString) throws -> [Principal]? {
        guard let elements = json[name]?.array else { return nil }
        return try elements.map { element in
            guard let principal = element.string.flatMap(Principal.init) else { throw flaw(name) }
            return principal
        }
    }

    /// What `allow` and `deny` state; nothing where neither is there.
    func accessList() throws -> AccessList? {
        let (allow, deny) = (try principals("allow"), try principals("deny"))
        return allow == nil && deny == nil ? nil : AccessList(allow: allow ?? [], deny: deny ?? [])
    }

    private func flaw(_ name: StaticString) -> ClientError { ClientError("\(place) has no \(name) in form") }
}
