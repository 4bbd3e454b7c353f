import Contract
import Postgres

/// How new the index has to be for an answer. Judged in the answer's own snapshot.
package struct Freshness: Sendable {
    /// Positions on the documents, permissions and memberships topics that have to be reached.
    package let positions: [RecordPosition]
    /// How long ago the registrar may last have been heard of; nothing: any time.
    package let maximumStaleness: Duration?

    package init(positions: [RecordPosition] = [], maximumStaleness: Duration? = nil) {
        self.positions = positions
        self.maximumStaleness = maximumStaleness
    }

    enum Verdict { case fresh, notYet, stale }

    /// The tenant has to be claimed.
    func judge(_ session: Session) throws -> Verdict {
        if let maximumStaleness, let milliseconds = try session.execute(.registrarStaleness).optionalInt64(0, 0),
            .milliseconds(milliseconds) > maximumStaleness
        {
            return .stale
        }
        guard !positions.isEmpty else { return .fresh }
        let reached = try session.execute(
            .positionsReached,
            [
                .boolArray(positions.map { InputTopicName($0.topic)?.topic == .documents }), .textArray(positions.map(\.topic)),
                .int4Array(positions.map(\.partition)), .int8Array(positions.map(\.offset)),
            ])
        return try reached.bool(0, 0) ? .fresh : .notYet
    }
}
