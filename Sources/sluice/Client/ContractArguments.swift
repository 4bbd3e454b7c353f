import Contract

/// Options that several commands take, as the contract's types.
extension ParsedArguments {
    static let tenantOption = CommandSpec.Option.value("tenant", "T", "A registered tenant.", isRequired: true)
    static let sourceOption = CommandSpec.Option.value("source", "S", "Short name of the publishing system, such as wiki.", isRequired: true)
    static let allowOption = CommandSpec.Option.values("allow", "PRINCIPAL", "Who may see it: user:NAME, group:SOURCE/NAME or everyone.")
    static let denyOption = CommandSpec.Option.values("deny", "PRINCIPAL", "Who may not, whoever else is allowed.")

    /// - Throws: `UsageError`.
    func tenant() throws -> TenantID {
        guard let tenant = TenantID(try required("tenant")) else { throw UsageError("--tenant is a-z, 0-9 and -, up to 63, not beginning with -") }
        return tenant
    }

    func source() throws -> SourceName {
        guard let source = SourceName(try required("source")) else { throw UsageError("--source is A-Z, a-z, 0-9, ., _, ~ and -, up to 64") }
        return source
    }

    func principals(_ option: String) throws -> [Principal] {
        try values(option).map { text in
            guard let principal = Principal(text) else {
                throw UsageError("--\(option) takes user:NAME, group:SOURCE/NAME or everyone, of at most 512 bytes")
            }
            return principal
        }
    }

    func subject(option: String) throws -> Subject? {
        try value(option).map { try Self.subject($0, called: "--\(option)") }
    }

    /// The key of the subject that a positional names.
    func key(_ positional: String) throws -> RecordKey {
        RecordKey(tenant: try tenant(), source: try source(), subject: try Self.subject(try self.positional(positional), called: positional))
    }

    /// What --allow and --deny state; nothing where neither is given.
    func accessList() throws -> AccessList? {
        let (allow, deny) = (try principals("allow"), try principals("deny"))
        return allow.isEmpty && deny.isEmpty ? nil : AccessList(allow: allow, deny: deny)
    }

    private static func subject(_ text: String, called name: String) throws -> Subject {
        guard let subject = Subject(text) else { throw UsageError("\(name) is a text of 1 to 1,024 bytes") }
        return subject
    }
}
