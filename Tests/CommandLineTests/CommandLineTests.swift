import Configuration
import Kafka
import Testing

@testable import sluice

@Suite struct `Command line` {
    private static let publish = CommandSpec(
        name: "publish", summary: "Publish files.", discussion: "Folders are walked.",
        positionals: [.init("PATH", "Files and folders.", arity: .oneOrMore)],
        options: [
            .value("tenant", "T", "Tenant.", isRequired: true), .values("allow", "PRINCIPAL", "Who may see it."),
            .value("limit", "N", "Most files.", default: "10"), .flag("json", "Print JSON."),
        ]
    ) { _ in .success }

    private static let root = CommandGroup(
        name: "sluice", summary: "Test.",
        commands: [
            .command(publish),
            .group(
                CommandGroup(
                    name: "tenant", summary: "Tenants.",
                    commands: [
                        .command(
                            CommandSpec(name: "create", summary: "Register a tenant.", positionals: [.init("TENANT", "Its name.")]) { _ in .failure })
                    ])),
        ])

    private func parse(_ line: String) throws -> ParsedArguments {
        guard case .run(_, let arguments) = try CommandParser(root: Self.root).parse(line.split(separator: " ").map(String.init)) else {
            throw UsageError("help")
        }
        return arguments
    }

    private func help(_ line: String) throws -> String? {
        guard case .help(let text) = try CommandParser(root: Self.root).parse(line.split(separator: " ").map(String.init)) else { return nil }
        return text
    }

    @Test func `options and words may be mixed, and defaults are filled in`() throws {
        let arguments = try parse("publish a --tenant=acme b --allow group:x --json --allow=user:y=z c")
        #expect(arguments.positionals("PATH") == ["a", "b", "c"])
        #expect(try arguments.required("tenant") == "acme")
        #expect(arguments.values("allow") == ["group:x", "user:y=z"])
        #expect(arguments.flag("json"))
        #expect(try arguments.integer("limit", in: 1...100) == 10)
        #expect(arguments.value("absent") == nil)
    }

    @Test func `after two dashes words are only words`() throws {
        let arguments = try parse("publish --tenant acme -- --help -x --json")
        #expect(arguments.positionals("PATH") == ["--help", "-x", "--json"])
        #expect(!arguments.flag("json"))
    }

    @Test(arguments: [
        ("publsh a", "unknown command publsh; did you mean publish?"),
        ("tenant craete a", "unknown command craete; did you mean create?"),
        ("tenant", "sluice tenant takes a command: create"),
        ("--hepl", "unknown option --hepl; did you mean --help?"),
        ("publish a --tennant x", "unknown option --tennant; did you mean --tenant?"),
        ("publish a --zzzzzz x", "unknown option --zzzzzz"),
        ("publish a -t x", "unknown option -t; options are written out, such as --help"),
        ("publish a", "missing option --tenant"),
        ("publish --tenant t", "missing PATH"),
        ("publish a --tenant", "--tenant takes a value: T"),
        ("publish a --tenant t --tenant u", "--tenant is given twice"),
        ("publish a --tenant t --json=yes", "--json takes no value"),
        ("tenant create a b", "create takes no further arguments; a text of several words is put in quotes"),
    ])
    func `a mistake is named`(line: String, message: String) {
        #expect(throws: UsageError(message)) { try parse(line) }
    }

    @Test func `a number out of range and a word that is no choice are refused`() throws {
        enum Mode: String, CaseIterable { case vector, lexical }
        let arguments = try parse("publish a --tenant lexical --limit 101")
        #expect(throws: UsageError("--limit takes a whole number from 1 to 100")) { try arguments.integer("limit", in: 1...100) }
        #expect(try arguments.choice("tenant", as: Mode.self) == .lexical)
        #expect(throws: UsageError("--limit takes one of: vector, lexical")) { try arguments.choice("limit", as: Mode.self) }
    }

    @Test func `help of a command lists what it takes`() throws {
        #expect(
            try help("publish --help") == """
                Publish files.

                Usage: sluice publish [options] --tenant T PATH…

                Folders are walked.

                Arguments:
                  PATH  Files and folders.

                Options:
                  --tenant T         Tenant. Required.
                  --allow PRINCIPAL  Who may see it. May be repeated.
                  --limit N          Most files. Default: 10.
                  --json             Print JSON.
                  --help             Show this.

                """)
    }

    @Test(arguments: ["", "--help", "-h", "help"]) func `help of the whole lists the commands`(line: String) throws {
        #expect(
            try help(line) == """
                Test.

                Usage: sluice <command>

                Commands:
                  publish  Publish files.
                  tenant   Tenants.

                sluice <command> --help tells more of a command.

                """)
    }

    @Test func `help of a group stands below it`() throws {
        #expect(try help("tenant --help")?.contains("Usage: sluice tenant <command>\n\nCommands:\n  create  Register a tenant.\n") == true)
    }

    @Test func `exit codes tell what went wrong`() async {
        #expect(await PrintedRun(["tenant", "create", "acme"], of: Self.root).code == .failure)
        #expect(CommandRunner.exitCode(for: UsageError("x")) == .usage)
        #expect(CommandRunner.exitCode(for: CancellationError()) == .interrupted)
        do {
            try Configuration(environment: [:]).require(Settings.credentials)
        } catch {
            #expect(CommandRunner.exitCode(for: error) == .configuration)
        }
    }

    @Test func `every command has a summary and a name of its own`() {
        let names = sluiceCommands.commands.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(sluiceCommands.commands.allSatisfy { $0.summary.hasSuffix(".") })
    }
}

@Suite struct `Exit codes` {
    @Test func `say whether to mend the command line, the settings, or to try again`() {
        #expect(CommandRunner.exitCode(for: UsageError("x")) == .usage)
        #expect(CommandRunner.exitCode(for: StartError("x")) == .configuration)
        #expect(CommandRunner.exitCode(for: KafkaError(.unavailable, "x")) == .unavailable)
        #expect(CommandRunner.exitCode(for: KafkaError(.timedOut, "x")) == .unavailable)
        #expect(CommandRunner.exitCode(for: KafkaError(.invalidConfiguration, "x")) == .configuration)
        #expect(CommandRunner.exitCode(for: KafkaError(.fatal, "x")) == .failure)
        #expect(CommandRunner.exitCode(for: ClientError.noResult(within: .seconds(1))) == .unavailable)
        #expect(CommandRunner.exitCode(for: ClientError.notRegistered([])) == .configuration)
        #expect(CommandRunner.exitCode(for: CancellationError()) == .interrupted)
    }
}
