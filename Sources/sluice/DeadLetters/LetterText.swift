import Administration
import Contract
import Index

/// Dead letters for people and for programs; never their content.
enum LetterText {
    /// - Parameter marks: shown in a column of their own, where given.
    static func table(_ letters: [Letter], marks: [LetterID: LetterMark]?) -> String {
        var columns: [(String, TextTable.Alignment)] = [
            ("LETTER", .left), ("WHEN", .left), ("TENANT", .left), ("CODE", .left), ("STAGE", .left), ("FROM", .left), ("GROUP", .left), ("BYTES", .right),
        ]
        if marks != nil { columns.append(("STATE", .left)) }
        var table = TextTable(columns)
        for letter in letters {
            let errors = letter.errors
            table.append([
                letter.id.description, when(letter), letter.tenant?.text ?? "–", printable(errors?.code ?? "unreadable"), printable(errors?.stage ?? "–"),
                errors.map { place($0.position) } ?? "–", printable(errors?.group ?? "–"), String(letter.bytes), marks?[letter.id]?.rawValue ?? "",
            ])
        }
        return table.render()
    }

    static func counts(_ counts: [String: Int]) -> String {
        var table = TextTable([("CODE", .left), ("LETTERS", .right)])
        for (code, count) in counts.sorted(by: { $0.key < $1.key }) { table.append([printable(code), String(count)]) }
        return table.render()
    }

    /// To the second, in UTC.
    static func when(_ letter: Letter) -> String {
        letter.time?.toTheSecond ?? "–"
    }

    static func place(_ position: RecordPosition) -> String { "\(printable(position.topic))/\(position.partition)/\(position.offset)" }

    /// One line of JSON.
    static func json(_ letter: Letter, mark: LetterMark?) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("id", letter.id.description)
            $0.member("time", letter.time?.rfc3339)
            $0.member("tenant", letter.tenant?.text)
            $0.member("code", letter.errors?.code)
            $0.member("stage", letter.errors?.stage)
            $0.member("message", letter.errors?.message)
            $0.member("topic", letter.errors?.position.topic)
            $0.member("partition", letter.errors.map { Int($0.position.partition) })
            $0.member("offset", letter.errors.map { Int($0.position.offset) })
            $0.member("group", letter.errors?.group)
            $0.member("deliveries", letter.errors?.deliveryCount)
            $0.member("bytes", letter.bytes)
            $0.member("state", mark?.rawValue)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    /// Everything of a letter but its value.
    static func description(_ letter: Letter, _ record: InboundRecord, mark: LetterMark?) -> String {
        var table = TextTable([("FIELD", .left), ("VALUE", .left)])
        var rows = [
            ("letter", letter.id.description), ("when", when(letter)), ("state", mark?.rawValue ?? "as buried"), ("tenant", letter.tenant?.text ?? "–"),
        ]
        if let errors = letter.errors {
            rows += [
                ("code", errors.code), ("stage", errors.stage), ("message", errors.message), ("from", place(errors.position)), ("group", errors.group),
                ("deliveries", String(errors.deliveryCount)),
            ]
        } else {
            rows.append(("code", "unreadable: not written by Sluice"))
        }
        rows.append(("key", record.key.map(text) ?? "none"))
        rows.append(("value", record.value.map { "\($0.count) bytes" } ?? "none: a tombstone"))
        rows += (DeadLetterRecord(record)?.original ?? record).headers.map { ("header \(text($0.name))", $0.value.map(text) ?? "null") }
        for (field, value) in rows { table.append([field, printable(value)]) }
        return table.render()
    }

    /// What is no text, or too long for a line, is told by its size.
    private static func text(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(bytes.count) bytes that are no text" }
        return bytes.count <= 1024 ? text : "\(bytes.count) bytes"
    }
}

extension Timestamp {
    /// RFC 3339 in UTC, cut off at the second.
    var toTheSecond: String { Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch / 1_000_000 * 1_000_000).rfc3339 }
}
