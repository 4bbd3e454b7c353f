/// Mistakes that can be put in, each to be found: what shows that the oracle bites. Without any, everything is as the workers do it.
package enum Mistake: String, CaseIterable, Sendable, Hashable {
    /// The position is the highest finished offset.
    case positionPassesGap
    /// Records of one key run side by side.
    case keysSideBySide
    /// One tenant weighs so much that no other has a turn.
    case unfairTurns
    /// The worker reads on where it was told to pause.
    case intakeUnbounded
    /// Waves do not look at the epochs.
    case epochsIgnored
    /// A claimer does not wait for transactions under the epoch before.
    case claimDoesNotWait
    /// Positions are advanced under any epoch.
    case settleIgnoresEpoch
    /// The later write of a document wins.
    case clockIgnored
    /// A record that was told of before is told of anew, as it looks now.
    case outcomeNotRepeated
    /// A record counts as finished before its outcome is published.
    case finishedBeforeTold
    /// A claimer does not publish what its predecessor left.
    case leftoversForgotten
    /// What is marked as published is found by its position alone.
    case markedByPosition
    /// Nobody looks for outcomes of retries whose worker crashed.
    case neverSwept
    /// A dead letter follows its outcome instead of preceding it.
    case buriedLate
    /// A wave the database refuses is refused as a whole.
    case poisonNotIsolated
    /// Workers go on as before where the database was restored beneath them.
    case restoreUnnoticed
    /// The broker is told a position before the database has it.
    case committedEarly
    /// What waits is not tried again.
    case deferredNeverRetried
}
