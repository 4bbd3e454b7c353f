/// The arguments of one command, by name. Defaults are filled in, and what is required is there.
struct ParsedArguments: Sendable, Equatable {
    private var optionValues: [String: [String]] = [:]
    private var positionalValues: [String: [String]] = [:]

    /// Whether a flag was given.
    func flag(_ long: String) -> Bool {
        optionValues[long] != nil
    }

    /// An option's value; its default; `nil` where it has neither.
    func value(_ long: String) -> String? {
        optionValues[long]?.last
    }

    /// The value of an option that is required or has a default.
    func required(_ long: String) throws -> String {
        guard let value = value(long) else { throw UsageError("missing option --\(long)") }
        return value
    }

    /// Every value of an option that may be repeated, in order.
    func values(_ long: String) -> [String] {
        optionValues[long] ?? []
    }

    /// An option's value as a whole number.
    func integer(_ long: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(long) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("--\(long) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// An option's value as one of the cases of an enum.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ long: String, as _: Choice.Type = Choice.self) throws -> Choice? {
        guard let text = value(long) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw UsageError("--\(long) takes one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// A positional that takes one word.
    func positional(_ name: String) throws -> String {
        guard let value = positionalValues[name]?.first else { throw UsageError("missing \(name)") }
        return value
    }

    /// The words of a positional, none where it was left out.
    func positionals(_ name: String) -> [String] {
        positionalValues[name] ?? []
    }

    /// - Throws: `UsageError`.
    init(_ words: ArraySlice<String>, for command: CommandSpec) throws {
        var loose: [String] = []
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                loose += rest
                break
            } else if word.hasPrefix("--") {
                try readOption(word.dropFirst(2), &rest, command)
            } else if word.hasPrefix("-"), word.count > 1 {
                throw UsageError("unknown option \(word); options are written out, such as --help")
            } else {
                loose.append(word)
            }
        }
        try assign(loose, command)
        for option in command.options where optionValues[option.long] == nil {
            if option.isRequired { throw UsageError("missing option --\(option.long)") }
            if let value = option.defaultValue { optionValues[option.long] = [value] }
        }
    }

    /// `--name`, `--name value` or `--name=value`.
    private mutating func readOption(_ text: Substring, _ rest: inout ArraySlice<String>, _ command: CommandSpec) throws {
        let equals = text.firstIndex(of: "=")
        let long = String(text[..<(equals ?? text.endIndex)])
        guard let option = command.options.first(where: { $0.long == long }) else {
            throw UsageError.unknown("option", "--\(long)", among: command.options.map { "--\($0.long)" } + ["--help"])
        }
        let attached = equals.map { String(text[text.index(after: $0)...]) }
        guard let valueName = option.valueName else {
            guard attached == nil else { throw UsageError("--\(long) takes no value") }
            optionValues[long] = []
            return
        }
        guard let value = attached ?? rest.popFirst() else { throw UsageError("--\(long) takes a value: \(valueName)") }
        guard option.isRepeatable || optionValues[long] == nil else { throw UsageError("--\(long) is given twice") }
        optionValues[long, default: []].append(value)
    }

    private mutating func assign(_ words: [String], _ command: CommandSpec) throws {
        var rest = words[...]
        for positional in command.positionals {
            let taken = positional.arity.isRepeatable ? rest : rest.prefix(1)
            if taken.isEmpty && positional.arity.isRequired { throw UsageError("missing \(positional.name)") }
            positionalValues[positional.name] = Array(taken)
            rest = rest.dropFirst(taken.count)
        }
        // The word is not repeated: a stray word may be a secret that lost its option.
        if !rest.isEmpty { throw UsageError("\(command.name) takes no further arguments; a text of several words is put in quotes") }
    }
}
