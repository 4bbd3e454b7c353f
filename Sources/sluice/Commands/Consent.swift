import Glibc

/// How commands that cannot be taken back are told to go on: by `--yes`, or by who sits at the terminal.
enum Consent {
    static let options: [CommandSpec.Option] = [
        .flag("dry-run", "Say what would be done, and do nothing."), .flag("yes", "Do it without asking."),
    ]

    /// Why, for the audit log.
    static let reason = CommandSpec.Option.value("reason", "TEXT", "Why: the audit log keeps it.", isRequired: true)

    /// Whether somebody can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && Terminal.standardErrorIsTerminal }

    /// What to do now that it has been said what would be done; an exit code where that is nothing.
    ///
    /// - Throws: `UsageError` where nobody can be asked.
    static func decide(_ arguments: ParsedArguments, question: String) throws -> ExitCode? {
        if arguments.flag("dry-run") {
            Terminal.write("dry run: nothing was done\n")
            return .success
        }
        if arguments.flag("yes") { return nil }
        guard canAsk else { throw UsageError("nothing was done: without a terminal to ask at, this takes --yes (or --dry-run)") }
        if ask(question) { return nil }
        Terminal.writeError("nothing was done\n")
        return .failure
    }

    /// - Returns: whether the answer was yes, in so many letters.
    static func ask(_ question: String) -> Bool {
        Terminal.writeError("\(question) [y/N] ")
        let answer = readLine(strippingNewline: true)?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
