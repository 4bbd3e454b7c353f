/// One command: what it takes, what it says of itself, what it does.
struct CommandSpec: Sendable {
    /// `--name` or `--name VALUE`.
    struct Option: Sendable {
        let long: String
        /// What stands for the value in help; `nil` for a flag.
        let valueName: String?
        let help: String
        let defaultValue: String?
        let isRequired: Bool
        /// Whether it may be given several times.
        let isRepeatable: Bool

        static func flag(_ long: String, _ help: String) -> Option {
            Option(long: long, valueName: nil, help: help, defaultValue: nil, isRequired: false, isRepeatable: false)
        }

        static func value(_ long: String, _ valueName: String, _ help: String, default defaultValue: String? = nil, isRequired: Bool = false) -> Option {
            Option(long: long, valueName: valueName, help: help, defaultValue: defaultValue, isRequired: isRequired, isRepeatable: false)
        }

        static func values(_ long: String, _ valueName: String, _ help: String, isRequired: Bool = false) -> Option {
            Option(long: long, valueName: valueName, help: help, defaultValue: nil, isRequired: isRequired, isRepeatable: true)
        }
    }

    struct Positional: Sendable {
        enum Arity: Sendable {
            case one, optional, oneOrMore, any

            var isRequired: Bool { self == .one || self == .oneOrMore }
            var isRepeatable: Bool { self == .oneOrMore || self == .any }
        }

        /// In capitals, as help shows it.
        let name: String
        let help: String
        let arity: Arity

        init(_ name: String, _ help: String, arity: Arity = .one) {
            self.name = name
            self.help = help
            self.arity = arity
        }
    }

    let name: String
    /// One line, for the list of commands.
    let summary: String
    /// More than the summary says, for the command's own help.
    let discussion: String
    /// Those that repeat come last.
    let positionals: [Positional]
    let options: [Option]
    let run: @Sendable (ParsedArguments) async throws -> ExitCode

    init(
        name: String, summary: String, discussion: String = "", positionals: [Positional] = [], options: [Option] = [],
        run: @escaping @Sendable (ParsedArguments) async throws -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.positionals = positionals
        self.options = options
        self.run = run
    }
}

/// Commands under one name.
struct CommandGroup: Sendable {
    let name: String
    let summary: String
    let commands: [CommandNode]
}

/// A command or a group of them.
enum CommandNode: Sendable {
    case command(CommandSpec)
    case group(CommandGroup)

    var name: String {
        switch self {
        case .command(let command): command.name
        case .group(let group): group.name
        }
    }

    var summary: String {
        switch self {
        case .command(let command): command.summary
        case .group(let group): group.summary
        }
    }
}
