import Contract
import Delivery

/// What a consumer group does with the records that are worked on together.
package protocol WaveProcessor: Sendable {
    var order: WorkInHand.RecordLanes.Order { get }

    /// What has separate turns.
    func kind(of record: InboundRecord) -> WorkInHand.RecordLanes.Kind

    /// Dead letters first, then one transaction with the data and the outcomes.
    ///
    /// - Parameters:
    ///   - wave: of distinct keys where lanes are by key.
    ///   - refusal: why none of these can be done; they are dead letters then.
    ///   - buried: whose letters the broker has acknowledged; kept from one try of a wave to the next.
    /// - Returns: the outcomes that are to be published.
    func process(_ wave: [HeldRecord], refusal: Rejection?, buried: inout Set<RecordPosition>) async throws -> [Outcome]
}
