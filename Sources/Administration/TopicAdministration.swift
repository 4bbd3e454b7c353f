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
