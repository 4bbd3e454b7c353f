/// What `sluice` exits with.
enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    /// The command ran and did not succeed.
    case failure = 1
    /// The command line is not understood.
    case usage = 2
    /// A setting is missing, not allowed, or against another.
    case configuration = 3
    /// Broker or database cannot be reached; trying again may help.
    case unavailable = 4
    /// Row-level security does not hold as it must: nothing is served until somebody has mended it.
    case unproven = 5
    /// A defect of Sluice (`EX_SOFTWARE` of sysexits.h).
    case internalError = 70
    /// Stopped by the user: 128 and SIGINT's number, as shells count.
    case interrupted = 130
}
