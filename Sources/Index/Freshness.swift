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

    /// What is asked once the tenant is claimed: rows for `verdict`.
    var asking: [(statement: Statement, parameters: [Parameter])] {
        var statements: [(statement: Statement, parameters: [Parameter])] = []
        if maximumStaleness != nil { statements.append((.registrarStaleness, [])) }
        if !positions.isEmpty {
            statements.append(
                (
                    .positionsReached,
                    [
                        .boolArray(positions.map { InputTopicName($0.topic)?.topic == .documents }), .textArray(positions.map(\.topic)),
                        .int4Array(positions.map(\.partition)), .int8Array(positions.map(\.offset)),
                    ]
                ))
        }
        return statements
    }

    func verdict(_ rows: ArraySlice<Rows>) throws -> Verdict {
        var rows = rows
        if let maximumStaleness {
            guard let staleness = rows.popFirst() else { throw IndexError.inconsistent }
            if let milliseconds = try staleness.optionalInt64(0, 0), .milliseconds(milliseconds) > maximumStaleness { return .stale }
        }
        guard !positions.isEmpty else { return .fresh }
        guard let reached = rows.popFirst() else { throw IndexError.inconsistent }
        return try reached.bool(0, 0) ? .fresh : .notYet
    }
}
