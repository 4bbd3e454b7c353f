import Glibc

/// Standard output and standard error, written through at once.
enum Terminal {
    /// Told of what is printed below this task, in place of the terminal: what a test reads.
    @TaskLocal static var listener: (@Sendable (String) -> Void)?

    static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Cells of a line of standard output; where that is no terminal, what reads well.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        // Longer lines are hard to follow.
        return min(Int(size.ws_col), 120)
    }

    static func write(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    static func writeError(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    /// A reader that has gone away is no reason to fail.
    private static func write(_ text: String, to descriptor: Int32) {
        if let listener { return listener(text) }
        var text = text
        text.withUTF8 { bytes in
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
