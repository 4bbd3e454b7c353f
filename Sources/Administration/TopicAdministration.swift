import Contract
import Kafka
import TopicDeclarations

/// Makes topics as `topics/` declares them.
package struct TopicAdministration: Sendable {
    package struct Entry: Sendable {
        package let declaration: TopicDeclaration
        /// Partitions on the broker; nothing where the topic is missing.
        package let partitions: Int?
    }

    /// A setting of a topic that is not what is declared. How many partitions a topic has is its operator's choice.
    package struct Difference: Sendable, Hashable {
        package let topic: String
        package let setting: String
        package let declared: String
        package let actual: String
    }

    private let admin: KafkaAdmin
    private let partitions: Int?
    private let replication: Int

    /// - Parameter partitions: instead of what a declaration says of a topic that all tenants share.
    package init(admin: KafkaAdmin, partitions: Int?, replication: Int) {
        self.admin = admin
        self.partitions = partitions
        self.replication = replication
    }

    package static func declarations() throws -> [TopicDeclaration] {
        try TopicDeclarations.all.map { try TopicDeclaration(parsing: $0) }
    }

    /// Makes the topics that all tenants share.
    /// - Returns: the names of those that were missing.
    package func apply() async throws -> [String] {
        try await create(Self.declarations().filter { !$0.isPerTenant }.map { ($0.name, $0) })
    }

    /// Makes a tenant's result and status topics.
    package func apply(for tenant: TenantID) async throws -> [String] {
        try await create(Self.declarations().filter(\.isPerTenant).map { ($0.name(for: tenant), $0) })
    }

    /// Topics that are the tenant's alone, as far as the broker has them.
    package func present(for tenant: TenantID) async throws -> [String] {
        let known = try await admin.topics()
        let own = InputTopic.allCases.filter(\.mayBelongToTenant).map { InputTopicName($0, tenant: tenant).description }
        return (try Self.declarations().filter(\.isPerTenant).map { $0.name(for: tenant) } + own).filter { known[$0] != nil }
    }

    /// Deletes what ``present(for:)`` names, with all that is in it.
    package func delete(for tenant: TenantID) async throws -> [String] {
        let topics = try await present(for: tenant)
        for topic in topics {
            do {
                try await admin.deleteTopic(topic)
            } catch {
                guard error.code == .unknownTopic else { throw error }
            }
        }
        return topics
    }

    package func list() async throws -> [Entry] {
        let known = try await admin.topics()
        return try Self.declarations().filter { !$0.isPerTenant }.map { Entry(declaration: $0, partitions: known[$0.name]) }
    }

    /// Where the topics there are differ from their declarations: those all share, these tenants' own, and input topics of one tenant alone, which are
    /// declared as the one they are beside.
    package func differences(tenants: [TenantID]) async throws -> [Difference] {
        let known = try await admin.topics()
        let declarations = try Self.declarations()
        var expected = declarations.filter { !$0.isPerTenant }.map { (name: $0.name, declaration: $0) }
        for declaration in declarations where declaration.isPerTenant { expected += tenants.map { (declaration.name(for: $0), declaration) } }
        for name in known.keys.sorted() {
            guard let input = InputTopicName(name), input.tenant != nil, let shared = declarations.first(where: { $0.name == input.topic.rawValue }) else {
                continue
            }
            expected.append((name, shared))
        }
        var differences: [Difference] = []
        for (name, declaration) in expected {
            guard known[name] != nil else {
                differences.append(Difference(topic: name, setting: "topic", declared: "\(declaration.partitions) partitions", actual: "missing"))
                continue
            }
            let actual = try await admin.describeConfig(topic: name)
            for setting in declaration.settings where actual[setting.name] != setting.value {
                differences.append(Difference(topic: name, setting: setting.name, declared: setting.value, actual: actual[setting.name] ?? "unknown"))
            }
        }
        return differences
    }

    private func create(_ topics: [(name: String, declaration: TopicDeclaration)]) async throws -> [String] {
        var made: [String] = []
        for (name, declaration) in topics {
            let count = declaration.isPerTenant ? declaration.partitions : partitions ?? declaration.partitions
            let creation = try await admin.createTopic(
                name, partitions: count, replication: replication, config: declaration.settings.map { ($0.name, $0.value) })
            if case .created = creation { made.append(name) }
        }
        return made
    }
}
