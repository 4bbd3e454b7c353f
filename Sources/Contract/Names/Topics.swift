/// The topics Sluice reads.
package enum InputTopic: String, CaseIterable, Sendable, Hashable {
    case documents = "sluice.documents"
    case permissions = "sluice.permissions"
    case memberships = "sluice.memberships"
    case queries = "sluice.queries"
    case redrive = "sluice.redrive"

    /// The event types this topic carries. The redrive topic carries other topics' records.
    package var types: [EventType] {
        switch self {
        case .documents: [.documentUpserted, .documentDeleted, .snapshotClosed]
        case .permissions: [.permissionsChanged]
        case .memberships: [.groupChanged]
        case .queries: [.query, .accessCheck]
        case .redrive: []
        }
    }

    /// Whether it may also exist as `<topic>.<tenant>`; the redrive topic is written by Sluice alone.
    package var mayBelongToTenant: Bool { self != .redrive }
}

/// An input topic's name as the broker knows it: everybody's `sluice.documents`, or `sluice.documents.<tenant>` that carries one tenant alone.
package struct InputTopicName: Hashable, Sendable, CustomStringConvertible {
    package let topic: InputTopic
    /// The one tenant whose records it carries; nothing: every tenant's.
    package let tenant: TenantID?

    package init(_ topic: InputTopic, tenant: TenantID? = nil) {
        self.topic = topic
        self.tenant = tenant
    }

    /// Nothing where this is no input topic.
    package init?(_ name: String) {
        for topic in InputTopic.allCases {
            if name == topic.rawValue {
                self.init(topic)
                return
            }
            if topic.mayBelongToTenant, name.utf8.starts(with: "\(topic.rawValue).".utf8) {
                guard let tenant = TenantID(name.dropFirst(topic.rawValue.count + 1)) else { return nil }
                self.init(topic, tenant: tenant)
                return
            }
        }
        return nil
    }

    package var description: String { tenant.map { "\(topic.rawValue).\($0.text)" } ?? topic.rawValue }
}

/// Names of the topics Sluice writes.
package enum Topics {
    package static let deadLetters = "sluice.dlq"

    package static func results(of tenant: TenantID) -> String { "sluice.results.\(tenant.text)" }
    package static func status(of tenant: TenantID) -> String { "sluice.status.\(tenant.text)" }
}

/// Names of the consumer groups that Sluice reads with, as dead letters and lag tools show them.
package enum ConsumerGroups {
    package static let registrar = "sluice-registrar"

    package static func ingest(generation: String) -> String { "sluice-ingest-\(generation)" }
}

/// What an event says, by its CloudEvents type.
package enum EventType: String, CaseIterable, Sendable, Hashable {
    case documentUpserted = "io.sluice.document.upserted.v1"
    case documentDeleted = "io.sluice.document.deleted.v1"
    case snapshotClosed = "io.sluice.snapshot.closed.v1"
    case permissionsChanged = "io.sluice.permissions.changed.v1"
    case groupChanged = "io.sluice.group.changed.v1"
    case query = "io.sluice.query.v1"
    case accessCheck = "io.sluice.access-check.v1"
    case result = "io.sluice.result.v1"
    case accessCheckResult = "io.sluice.access-check-result.v1"
    case outcome = "io.sluice.outcome.v1"
}

/// Where a record stands in Kafka.
package struct RecordPosition: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// The version receipts show for an event without `sequence`.
    package var version: String { "@\(partition)/\(offset)" }

    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("topic", topic)
            $0.member("partition", Int(partition))
            $0.member("offset", Int(offset))
        }
    }
}
