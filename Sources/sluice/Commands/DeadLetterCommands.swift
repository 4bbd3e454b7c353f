import Administration
import Contract
import Glibc
import Index
import Kafka
import Transport

let deadLetterCommands = CommandGroup(
    name: "dlq", summary: "Dead letters: records that could not succeed.",
    commands: [.command(listLettersCommand), .command(showLetterCommand), .command(redriveCommand), .command(purgeCommand)])

private let listLettersCommand = CommandSpec(
    name: "list", summary: "List dead letters, and count them by code.",
    discussion: """
        A letter is named by its place on the dead-letter topic, PARTITION/OFFSET. WHEN is the record's own time: when it was published.
        Letters that were redriven or purged are left out.
        """,
    options: LetterOptions.filters + [
        .value("limit", "N", "Show at most so many, the newest.", default: "100"),
        .flag("all", "Also those that were redriven or purged."), .flag("json", "Print one JSON object a letter."),
    ]
) { arguments in
    let filter = try LetterOptions.filter(arguments)
    let limit = try arguments.integer("limit", in: 1...1_000_000) ?? 100
    return try await DeadLetterDesk.with(Runtime()) { desk in
        let marks = try await desk.marks()
        var newest = NewestLetters(limit: limit)
        var counts: [String: Int] = [:]
        try await desk.topic.scan { letter in
            guard filter.matches(letter), arguments.flag("all") || marks[letter.id] == nil else { return }
            counts[letter.errors?.code ?? "unreadable", default: 0] += 1
            newest.add(letter)
        }
        let letters = newest.letters
        if arguments.flag("json") {
            for letter in letters { Terminal.write(LetterText.json(letter, mark: marks[letter.id])) }
            return .success
        }
        let total = counts.values.reduce(0, +)
        guard total > 0 else {
            Terminal.write("no dead letters\n")
            return .success
        }
        Terminal.write(LetterText.table(letters, marks: arguments.flag("all") ? marks : nil) + "\n" + LetterText.counts(counts))
        if letters.count < total { Terminal.write("\nthe newest \(letters.count) of \(total) are shown: --limit shows more\n") }
        return .success
    }
}

private let showLetterCommand = CommandSpec(
    name: "show", summary: "Show one dead letter: why it was buried, its key and its headers.",
    discussion: "The content is not shown: --value writes it to a file that only you can read.",
    positionals: [.init("LETTER", "Its place on the dead-letter topic: PARTITION/OFFSET.")],
    options: [.value("value", "FILE", "Write the value to this file, which must not be there yet.")]
) { arguments in
    let id = try LetterOptions.id(try arguments.positional("LETTER"))
    return try await DeadLetterDesk.with(Runtime()) { desk in
        guard let record = try await desk.topic.record(id) else { throw ClientError("there is no letter \(id)") }
        Terminal.write(LetterText.description(Letter(record), record, mark: try await desk.marks()[id]))
        guard let path = arguments.value("value") else { return .success }
        guard let value = record.value else { throw ClientError("letter \(id) is a tombstone: it has no value") }
        try writePrivately(value, to: path)
        Terminal.write("\nwrote \(value.count) bytes to \(path)\n")
        return .success
    }
}

private let redriveCommand = CommandSpec(
    name: "redrive", summary: "Send dead letters through the workers again, under their original positions.",
    discussion: """
        Redrives the letters that are named, or that the filters let through; without either, all that were neither redriven nor purged.
        Permissions and memberships go first; documents follow once the registrar has applied these. A letter is judged by the position and
        sequence it first had, so it never overwrites anything newer. Queries are never redriven: who asked waits no longer.
        """,
    positionals: [.init("LETTER", "Letters by name: PARTITION/OFFSET.", arity: .any)],
    options: LetterOptions.filters + [
        .flag("all", "Also those that were redriven or purged before."),
        .value("timeout", "SECONDS", "How long the registrar may stand still while it is waited for.", default: "60"),
    ] + Consent.options
) { arguments in
    let filter = try LetterOptions.filter(arguments)
    let patience = Duration.seconds(try arguments.integer("timeout", in: 1...86_400) ?? 60)
    let runtime = try Runtime()
    return try await DeadLetterDesk.with(runtime) { desk in
        let letters = try await desk.letters(filter, all: arguments.flag("all"))
        guard let plan = try await desk.plan(letters) else { return .success }
        if let code = try Consent.decide(arguments, question: "Redrive \(plan.count) letters?") { return code }
        try await desk.redrive(plan, filter: filter, patience: patience, runtime)
        return .success
    }
}

private let purgeCommand = CommandSpec(
    name: "purge", summary: "Give dead letters up: listings leave them out, and the broker deletes what it can.",
    discussion: """
        Purges the letters that are named, or that the filters let through; without either, all that were neither redriven nor purged.
        Then, at the beginning of each partition, the broker is asked to delete what was purged or redriven: a topic can lose records from its
        beginning alone. What stands behind a letter that is kept stays until that is dealt with, or the topic's retention is over.
        """,
    positionals: [.init("LETTER", "Letters by name: PARTITION/OFFSET.", arity: .any)],
    options: LetterOptions.filters + Consent.options
) { arguments in
    let filter = try LetterOptions.filter(arguments)
    return try await DeadLetterDesk.with(Runtime()) { desk in
        let letters = try await desk.letters(filter, all: false)
        guard !letters.isEmpty else { return .success }
        Terminal.write(LetterText.counts(Dictionary(grouping: letters) { $0.errors?.code ?? "unreadable" }.mapValues(\.count)) + "\n")
        if let code = try Consent.decide(arguments, question: "Purge \(letters.count) letters for good?") { return code }
        try await desk.purge(letters, filter: filter)
        return .success
    }
}

/// The newest of many letters, without holding them all.
struct NewestLetters {
    private let limit: Int
    private var kept: [Letter] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ letter: Letter) {
        kept.append(letter)
        if kept.count >= 2 * limit { kept = letters }
    }

    /// Oldest first.
    var letters: [Letter] {
        kept.sorted { ($0.timestampMilliseconds, $0.id) < ($1.timestampMilliseconds, $1.id) }.suffix(limit)
    }
}

/// How dead letters are chosen on the command line.
enum LetterOptions {
    static let filters: [CommandSpec.Option] = [
        .value("tenant", "T", "Only this tenant's."), .value("code", "C", "Only those of this code, such as unknown_tenant."),
        .value("since", "TIME", "Only from then on: RFC 3339, or how long ago, such as 2h or 7d."),
        .value("until", "TIME", "Only before then."),
    ]

    /// - Throws: `UsageError`.
    static func filter(_ arguments: ParsedArguments, now: Timestamp = .now) throws -> LetterFilter {
        let ids = Set(try arguments.positionals("LETTER").map(id))
        let filter = LetterFilter(
            tenant: try arguments.value("tenant") == nil ? nil : arguments.tenant(), code: try arguments.choice("code", as: RejectionCode.self),
            since: try moment("since", arguments, now), until: try moment("until", arguments, now), ids: ids)
        if !ids.isEmpty, filter != LetterFilter(ids: ids) { throw UsageError("letters are named, or filtered, not both") }
        return filter
    }

    static func id(_ text: String) throws -> LetterID {
        guard let id = LetterID(text) else { throw UsageError("a letter is named PARTITION/OFFSET, such as 0/41") }
        return id
    }

    private static func moment(_ option: String, _ arguments: ParsedArguments, _ now: Timestamp) throws -> Timestamp? {
        guard let text = arguments.value(option) else { return nil }
        guard let moment = Timestamp(moment: text, now: now) else {
            throw UsageError("--\(option) takes a time: RFC 3339, such as 2026-03-01T09:00:00Z, or how long ago, such as 90s, 30m, 2h, 7d or 2w")
        }
        return moment
    }
}

/// Writes a file that is not there yet, for its owner's eyes alone.
///
/// - Throws: `ClientError` with the path.
func writePrivately(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ClientError("\(path): \(String(cString: strerror(errno)))") }
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        written += count
    }
    guard close(descriptor) == 0, written == bytes.count else { throw ClientError("\(path) could not be written") }
}
