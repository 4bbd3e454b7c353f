import Access
import Administration
import Contract
import Index

/// An explanation for people and for programs.
enum ExplainText {
    static func render(_ explanation: AccessExplanation) -> String {
        let question = explanation.question
        let when = question.moment.map { "at \($0.rfc3339)" } ?? explanation.document.map { "at \($0.readAt.rfc3339)" } ?? "now"
        let document = printable("\(question.source.text)/\(question.document.text)")
        var lines = [
            "\(printable(question.user.text)) \(verb(explanation)) \(document) of \(question.tenant), \(when)"
        ]
        if let record = explanation.document, record.state != .nothing { lines.append(row("document", state(record))) }
        if let rendition = explanation.document?.rendition { lines.append(row("content", content(rendition))) }
        for obstacle in explanation.obstacles { lines.append(row("hidden", obstacle.rawValue)) }
        for ruling in explanation.rulings { lines += Self.lines(ruling) }
        for group in explanation.closedGroups {
            lines.append(row("closed", "\(printable(group.text)) could not be read: it contains nobody for allow, everybody for deny"))
        }
        if question.moment != nil, explanation.document != nil {
            lines.append(row("note", "of the past, facts and access are kept, not what was indexed: visible means, once it was indexed"))
        }
        if explanation.isInconsistent { lines.append(row("ALARM", "row-level security goes by another list than the entries lead to: report this")) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func verb(_ explanation: AccessExplanation) -> String {
        switch (explanation.isVisible, explanation.question.moment == nil) {
        case (true, true): "may see"
        case (false, true): "may not see"
        case (true, false): "might have seen"
        case (false, false): "could not see"
        }
    }

    private static func row(_ title: String, _ text: String) -> String { "  " + padded(title, to: 10) + text }

    static func state(_ record: DocumentRecord) -> String {
        let version = record.version.map { ", version \($0.text)" } ?? ""
        let held = since(record.version)
        guard record.state == .exists else { return "deleted\(held)\(version)" }
        let container = record.container.map { ", in \(printable($0.text))" } ?? ", in no container"
        return "exists\(held)\(container)\(version)" + (record.expiresAt.map { ", expires \($0.rfc3339)" } ?? "")
    }

    private static func content(_ rendition: RenditionRecord) -> String {
        guard rendition.isPresent else {
            return "nothing readable in generation \(rendition.generation)" + (rendition.waits ? ", waiting for its content" : "")
        }
        let version = rendition.version.map { " of version \($0)" } ?? ""
        let expiry = rendition.expiresAt.map { ", expires \($0.rfc3339)" } ?? ""
        guard !rendition.isSettled else { return "generation \(rendition.generation)\(version)\(expiry)" }
        let container = rendition.container.map { printable($0.text) } ?? "no container"
        return "generation \(rendition.generation)\(version), in \(container)\(expiry); a newer version is known and not ready: both must allow"
    }

    private static func lines(_ ruling: AccessExplanation.Ruling) -> [String] {
        var lines: [String] = []
        for (index, step) in way(ruling.path, ruling.steps).enumerated() {
            lines.append(row(index == 0 ? (ruling.isOfOlderVersion ? "older" : "entries") : "", step))
        }
        for match in ruling.denying { lines.append(row("denied", matched(match))) }
        for match in ruling.allowing { lines.append(row("allowed", matched(match))) }
        if ruling.path.list != nil, ruling.allowing.isEmpty { lines.append(row("allowed", "none of the asker's principals is")) }
        return lines
    }

    /// The way to a document's list, name by name, and why there is none.
    static func way(_ path: AccessPath, _ steps: [AccessExplanation.Step]) -> [String] {
        let lines = steps.enumerated().map { index, step in
            "\(step.place.rawValue) \(printable(step.name.text)): \(entry(step, path, isLast: index == steps.count - 1))"
        }
        return path.list == nil ? lines + ["no list, visible to nobody: \(reason(path.end))"] : lines
    }

    private static func reason(_ end: AccessPath.End) -> String {
        switch end {
        case .list: "it allows nobody"
        case .unreadable: "an entry could not be read, and closes"
        case .nothing: "no entry on the way states one"
        case .cycle: "the containers lead back to one that was passed"
        }
    }

    private static func entry(_ step: AccessExplanation.Step, _ path: AccessPath, isLast: Bool) -> String {
        if isLast, path.end == .cycle { return "passed before" }
        guard let entry = step.entry else { return "no entry" }
        let version = ", version \(entry.version.text)\(since(entry.version))"
        switch entry.state {
        case .list:
            guard isLast, let list = path.list else { return "a list\(version)" }
            return "a list of \(list.allow.count) allowed, \(list.deny.count) denied\(version)"
        case .parent: return (entry.parent.map { "no list, within \(printable($0.text))" } ?? "no list") + version
        case .removed: return "entry taken away\(version)"
        case .unreadable: return "an entry that could not be read\(version)"
        }
    }

    private static func matched(_ match: AccessExplanation.Match) -> String {
        guard match.through.count > 1 else { return printable(match.principal.text) }
        return "\(printable(match.principal.text)), through \(match.through.map { printable($0.text) }.joined(separator: " → "))"
    }

    private static func since(_ version: StatedVersion?) -> String {
        guard let version else { return "" }
        return version.since.map { " since \($0.rfc3339)" } ?? " since before this history begins"
    }

    // MARK: JSON

    /// One line of JSON.
    static func json(_ explanation: AccessExplanation) -> String {
        let question = explanation.question
        var json = JSONWriter()
        json.object {
            $0.member("visible", explanation.isVisible)
            $0.member("tenant", question.tenant.text)
            $0.member("source", question.source.text)
            $0.member("document", question.document.text)
            $0.member("user", question.user.text)
            $0.member("groups") { $0.array(question.groups) { $0.value($1.text) } }
            $0.member("at", (question.moment ?? explanation.document?.readAt)?.rfc3339)
            $0.member("obstacles") { $0.array(explanation.obstacles) { $0.value("\($1)") } }
            if let record = explanation.document { $0.member("facts") { write(record, to: &$0) } }
            $0.member("rulings") { $0.array(explanation.rulings) { write($1, to: &$0) } }
            $0.member("closedGroups") { $0.array(explanation.closedGroups) { $0.value($1.text) } }
            $0.member("inconsistent", explanation.isInconsistent)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    static func write(_ record: DocumentRecord, to json: inout JSONWriter) {
        json.object {
            $0.member("state", "\(record.state)")
            $0.member("version", record.version?.text)
            $0.member("since", record.version?.since?.rfc3339)
            $0.member("container", record.container?.text)
            $0.member("expiresAt", record.expiresAt?.rfc3339)
            guard let rendition = record.rendition else { return }
            $0.member("rendition") {
                $0.object {
                    $0.member("generation", rendition.generation)
                    $0.member("present", rendition.isPresent)
                    $0.member("version", rendition.version)
                    $0.member("container", rendition.container?.text)
                    $0.member("expiresAt", rendition.expiresAt?.rfc3339)
                    $0.member("settled", rendition.isSettled)
                    $0.member("waits", rendition.waits)
                }
            }
        }
    }

    private static func write(_ ruling: AccessExplanation.Ruling, to json: inout JSONWriter) {
        json.object {
            $0.member("allows", ruling.allows)
            $0.member("ofOlderVersion", ruling.isOfOlderVersion)
            $0.member("end", ruling.path.end.name)
            $0.member("entries") {
                $0.array(ruling.steps) { write($1, to: &$0) }
            }
            for (name, matches) in [("allowing", ruling.allowing), ("denying", ruling.denying)] {
                $0.member(name) {
                    $0.array(matches) { json, match in
                        json.object {
                            $0.member("principal", match.principal.text)
                            $0.member("through") { $0.array(match.through) { $0.value($1.text) } }
                        }
                    }
                }
            }
        }
    }

    static func write(_ step: AccessExplanation.Step, to json: inout JSONWriter) {
        json.object {
            $0.member("place", step.place.rawValue)
            $0.member("name", step.name.text)
            $0.member("state", step.entry.map { "\($0.state)" })
            $0.member("version", step.entry?.version.text)
            $0.member("since", step.entry?.version.since?.rfc3339)
            $0.member("parent", step.entry?.parent?.text)
        }
    }
}

extension AccessPath.End {
    var name: String {
        switch self {
        case .list: "list"
        case .unreadable: "unreadable"
        case .nothing: "nothing"
        case .cycle: "cycle"
        }
    }
}
