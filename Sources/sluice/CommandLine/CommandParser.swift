/// Finds the command that the words name.
struct CommandParser {
    enum Request: Sendable {
        case run(CommandSpec, ParsedArguments)
        /// Help was asked for.
        case help(String)
    }

    let root: CommandGroup

    /// - Parameter words: without the program's name.
    /// - Throws: `UsageError`.
    func parse(_ words: [String]) throws -> Request {
        var group = root
        var path = [root.name]
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" || (word == "help" && path.count == 1 && rest.isEmpty) {
                return .help(HelpText.render(group, path: path))
            }
            guard let node = group.commands.first(where: { $0.name == word }) else {
                let what = word.hasPrefix("-") ? "option" : "command"
                throw UsageError.unknown(what, word, among: what == "option" ? ["--help"] : group.commands.map(\.name))
            }
            path.append(word)
            switch node {
            case .group(let inner): group = inner
            case .command(let command):
                // Not past `--`, where words are only words.
                if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
                    return .help(HelpText.render(command, path: path))
                }
                return .run(command, try ParsedArguments(rest, for: command))
            }
        }
        guard path.count > 1 || !words.isEmpty else { return .help(HelpText.render(group, path: path)) }
        throw UsageError("\(path.joined(separator: " ")) takes a command: \(group.commands.map(\.name).joined(separator: ", "))")
    }
}
