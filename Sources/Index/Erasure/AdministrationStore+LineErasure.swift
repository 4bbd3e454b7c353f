import Contract
import Postgres

extension AdministrationStore {
    /// Lines of one transaction.
    private static let linesAtOnce: Int32 = 500

    /// Takes what is erased out of the lines of the answers' log, and with them what was asked.
    ///
    /// - Parameter onProgress: told how many more lines were erased.
    /// - Returns: how many lines, and how many kept questions.
    package func eraseAnswers(_ erasure: ErasureInHand, onProgress: (Int) -> Void) async throws -> (lines: Int, texts: Int) {
        var (total, texts) = (0, 0)
        var last = (chain: "", entry: Int64(0))
        while true {
            let page = try await read { [last] in try Self.answers(erasure, after: last, $0) }
            let erased = page.compactMap { line, hash in line.erased(erasure).map { ($0, hash) } }
            if !erased.isEmpty {
                texts += try await write { session in
                    try ErasedLines.note(
                        erased.map { ($0.chain, $0.entry, ErasedLines.digest($0.hash, hash: $1)) }, erasure, self, session)
                    let lines = erased.map(\.0)
                    let rows = try session.execute(
                        .erasureAnswerWrite,
                        [
                            .textArray(lines.map(\.chain)), .int8Array(lines.map(\.entry)), .textArray(lines.map(\.asker)), .textArray(lines.map(\.documents)),
                            .textArray(lines.map { String(decoding: $0.detail, as: UTF8.self) }),
                        ])
                    guard try rows.int64(0, 0) == Int64(lines.count) else { throw IndexError.inconsistent }
                    return Int(try rows.int64(0, 1))
                }
                total += erased.count
                onProgress(erased.count)
            }
            guard page.count == Int(Self.linesAtOnce), let end = page.last?.line else { return (total, texts) }
            last = (end.chain, end.entry)
        }
    }

    /// Questions of the tenant that are kept for a time: what they say, nobody but a reader knows.
    /// - Returns: until when the last of them is kept, and how many there are; nothing where there is none.
    package func keptTexts(of tenant: TenantID) async throws -> (until: Timestamp, count: Int)? {
        try await read { session in
            let rows = try session.execute(.erasureTextsLeft, [.text(tenant.text)])
            return try rows.moment(0, 0).map { ($0, Int(try rows.int64(0, 1))) }
        }
    }

    private static func answers(
        _ erasure: ErasureInHand, after last: (chain: String, entry: Int64), _ session: Session
    ) throws -> [(line: AnswerLine, hash: [UInt8])] {
        let page: [Parameter] = [.text(last.chain), .int8(last.entry), .int4(linesAtOnce)]
        let rows: Rows
        switch erasure.target {
        case .document(let source, let document):
            let digest = ShownDocument.digest(source: source.text, document: document.text)
            rows = try session.execute(.erasureAnswersDocument, [.text(erasure.tenant.text), .int8(digest)] + page)
        case .user(let user): rows = try session.execute(.erasureAnswersUser, [.text(erasure.tenant.text), .text(user.text)] + page)
        case .tenant: rows = try session.execute(.erasureAnswersTenant, [.text(erasure.tenant.text)] + page)
        }
        return try (0..<rows.count).map { row in
            let line = AnswerLine(
                chain: try rows.string(row, 0), entry: try rows.int64(row, 1), at: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 2)),
                tenant: try rows.optionalString(row, 3), asker: try rows.optionalString(row, 4), documents: try rows.string(row, 5),
                detail: Array(try rows.string(row, 6).utf8), previousHash: try rows.bytes(row, 7))
            return (line, try rows.bytes(row, 8))
        }
    }

    /// Takes what is erased out of what the log of admins says of their commands.
    /// - Returns: how many lines.
    package func eraseAdminLines(_ erasure: ErasureInHand, onProgress: (Int) -> Void) async throws -> Int {
        var total = 0
        var last: Int64 = 0
        let words = LineErasure(erasure)
        while true {
            let page = try await read { [last] in try AuditLog.page(after: last, limit: Self.linesAtOnce, $0) }
            let erased = page.compactMap { line in words.erased(line).map { line.with(detail: $0) } }
            if !erased.isEmpty {
                try await write { session in
                    try ErasedLines.note(
                        erased.map { (AuditLog.adminChain, $0.entry, ErasedLines.digest($0.computed, hash: $0.hash)) }, erasure, self, session)
                    let count = try session.execute(
                        .erasureAuditWrite, [.text(AuditLog.adminChain), .int8Array(erased.map(\.entry)), .jsonbArray(erased.map(\.detail.utf8))]
                    ).affectedCount
                    guard count == erased.count else { throw IndexError.inconsistent }
                }
                total += erased.count
            }
            onProgress(page.count)
            guard page.count == Int(Self.linesAtOnce), let end = page.last else { return total }
            last = end.entry
        }
    }
}
