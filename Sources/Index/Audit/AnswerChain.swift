import Contract
import Digest

/// A line of the answers' log, and what its hash is made of.
struct AnswerLine: Sendable {
    let chain: String
    let entry: Int64
    let at: Timestamp
    /// Nothing of a line about the worker itself.
    let tenant: String?
    let asker: String?
    /// A bigint[] literal: what the line is found by.
    let documents: String
    let detail: [UInt8]
    let previousHash: [UInt8]

    var hash: [UInt8] {
        let fields = [chain, String(entry), String(at.microsecondsSinceEpoch), tenant ?? "", asker ?? "", documents].map { Array($0.utf8) }
        return HashChain.hash(after: previousHash, fields + [detail])
    }

    static func literal(_ digests: [Int64]) -> String { "{\(digests.map(String.init).joined(separator: ","))}" }
}

/// The chain of one worker, which alone writes it and keeps its head: no two workers wait for one another.
struct AnswerChain: Sendable {
    /// `retrieve/<host>/<start>/<random>`: of this process alone, also where two begin in one moment.
    let name: String
    private(set) var head = AuditHead(entry: 0, hash: HashChain.origin)

    init(host: String, startedAt: Timestamp) {
        name = "retrieve/\(host)/\(startedAt.rfc3339)/\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    }

    mutating func append(_ entry: AnswerEntry, textDigest: [UInt8]?, at time: Timestamp) -> (line: AnswerLine, hash: [UInt8]) {
        let digests = Set(entry.shown.map { ShownDocument.digest(source: $0.source, document: $0.document) }).sorted()
        return append(
            tenant: entry.query.tenant.text, asker: entry.user.text, documents: AnswerLine.literal(digests), detail: entry.detail(textDigest: textDigest),
            at: time)
    }

    /// - Parameter earlier: the chain that this one goes on from, since it is not known how far that one came; its head is certain.
    mutating func open(after earlier: AnswerChain?, at time: Timestamp) -> (line: AnswerLine, hash: [UInt8]) {
        var json = JSONWriter()
        json.object {
            $0.member("kind", Self.opening)
            guard let earlier, earlier.head.entry > 0 else { return }
            $0.member("after", earlier.name)
            $0.member("entry", Int(earlier.head.entry))
            $0.member("hash", hexEncoded(earlier.head.hash))
        }
        return append(tenant: nil, asker: nil, documents: AnswerLine.literal([]), detail: json.bytes, at: time)
    }

    mutating func close(at time: Timestamp) -> (line: AnswerLine, hash: [UInt8]) {
        var json = JSONWriter()
        json.object { $0.member("kind", Self.closing) }
        return append(tenant: nil, asker: nil, documents: AnswerLine.literal([]), detail: json.bytes, at: time)
    }

    private mutating func append(tenant: String?, asker: String?, documents: String, detail: [UInt8], at time: Timestamp) -> (line: AnswerLine, hash: [UInt8]) {
        let line = AnswerLine(
            chain: name, entry: head.entry + 1, at: time, tenant: tenant, asker: asker, documents: documents, detail: detail, previousHash: head.hash)
        let hash = line.hash
        head = AuditHead(entry: line.entry, hash: hash)
        return (line, hash)
    }

    static let opening = "opened"
    static let closing = "closed"
}
