import Administration
import Contract
import Index

/// A comparison of two generations for people and for programs; names of documents, never their text.
enum GenerationText {
    static func text(_ report: GenerationReport) -> String {
        var table = TextTable([
            ("TENANT", .left), (report.live.name, .right), (report.next.name, .right), ("MISSING", .right), ("WAITING", .right), ("ADDED", .right),
            ("OLDER", .right), ("OTHER VERSION", .right), ("OTHER TEXT", .right), ("ELSEWHERE", .right),
        ])
        for one in report.tenants {
            table.append(
                [one.tenant.text]
                    + [
                        one.before, one.after, one.missing - one.waiting, one.waiting + one.olderWaiting, one.added, one.older - one.olderWaiting,
                        one.otherVersion, one.otherText, one.elsewhere,
                    ].map(String.init))
        }
        var text = table.render()
        if !report.differences.isEmpty {
            var samples = TextTable([("DOCUMENT", .left), ("DIFFERS", .left)])
            for one in report.differences { samples.append([printable("\(one.tenant)/\(one.source)/\(one.subject)"), one.kind.rawValue]) }
            text += "\n" + samples.render()
        }
        var checks = TextTable([("CHECK", .left), ("", .left), ("FINDING", .left)])
        for check in report.checks { checks.append([check.name.rawValue, check.passes ? "passes" : "FAILS", check.finding]) }
        return text + "\n" + checks.render()
    }

    static func json(_ report: GenerationReport) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("live", report.live.name)
            $0.member("generation", report.next.name)
            $0.member("passes", report.passes)
            $0.member("tenants") {
                $0.array(report.tenants) { json, one in
                    json.object {
                        $0.member("tenant", one.tenant.text)
                        for (name, count) in [
                            ("before", one.before), ("after", one.after), ("missing", one.missing - one.waiting),
                            ("waiting", one.waiting + one.olderWaiting), ("added", one.added), ("older", one.older - one.olderWaiting),
                            ("otherVersion", one.otherVersion), ("otherText", one.otherText), ("elsewhere", one.elsewhere),
                        ] { $0.member(name, Int(count)) }
                    }
                }
            }
            $0.member("differences") {
                $0.array(report.differences) { json, one in
                    json.object {
                        $0.member("tenant", one.tenant.text)
                        $0.member("source", one.source)
                        $0.member("document", one.subject)
                        $0.member("differs", one.kind.rawValue)
                    }
                }
            }
            $0.member("checks") {
                $0.array(report.checks) { json, check in
                    json.object {
                        $0.member("name", check.name.rawValue)
                        $0.member("passes", check.passes)
                        $0.member("finding", check.finding)
                    }
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
