/// What must hold, whatever goes wrong.
package enum Rule: String, Sendable, Hashable {
    case gap = "a position passed a record that has not ended"
    case untold = "a position passed a record of which nothing was told"
    case backwards = "a position went backwards"
    case ahead = "the broker was told a position before the database had it"
    case zombie = "a worker wrote after another had claimed the partition"
    case twoVoices = "a record had two final outcomes"
    case unfounded = "an outcome was told that was not written"
    case unburied = "a record was rejected before its dead letter was acknowledged"
    case disorder = "records of one key ran out of order or at once"
    case idle = "work that could begin was not given out"
    case starvation = "a tenant waited longer than its turn"
    case intake = "intake went past its bound, or stopped below it"
    case lost = "a record has no final outcome"
    case wrongOutcome = "an outcome is not what the rules say"
    case wrongVersion = "a document is not what the rules say"
    case endless = "it did not come to an end"
}

/// A broken rule.
package struct Violation: Sendable, CustomStringConvertible {
    package let rule: Rule
    package let time: Int
    package let what: String

    package var description: String { "\(rule.rawValue), at \(time) ms: \(what)" }
}
