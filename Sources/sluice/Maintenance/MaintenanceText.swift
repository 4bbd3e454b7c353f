import Administration
import Contract
import Index

/// What maintenance found and did, for people, for programs and for the audit.
enum MaintenanceText {
    static func line(_ finding: MaintenanceFinding) -> String {
        var parts = finding.counts.map { "\($0.number) \($0.name)" }
        if parts.isEmpty, finding.state == .done { parts = ["nothing found"] }
        switch finding.state {
        case .done: break
        case .cutShort: parts.append("cut short: the next run goes on")
        case .skipped(let reason): parts.append("left out: \(reason)")
        case .failed(let reason): parts.append("failed: \(reason)")
        }
        return "\(finding.part.rawValue): \(parts.joined(separator: ", "))\n"
    }

    static let busy = "{\"parts\":[],\"busy\":true}\n"

    static func json(_ findings: [MaintenanceFinding], isDryRun: Bool) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("parts") { $0.value(detail(findings)) }
            $0.member("dryRun", isDryRun)
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    static func detail(_ findings: [MaintenanceFinding]) -> JSON {
        .array(
            findings.map { finding in
                let counts = Dictionary(finding.counts.map { ($0.name, JSON.number($0.number)) }) { $1 }
                var members: [String: JSON] = ["part": .string(finding.part.rawValue), "counts": .object(counts)]
                switch finding.state {
                case .done: members["state"] = .string("done")
                case .cutShort: members["state"] = .string("cutShort")
                case .skipped: members["state"] = .string("skipped")
                case .failed: members["state"] = .string("failed")
                }
                if case .skipped(let reason) = finding.state { members["reason"] = .string(reason) }
                if case .failed(let reason) = finding.state { members["reason"] = .string(reason) }
                return .object(members)
            })
    }
}
