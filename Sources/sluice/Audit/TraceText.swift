import Administration
import Contract
import Digest
import Index

/// A document's way, for people and for programs.
enum TraceText {
    static func render(_ trace: DocumentTrace) -> String {
        var text = "\(trace.tenant)/\(printable("\(trace.source.text)/\(trace.document.text)"))\n"
        text += "\nfacts\n  \(trace.facts.map { $0.state == .nothing ? "no document of this name is known" : ExplainText.state($0) } ?? "never heard of")\n"
        text += section("records", outcomes(trace.outcomes), without: "none that is known took effect, or was refused")
        text += section("text", renditions(trace.renditions), without: "no generation has anything of it")
        text += "\naccess\n" + ExplainText.way(trace.path, trace.steps).map { "  \($0)\n" }.joined()
        text += section("shown", answers(trace), without: "to nobody that is recorded")
        for rendition in trace.renditions {
            guard let body = rendition.text else { continue }
            text += "\n\(rendition.generation): \(rendition.title.map(printable) ?? "no title")\n\n\(body)\n"
        }
        return text
    }

    private static func section(_ title: String, _ body: String, without nothing: String) -> String {
        let lines = body.isEmpty ? ["  \(nothing)"] : body.split(separator: "\n").map { "  \($0)" }
        return "\n\(title)\n" + lines.joined(separator: "\n") + "\n"
    }

    private static func outcomes(_ outcomes: [OutcomeTrace]) -> String {
        guard !outcomes.isEmpty else { return "" }
        var table = TextTable([("WHEN", .left), ("RECORD", .left), ("GROUP", .left), ("OUTCOME", .left), ("TOLD", .left), ("WHY", .left)])
        for outcome in outcomes {
            let why = [outcome.code, outcome.reason].compactMap(\.self).map(printable).joined(separator: ": ")
            table.append([
                outcome.recordedAt.rfc3339, LetterText.place(outcome.position), outcome.group, outcome.outcome, outcome.isPublished ? "yes" : "no",
                outcome.outcome == "rejected" ? "\(why) (dead-lettered)" : why,
            ])
        }
        return table.render()
    }

    private static func renditions(_ renditions: [RenditionTrace]) -> String {
        guard !renditions.isEmpty else { return "" }
        var table = TextTable([
            ("GENERATION", .left), ("VERSION", .left), ("CHUNKS", .right), ("BYTES", .right), ("TYPE", .left), ("DIGEST", .left), ("STATE", .left),
        ])
        for rendition in renditions {
            table.append([
                rendition.generation + (rendition.isLive ? " (live)" : ""), rendition.version ?? "–", rendition.isPresent ? String(rendition.chunks) : "–",
                rendition.textBytes.map(String.init) ?? "–", rendition.mediaType.map(printable) ?? "–",
                rendition.textDigest.map { "sha-256:\(hexEncoded($0.prefix(8)))…" } ?? "–", state(rendition),
            ])
        }
        return table.render()
    }

    private static func state(_ rendition: RenditionTrace) -> String {
        var parts = [rendition.isPresent ? (rendition.isSettled ? "present" : "present, a newer version is known") : "nothing readable"]
        if let wait = rendition.wait {
            let host = wait.host.map { " for \(printable($0))" } ?? ""
            parts.append("waits\(host) (\(printable(wait.reason)), \(wait.attempts) attempts, next \(wait.dueAt.rfc3339))")
        }
        return parts.joined(separator: "; ")
    }

    private static func answers(_ trace: DocumentTrace) -> String {
        guard !trace.answers.isEmpty else { return "" }
        return AuditText.table(
            trace.answers,
            AnswerSearch(tenant: trace.tenant, subject: .document(source: trace.source, document: trace.document), since: nil, until: nil))
    }

    // MARK: JSON

    /// One line of JSON.
    static func json(_ trace: DocumentTrace) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("tenant", trace.tenant.text)
            $0.member("source", trace.source.text)
            $0.member("document", trace.document.text)
            if let facts = trace.facts { $0.member("facts") { ExplainText.write(facts, to: &$0) } }
            $0.member("outcomes") { $0.array(trace.outcomes) { write($1, to: &$0) } }
            $0.member("renditions") { $0.array(trace.renditions) { write($1, to: &$0) } }
            $0.member("access") {
                $0.object {
                    $0.member("end", trace.path.end.name)
                    $0.member("entries") { $0.array(trace.steps) { ExplainText.write($1, to: &$0) } }
                }
            }
            $0.member("answers") {
                $0.array(trace.answers) { json, record in
                    json.object { AuditText.write(record, to: &$0) }
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ outcome: OutcomeTrace, to json: inout JSONWriter) {
        json.object {
            $0.member("group", outcome.group)
            $0.member("position") {
                $0.object {
                    $0.member("topic", outcome.position.topic)
                    $0.member("partition", Int(outcome.position.partition))
                    $0.member("offset", Int(outcome.position.offset))
                }
            }
            $0.member("outcome", outcome.outcome)
            $0.member("code", outcome.code)
            $0.member("reason", outcome.reason)
            $0.member("at", outcome.recordedAt.rfc3339)
            $0.member("published", outcome.isPublished)
        }
    }

    private static func write(_ rendition: RenditionTrace, to json: inout JSONWriter) {
        json.object {
            $0.member("generation", rendition.generation)
            $0.member("live", rendition.isLive)
            $0.member("present", rendition.isPresent)
            $0.member("version", rendition.version)
            $0.member("settled", rendition.isSettled)
            $0.member("chunks", rendition.chunks)
            $0.member("mediaType", rendition.mediaType)
            $0.member("language", rendition.language)
            $0.member("textBytes", rendition.textBytes)
            $0.member("textDigest", rendition.textDigest.map { "sha-256:\(hexEncoded($0))" })
            if let wait = rendition.wait {
                $0.member("waits") {
                    $0.object {
                        $0.member("host", wait.host)
                        $0.member("reason", wait.reason)
                        $0.member("attempts", wait.attempts)
                        $0.member("dueAt", wait.dueAt.rfc3339)
                    }
                }
            }
            if let text = rendition.text {
                $0.member("title", rendition.title)
                $0.member("text", text)
            }
        }
    }
}
