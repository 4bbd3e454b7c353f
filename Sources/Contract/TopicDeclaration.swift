/// A topic as `topics/<name>.json` declares it: what `sluice topics apply` and `sluice tenant create` make.
package struct TopicDeclaration: Sendable, Hashable {
    package enum Cleanup: String, Sendable, Hashable { case compact, delete }

    package struct Setting: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// As declared; a tenant's own has `{tenant}` in it.
    package let name: String
    /// What its keys are, for readers.
    package let key: String
    package let cleanup: Cleanup
    /// When it is made. Partitions are never added to an input topic: a key would change its partition.
    package let partitions: Int
    /// Broker settings beside `cleanup.policy`, in the file's order.
    package let configuration: [Setting]
    package let types: [EventType]

    private static let tenantPlaceholder = "{tenant}"

    /// Whether each tenant has its own.
    package var isPerTenant: Bool { name.hasSuffix(Self.tenantPlaceholder) }

    /// The topic's name for a tenant; the name itself where there is one for all.
    package func name(for tenant: TenantID) -> String {
        isPerTenant ? name.dropLast(Self.tenantPlaceholder.count) + tenant.text : name
    }

    /// Everything the broker is told: `cleanup.policy` first.
    package var settings: [Setting] {
        [Setting(name: "cleanup.policy", value: cleanup.rawValue)] + configuration
    }

    /// Reads one file of `topics/`.
    ///
    /// - Throws: ``TopicDeclarationError``.
    package init(parsing bytes: [UInt8]) throws(TopicDeclarationError) {
        guard let file = try? JSON.parse(bytes), file.object != nil else { throw .malformed }
        guard let name = file["name"]?.string, !name.isEmpty else { throw .missing("name") }
        guard let key = file["key"]?.string else { throw .missing("key") }
        guard let cleanup = file["cleanup"]?.string.flatMap(Cleanup.init) else { throw .missing("cleanup") }
        guard let partitions = file["partitions"]?.integer, (1...10_000).contains(partitions) else { throw .missing("partitions") }
        guard let configuration = file["configuration"]?.object else { throw .missing("configuration") }
        guard let types = file["types"]?.array else { throw .missing("types") }
        self.name = name
        self.key = key
        self.cleanup = cleanup
        self.partitions = partitions
        self.configuration = try configuration.members.map { member throws(TopicDeclarationError) in
            guard let value = member.value.string else { throw .missing("configuration") }
            return Setting(name: member.name, value: value)
        }
        self.types = try types.map { type throws(TopicDeclarationError) in
            guard let type = type.string.flatMap(EventType.init) else { throw .missing("types") }
            return type
        }
    }
}

package enum TopicDeclarationError: Error, Hashable, CustomStringConvertible {
    /// Not a JSON object.
    case malformed
    /// This member is missing or out of form.
    case missing(String)

    package var description: String {
        switch self {
        case .malformed: "a topic declaration is not a JSON object"
        case .missing(let member): "a topic declaration has no \(member) in form"
        }
    }
}
