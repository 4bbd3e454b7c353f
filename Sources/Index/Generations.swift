import Contract
import Postgres

/// A generation fixes an embedding space, a chunker's configuration and a parser's version, and has its own renditions and its own consumer group.
package struct Generation: Sendable, Hashable {
    package let number: GenerationNumber
    package let name: String
    package let embeddingSpace: String
    package let dimension: Int
    package let chunker: String
    package let parser: String
    /// As this was read. Who works for it is told by its claims.
    package let isLive: Bool

    package var group: String { ConsumerGroups.ingest(generation: name) }

    /// Rows of `generation_list` and `generation_overview`.
    static func read(_ rows: Rows, _ row: Int) throws -> Generation {
        Generation(
            number: GenerationNumber(try rows.int32(row, 0)), name: try rows.string(row, 1), embeddingSpace: try rows.string(row, 2),
            dimension: Int(try rows.int32(row, 3)), chunker: try rows.string(row, 4), parser: try rows.string(row, 5), isLive: try rows.bool(row, 6))
    }
}

/// What a transaction may take for granted of a generation: promotions wait until it ends.
enum Generations {
    struct State {
        let isLive: Bool
        /// Whose documents alone are made; nothing: everybody's.
        let onlyTenant: TenantNumber?
    }

    /// - Throws: `IndexError.dropped`.
    static func holdState(of generation: GenerationNumber, _ session: Session) throws -> State {
        // Read after the lock, in a statement of its own: what a statement sees it saw before it waited.
        let rows = try session.pipeline([(.generationLock, []), (.generationState, [.int4(generation.value)])])[1]
        guard rows.count == 1, try !rows.bool(0, 1) else { throw IndexError.dropped }
        return State(isLive: try rows.bool(0, 0), onlyTenant: try rows.optionalInt32(0, 2).map(TenantNumber.init))
    }
}
