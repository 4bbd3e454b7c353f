import Contract
import Index

/// Erasures and their receipts, for people and for programs.
enum ErasureText {
    static func receipt(_ receipt: ErasureReceipt) -> String {
        var table = TextTable([("PLACE", .left), ("STATE", .left), ("COUNT", .right), ("", .left)])
        for place in receipt.places { table.append([place.name, state(place.state), place.count.map(String.init) ?? "", place.note ?? ""]) }
        return table.render() + "\nnot reached: backups of the database, the servers' own logs, and copies that others have read from the topics\n"
    }

    private static func state(_ state: ErasureReceipt.State) -> String {
        switch state {
        case .gone: "gone"
        case .goneBy(let date): "gone by \(date.rfc3339)"
        case .failed: "failed"
        }
    }

    static func list(_ records: [ErasureRecord]) -> String {
        var table = TextTable([("ERASURE", .right), ("TENANT", .left), ("WHAT", .left), ("BEGUN", .left), ("BY", .left), ("STATE", .left)])
        for record in records {
            table.append([String(record.number), record.tenant, record.kind, record.begunAt.rfc3339, printable(record.actor), summary(record)])
        }
        return table.render()
    }

    private static func summary(_ record: ErasureRecord) -> String {
        guard record.finishedAt != nil else { return "interrupted: erase again" }
        let failed = record.receipt.places.filter { $0.state == .failed }.count
        if failed > 0 { return "\(failed) places failed" }
        let dates = record.receipt.places.compactMap { if case .goneBy(let date) = $0.state { date } else { nil } }
        return dates.max().map { "gone by \($0.rfc3339)" } ?? "gone"
    }

    static func description(_ record: ErasureRecord) -> String {
        """
        erasure \(record.number) of a \(record.kind) of \(record.tenant), \(record.target)
        begun \(record.begunAt.rfc3339) by \(printable(record.actor)): \(printable(record.reason))
        \(record.finishedAt.map { "finished \($0.rfc3339)" } ?? "interrupted: run it again, and it goes on")


        """
    }

    static func json(_ record: ErasureRecord) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("erasure", Int(record.number))
            $0.member("tenant", record.tenant)
            $0.member("kind", record.kind)
            $0.member("target", record.target)
            $0.member("actor", record.actor)
            $0.member("reason", record.reason)
            $0.member("begunAt", record.begunAt.rfc3339)
            $0.member("finishedAt", record.finishedAt?.rfc3339)
            $0.member("receipt") { $0.value(record.receipt.json) }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    /// What only the sources can take away. Said once, on the screen: the receipt names no document and no group.
    static func held(_ mentions: [HeldMention]) -> String {
        var table = TextTable([("TOPIC", .left), ("KEY", .left), ("", .left)])
        for mention in mentions { table.append([mention.topic.rawValue, printable(mention.subject), mention.isDenial ? "denies them" : ""]) }
        return "the sources name them in what is in force; publish it without them:\n" + table.render() + "\n"
    }
}
