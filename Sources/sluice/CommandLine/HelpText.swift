/// What `--help` prints.
enum HelpText {
    static func render(_ group: CommandGroup, path: [String]) -> String {
        var text = "\(group.summary)\n\nUsage: \(path.joined(separator: " ")) <command>\n\nCommands:\n"
        text += columns(group.commands.map { ($0.name, $0.summary) })
        return text + "\n\(path.joined(separator: " ")) <command> --help tells more of a command.\n"
    }

    static func render(_ command: CommandSpec, path: [String]) -> String {
        var usage = path
        if !command.options.filter({ !$0.isRequired }).isEmpty { usage.append("[options]") }
        usage += command.options.filter(\.isRequired).map { "--\($0.long) \($0.valueName ?? "")" }
        usage += command.positionals.map(placeholder)
        var text = "\(command.summary)\n\nUsage: \(usage.joined(separator: " "))\n"
        if !command.discussion.isEmpty { text += "\n\(command.discussion)\n" }
        if !command.positionals.isEmpty {
            text += "\nArguments:\n" + columns(command.positionals.map { ($0.name, $0.help) })
        }
        return text + "\nOptions:\n" + columns(command.options.map { (label($0), note($0)) } + [("--help", "Show this.")])
    }

    private static func placeholder(_ positional: CommandSpec.Positional) -> String {
        switch positional.arity {
        case .one: positional.name
        case .optional: "[\(positional.name)]"
        case .oneOrMore: "\(positional.name)…"
        case .any: "[\(positional.name)…]"
        }
    }

    private static func label(_ option: CommandSpec.Option) -> String {
        "--\(option.long)" + (option.valueName.map { " \($0)" } ?? "")
    }

    private static func note(_ option: CommandSpec.Option) -> String {
        var note = option.help
        if option.isRequired { note += " Required." }
        if option.isRepeatable { note += " May be repeated." }
        if let value = option.defaultValue { note += " Default: \(value)." }
        return note
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map { displayWidth($0.0) }.max() ?? 0
        return rows.map { "  \(padded($0.0, to: width))  \($0.1)\n" }.joined()
    }
}
