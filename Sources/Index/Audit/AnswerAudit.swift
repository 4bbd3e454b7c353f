import Contract
import Digest
import Postgres

/// A line of the answers' log, as it is read back.
package struct AnswerRecord: Sendable {
    package let chain: String
    package let entry: Int64
    package let at: Timestamp
    package let user: String
    /// Nothing where the line was altered into something else.
    package let detail: JSON
    package let shown: [ShownDocument]
    /// What was asked, where it is kept and not yet to be erased.
    package let text: String?

    package func member(_ name: StaticString) -> String? { detail.object?[name]?.string }
}

/// Which lines to read.
package struct AnswerSearch: Sendable {
    package enum Subject: Sendable {
        case document(source: SourceName, document: Contract.Subject)
        case user(Principal)
    }

    package let tenant: TenantID
    package let subject: Subject
    /// The first moment that counts, and the first that no longer does.
    package let since: Timestamp?
    package let until: Timestamp?

    package init(tenant: TenantID, subject: Subject, since: Timestamp?, until: Timestamp?) {
        self.tenant = tenant
        self.subject = subject
        self.since = since
        self.until = until
    }
}

/// What verification found.
package struct AuditVerification: Sendable {
    package struct Chain: Sendable {
        package let name: String
        package let lines: Int64
        /// Of these, lines that lost what they said to an erasure that the admins' chain vouches for.
        package let erased: Int64
        package let flaws: [AuditFlaw]
        /// Nothing where nothing is left of it.
        package let head: AuditHead?
        /// Its writer ended it in good order, or names its end in the chain it went on in; else the writer works still, or crashed, and lines at its end are
        /// only missed by who knew them.
        package let isClosed: Bool
    }

    /// The admins' chain first.
    package let chains: [Chain]

    package var isWhole: Bool { chains.allSatisfy { $0.flaws.isEmpty } }
}

/// Reads the answers' log.
enum AnswerAudit {
    /// Lines read at once.
    static let pageLines: Int32 = 1000

    static func textDigest(salt: [UInt8], text: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(salt)
        hash.update(text.utf8)
        return hash.finalize()
    }

    static func page(_ search: AnswerSearch, after last: AnswerRecord?, _ session: Session) throws -> [AnswerRecord] {
        let bounds: [Parameter] = [
            .timestamptz(microseconds: search.since?.microsecondsSinceEpoch ?? 0),
            .timestamptz(microseconds: search.until?.microsecondsSinceEpoch ?? latest), .timestamptz(microseconds: last?.at.microsecondsSinceEpoch ?? 0),
            .text(last?.chain ?? ""), .int8(last?.entry ?? 0), .int4(pageLines),
        ]
        switch search.subject {
        case .document(let source, let document):
            let digest = ShownDocument.digest(source: source.text, document: document.text)
            return try records(session.execute(.answerSaw, [.text(search.tenant.text), .int8(digest)] + bounds))
        case .user(let user):
            return try records(session.execute(.answerBy, [.text(search.tenant.text), .text(user.text)] + bounds))
        }
    }

    static func latest(_ tenant: TenantID, _ source: SourceName, _ document: Subject, limit: Int32, _ session: Session) throws -> [AnswerRecord] {
        let digest = ShownDocument.digest(source: source.text, document: document.text)
        return try records(session.execute(.answerLatest, [.text(tenant.text), .int8(digest), .int4(limit)]))
    }

    /// The year 9999: what every calendar can show.
    private static let latest: Int64 = 253_370_764_800_000_000

    private static func records(_ rows: Rows) throws -> [AnswerRecord] {
        try (0..<rows.count).map { row in
            let detail = (try? JSON.parse(Array(try rows.string(row, 4).utf8))) ?? .null
            return AnswerRecord(
                chain: try rows.string(row, 0), entry: try rows.int64(row, 1), at: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 2)),
                user: try rows.optionalString(row, 3) ?? "", detail: detail, shown: (detail.object?["shown"]?.array ?? []).compactMap(ShownDocument.init),
                text: try rows.optionalString(row, 5))
        }
    }

    // MARK: verification

    /// A chain as a first look at it tells.
    struct ChainOutline: Sendable {
        let name: String
        let lines: Int64
        /// What its first line says another chain's line was.
        let witnessed: (chain: String, head: AuditHead)?
    }

    static func outlines(after chain: String, _ session: Session) throws -> [ChainOutline] {
        let rows = try session.execute(.answerChains, [.text(chain), .int4(pageLines)])
        return try (0..<rows.count).map { row in
            let detail = (try? JSON.parse(Array(try rows.string(row, 1).utf8)))?.object
            var witnessed: (String, AuditHead)?
            if let earlier = detail?["after"]?.string, let entry = detail?["entry"]?.integer, let hash = detail?["hash"]?.string.flatMap(hexDecoded) {
                witnessed = (earlier, AuditHead(entry: Int64(entry), hash: hash))
            }
            return ChainOutline(name: try rows.string(row, 0), lines: try rows.int64(row, 2), witnessed: witnessed)
        }
    }

    /// - Parameter passed: told how many lines each page had.
    /// - Parameter isContinued: another chain names its end.
    static func verify(
        _ name: String, known: [AuditHead], isContinued: Bool, _ session: Session, passed: (Int) -> Void
    ) throws -> AuditVerification.Chain {
        var walk = HashChainWalk(known: Dictionary(known.map { ($0.entry, $0.hash) }) { $1 })
        let erasedLines = try ErasedLines.load(session)
        var isClosed = false
        var (lines, erased): (Int64, Int64) = (0, 0)
        while true {
            let rows = try session.execute(.answerPage, [.text(name), .int8(walk.head.entry), .int4(pageLines)])
            for row in 0..<rows.count {
                let line = AnswerLine(
                    chain: name, entry: try rows.int64(row, 0), at: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 1)),
                    tenant: try rows.optionalString(row, 2), asker: try rows.optionalString(row, 3), documents: try rows.string(row, 4),
                    detail: Array(try rows.string(row, 5).utf8), previousHash: try rows.bytes(row, 6))
                let detail = (try? JSON.parse(line.detail))?.object
                // A text that is kept must be the one the line is about: its digest counts as one of the line's fields.
                let hash = try rows.bytes(row, 7)
                var (computed, isErased) = try erasedLines.expected(line.hash, hash: hash, rows, row, column: 10)
                if let salt = try rows.optionalBytes(row, 8), let text = try rows.optionalString(row, 9),
                    detail?["textDigest"]?.string != hexEncoded(textDigest(salt: salt, text: text))
                {
                    computed = []
                }
                walk.pass(entry: line.entry, previousHash: line.previousHash, hash: hash, computed: computed)
                if isErased { erased += 1 }
                isClosed = detail?["kind"]?.string == AnswerChain.closing
                lines += 1
            }
            passed(rows.count)
            if rows.count < Int(pageLines) { break }
        }
        let (flaws, head) = walk.finish()
        return AuditVerification.Chain(name: name, lines: lines, erased: erased, flaws: flaws, head: head, isClosed: isClosed || isContinued)
    }
}

/// Nothing where these are no hexadecimal digits in pairs.
func hexDecoded(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16), digits[index] != UInt8(ascii: "+") else { return nil }
        bytes.append(byte)
    }
    return bytes
}
