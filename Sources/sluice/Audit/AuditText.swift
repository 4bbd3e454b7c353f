import Contract
import Index

/// What an audit found, for people and for programs.
enum AuditText {
    /// A line for each document of each answer; of a search for a document, that one alone.
    static func table(_ page: [AnswerRecord], _ search: AnswerSearch) -> String {
        var columns: [(String, TextTable.Alignment)] = [
            ("WHEN", .left), ("USER", .left), ("DOCUMENT", .left), ("CONTENT", .left), ("PERMISSIONS", .left), ("BYTES", .left), ("KIND", .left),
            ("STATUS", .left), ("QUERY", .left),
        ]
        let hasText = page.contains { $0.text != nil }
        if hasText { columns.append(("TEXT", .left)) }
        var table = TextTable(columns)
        for record in page {
            let query = "\(printable(record.member("source") ?? "–"))/\(printable(record.member("id") ?? "–"))"
            let shown: [ShownDocument?] = record.shown.filter { search.isAbout($0) }
            for document in shown.isEmpty ? [nil] : shown {
                table.append([
                    record.at.rfc3339, printable(record.user), document.map { printable("\($0.source)/\($0.document)") } ?? "–",
                    document?.contentVersion ?? "–",
                    document?.permissionsVersion ?? "–",
                    document.map { $0.spans.map { "\($0.lowerBound)–\($0.upperBound)" }.joined(separator: ", ") } ?? "–", record.member("kind") ?? "altered",
                    record.member("status") ?? "–", query, record.text.map(printable) ?? "",
                ])
            }
        }
        return table.render()
    }

    /// One line of JSON.
    static func json(_ record: AnswerRecord) -> String {
        var json = JSONWriter()
        json.object { write(record, to: &$0) }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    /// The members of an answer.
    static func write(_ record: AnswerRecord, to json: inout JSONWriter) {
        json.member("at", record.at.rfc3339)
        json.member("user", record.user)
        json.member("chain", record.chain)
        json.member("entry", Int(record.entry))
        json.member("answer") { $0.value(record.detail) }
        if let text = record.text { json.member("text", text) }
    }

    static func report(_ verification: AuditVerification) -> String {
        var text = ""
        for chain in verification.chains {
            for flaw in chain.flaws { text += "✗ \(chain.name), line \(flaw.entry): \(explain(flaw.kind))\n" }
        }
        let lines = verification.chains.reduce(0) { $0 + $1.lines }
        let open = verification.chains.dropFirst().filter { !$0.isClosed && $0.flaws.isEmpty }.count
        if verification.isWhole { text += "✓ \(verification.chains.count) chains with \(lines) lines are whole\n" }
        let erased = verification.chains.reduce(0) { $0 + $1.erased }
        if erased > 0 { text += "· \(erased) lines have lost what they said to erasures: `sluice erase list` names these\n" }
        if open > 0 { text += "· \(open) chains have no last line: their workers run, or ended without one\n" }
        if let admin = verification.chains.first, let head = admin.head { text += "\(admin.name)=\(head.text)\n" }
        return text
    }

    private static func explain(_ kind: AuditFlaw.Kind) -> String {
        switch kind {
        case .altered: "altered: it is not what was written"
        case .missing: "missing: it was written, and it or those after it are gone"
        case .unlinked: "unlinked: it does not follow the line before it"
        }
    }

    static func json(_ verification: AuditVerification) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("whole", verification.isWhole)
            $0.member("chains") {
                $0.array(verification.chains) { json, chain in
                    json.object {
                        $0.member("chain", chain.name)
                        $0.member("lines", Int(chain.lines))
                        $0.member("erased", Int(chain.erased))
                        $0.member("closed", chain.isClosed)
                        $0.member("head", chain.head?.text)
                        $0.member("flaws") {
                            $0.array(chain.flaws) { json, flaw in
                                json.object {
                                    $0.member("entry", Int(flaw.entry))
                                    $0.member("kind", flaw.kind.rawValue)
                                }
                            }
                        }
                    }
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}

extension AnswerSearch {
    fileprivate func isAbout(_ document: ShownDocument) -> Bool {
        guard case .document(let source, let subject) = self.subject else { return true }
        return document.source == source.text && document.document.utf8.elementsEqual(subject.text.utf8)
    }
}
