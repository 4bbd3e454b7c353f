/// How much a log line matters.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// For whoever debugs this very code.
    case debug
    /// A change of state worth knowing.
    case info
    /// Something failed and Sluice deals with it.
    case warning
    /// Data is lost, or someone must act.
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rank < right.rank
    }
}
