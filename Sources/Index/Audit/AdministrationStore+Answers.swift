import Contract
import Digest
import Postgres

extension AdministrationStore {
    /// The lines of a search, page by page in order. Reading is itself a line of the audit log, written first.
    package func answers(_ search: AnswerSearch, _ visit: ([AnswerRecord]) async throws -> Void) async throws {
        try await record(search.action, tenant: search.tenant, detail: search.detail)
        var last: AnswerRecord?
        while true {
            let page = try await read { [last] in try AnswerAudit.page(search, after: last, $0) }
            // Two names may share the bytes they are looked up by.
            let matching = page.filter(search.matches)
            if !matching.isEmpty { try await visit(matching) }
            guard page.count == Int(AnswerAudit.pageLines) else { return }
            last = page.last
        }
    }

    /// The last answers that showed a document, the newest first.
    package func latestAnswers(_ tenant: TenantID, _ source: SourceName, _ document: Subject, limit: Int) async throws -> [AnswerRecord] {
        let search = AnswerSearch(tenant: tenant, subject: .document(source: source, document: document), since: nil, until: nil)
        return try await read { try AnswerAudit.latest(tenant, source, document, limit: Int32(clamping: limit), $0) }.filter(search.matches)
    }

    /// Erases what was asked where it has been kept for as long as it may be. The chains stay whole.
    /// - Returns: how many texts.
    package func eraseExpiredTexts() async throws -> Int {
        try await write { session in
            let count = try session.execute(.answerTextErase).affectedCount
            if count > 0 { try AuditLog.append(audit(.auditErase, nil, ["texts": .number(count)]), session) }
            return count
        }
    }

    /// Walks every chain: the admins', and those of the retrieval workers. Heads that earlier verifications left in the admins' log, and those that a chain's
    /// successor names, must still be there; the heads of this one are left for the next.
    ///
    /// - Parameter known: heads of chains as they were kept elsewhere.
    /// - Parameter onProgress: how many lines of how many are walked, of the workers' chains.
    package func verifyAudits(
        known: [String: [AuditHead]] = [:], onProgress: @escaping @Sendable (_ lines: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws -> AuditVerification {
        var (admin, witnessed) = try await verifyAdmins(known[AuditLog.adminChain] ?? [])
        let latest = witnessed.mapValues { $0.max { $0.entry < $1.entry } }
        for (chain, heads) in known { witnessed[chain, default: []] += heads }
        let outlines = try await outlines()
        for (chain, head) in outlines.compactMap(\.witnessed) { witnessed[chain, default: []].append(head) }
        let total = outlines.reduce(0) { $0 + $1.lines }
        let continued = Set(outlines.compactMap { $0.witnessed?.chain })
        let vanished = Set(witnessed.keys).subtracting(outlines.map(\.name)).subtracting([AuditLog.adminChain])
        var chains: [AuditVerification.Chain] = []
        var walked: Int64 = 0
        for name in outlines.map(\.name) + vanished.sorted() {
            let heads = witnessed[name] ?? []
            let before = walked
            let chain = try await snapshot { session in
                var lines = before
                return try AnswerAudit.verify(name, known: heads, isContinued: continued.contains(name), session) { count in
                    lines += Int64(count)
                    onProgress(lines, total)
                }
            }
            walked += chain.lines
            chains.append(chain)
        }
        let changed = chains.filter { $0.head != nil && $0.head != (latest[$0.name] ?? nil) }
        let flaws = chains.reduce(admin.flaws.count) { $0 + $1.flaws.count }
        let heads = changed.reduce(into: [:]) { $0[$1.name] = $1.head.map { JSON.string($0.text) } }
        try await record(
            .auditVerify, tenant: nil, detail: ["chains": .number(chains.count + 1), "flaws": .number(flaws), "heads": .object(heads)])
        // With the line that was just written: its head is worth keeping elsewhere.
        if admin.flaws.isEmpty { admin = try await verifyAdmins(known[AuditLog.adminChain] ?? []).admin }
        return AuditVerification(chains: [admin] + chains)
    }

    private func verifyAdmins(_ known: [AuditHead]) async throws -> (admin: AuditVerification.Chain, witnessed: [String: [AuditHead]]) {
        try await snapshot { session in
            var witnessed: [String: [AuditHead]] = [:]
            let (flaws, head, erased) = try AuditLog.verify(since: known, session) { action, detail in
                guard action == AuditEntry.Action.auditVerify.rawValue, let heads = detail.object?["heads"]?.object else { return }
                for member in heads.members {
                    if let head = member.value.string.flatMap(AuditHead.init) { witnessed[member.name, default: []].append(head) }
                }
            }
            let admin = AuditVerification.Chain(name: AuditLog.adminChain, lines: head?.entry ?? 0, erased: erased, flaws: flaws, head: head, isClosed: false)
            return (admin, witnessed)
        }
    }

    private func outlines() async throws -> [AnswerAudit.ChainOutline] {
        var outlines: [AnswerAudit.ChainOutline] = []
        while true {
            let page = try await read { [last = outlines.last?.name] in try AnswerAudit.outlines(after: last ?? "", $0) }
            outlines += page
            guard page.count == Int(AnswerAudit.pageLines) else { return outlines }
        }
    }
}

extension AuditHead {
    /// `ENTRY:HASH`, the hash in lower-case hexadecimal digits.
    package var text: String { "\(entry):\(hexEncoded(hash))" }

    /// Nothing where the text is out of form.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let entry = Int64(parts[0]), entry > 0, let hash = hexDecoded(String(parts[1])), hash.count == SHA256.byteCount
        else { return nil }
        self.init(entry: entry, hash: hash)
    }
}

extension AnswerSearch {
    fileprivate var action: AuditEntry.Action {
        switch subject {
        case .document: .auditSaw
        case .user: .auditBy
        }
    }

    fileprivate var detail: [String: JSON] {
        var detail: [String: JSON] = [:]
        switch subject {
        case .document(let source, let document): detail["document"] = .string("\(source.text)/\(document.text)")
        case .user(let user): detail["user"] = .string(user.text)
        }
        if let since { detail["since"] = .string(since.rfc3339) }
        if let until { detail["until"] = .string(until.rfc3339) }
        return detail
    }

    fileprivate func matches(_ record: AnswerRecord) -> Bool {
        guard case .document(let source, let document) = subject else { return true }
        return record.shown.contains { $0.source == source.text && $0.document.utf8.elementsEqual(document.text.utf8) }
    }
}
