import Contract
import Index

/// How often and how long a document waits.
package struct DeferralPolicy: Sendable {
    /// From the first try on; after it the document is rejected.
    package let longest: Duration

    /// The first pause, and the longest between two tries: a host that was restarted is asked soon, one that is gone not often.
    private static let (first, most) = (Duration.seconds(5), Duration.seconds(600))

    package init(longest: Duration) {
        self.longest = longest
    }

    /// Longer than anybody waits: who resumes the source makes it due.
    private static let untilResumed = Duration.seconds(100 * 365 * 86_400)

    /// - Parameter waiting: how it fared so far.
    func delay(of postponement: Postponement, after waiting: DeferredRecord?) -> Duration {
        switch postponement.cause {
        case .source: Self.untilResumed
        // Not all of them in its first second.
        case .budget: (postponement.retryAfter ?? Self.most) + Self.first * Double.random(in: 0...1)
        case .reference:
            delay(after: waiting?.cause == .reference ? waiting?.attempts ?? 0 : 0, asked: postponement.retryAfter)
        }
    }

    /// - Parameter attempts: so far, this one not counted.
    private func delay(after attempts: Int, asked: Duration?) -> Duration {
        let exponential = min(Self.most, Self.first * (1 << min(attempts, 20)))
        // Apart from each other, so that a host that comes back is not met by all at once.
        return max(asked.map { min($0, longest) } ?? .zero, exponential * Double.random(in: 0.75...1.25))
    }

    func isOver(_ waiting: DeferredRecord) -> Bool { waiting.isAbandoned || waiting.cause == .reference && waiting.age > longest }
}
