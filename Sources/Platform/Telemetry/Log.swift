import Glibc

/// Structured log: one JSON object a line, to standard error.
///
/// The message is a constant, so that lines can be counted by it; what varies is in the fields. Each line leaves in one `write(2)`,
/// so lines of several threads do not mix in a file or, up to 4,096 bytes, in a pipe. Below `level` nothing is evaluated.
///
/// ```swift
/// log.info("assigned", [.topic: .string(topic.name), .partition: .int(3)])
/// ```
package struct Log: Sendable {
    /// Longest string value in bytes: with a handful of fields the line stays below `PIPE_BUF` (4,096), within which a pipe keeps it whole.
    package static let valueByteLimit = 512

    /// The least important level that is written.
    package let level: LogLevel
    private let descriptor: Int32

    package init(level: LogLevel = .info, descriptor: Int32 = STDERR_FILENO) {
        self.level = level
        self.descriptor = descriptor
    }

    package func log(_ level: LogLevel, _ message: StaticString, _ fields: @autoclosure () -> KeyValuePairs<LogKey, LogValue> = [:]) {
        guard level >= self.level else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let line = LogLine.encode(level, message, fields(), seconds: Int64(now.tv_sec), nanoseconds: Int64(now.tv_nsec))
        write(line)
    }

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.debug, message, fields())
    }

    package func info(_ message: StaticString, _ fields: @autoclosure () -> KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.info, message, fields())
    }

    package func warning(_ message: StaticString, _ fields: @autoclosure () -> KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.warning, message, fields())
    }

    package func error(_ message: StaticString, _ fields: @autoclosure () -> KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.error, message, fields())
    }

    /// One call in all but pathological cases; the loop is for a signal or a full disk that cut it short. A log that cannot be written is
    /// given up: there is nobody left to tell.
    private func write(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, start + written, bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                written += count
            }
        }
    }
}
