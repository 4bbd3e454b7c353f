import Index
import Transport

/// A worker that was fenced off joins its group anew and goes on with what it is given.
extension IndexError: RetryableError {
    package var isRetryable: Bool { self == .fenced || self == .renamed }
}
