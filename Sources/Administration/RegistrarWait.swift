import Index
import Kafka

/// Waits for a registrar, however long it takes, as long as it comes on.
package struct RegistrarWait: Sendable {
    private static let interval: Duration = .milliseconds(100)

    /// How long it may stand still.
    private let patience: Duration
    private let isOver: @Sendable () -> Bool

    /// - Parameter isOver: whether to wait no longer, however far it has come.
    package init(patience: Duration, unless isOver: @escaping @Sendable () -> Bool = { false }) {
        (self.patience, self.isOver) = (patience, isOver)
    }

    /// - Parameter behind: what it has yet to come to, in figures that change as it comes on.
    /// - Returns: what it has not come to.
    package func run<Key>(_ behind: () async throws -> [Key: Int64]) async throws -> [Key: Int64] {
        var (last, progress) = ([:] as [Key: Int64], ContinuousClock.now)
        while true {
            let left = try await behind()
            if left != last { (last, progress) = (left, .now) }
            if left.isEmpty || isOver() || .now - progress >= patience { return left }
            try await Task.sleep(for: Self.interval)
        }
    }
}

extension AdministrationStore {
    /// The number of a topic as the broker has it now; a broker without topic ids cannot tell it from one of the same name before it.
    ///
    /// - Throws: `KafkaError.unknownTopic`.
    package func incarnation(of topic: String, on admin: KafkaAdmin) async throws -> Int32 {
        try await incarnation(topic: topic, brokerID: try await admin.topicID(of: topic) ?? "")
    }
}
