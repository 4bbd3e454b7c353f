import Configuration

/// Runs the command that the words name and turns what goes wrong into a line on standard error and an exit code.
enum CommandRunner {
    /// - Parameter words: without the program's name.
    static func run(_ words: [String], in root: CommandGroup) async -> ExitCode {
        do {
            switch try CommandParser(root: root).parse(words) {
            case .help(let text):
                Terminal.write(text)
                return .success
            case .run(let command, let arguments):
                return try await command.run(arguments)
            }
        } catch {
            Terminal.writeError("\(root.name): \(error)\n")
            if error is UsageError { Terminal.writeError("\(root.name) --help tells what there is.\n") }
            return exitCode(for: error)
        }
    }

    static func exitCode(for error: any Error) -> ExitCode {
        switch error {
        case is UsageError: .usage
        case is ConfigurationError: .configuration
        case is CancellationError: .interrupted
        default: .failure
        }
    }
}
