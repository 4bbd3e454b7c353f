import Contract
import Digest
import Postgres

/// One line of the audit log before it is written.
package struct AuditEntry: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case tenantCreate = "tenant.create"
        case tenantSuspend = "tenant.suspend"
        case tenantResume = "tenant.resume"
        case tenantQuota = "tenant.quota"
        case tenantRetention = "tenant.retention"
        case tenantExport = "tenant.export"
        /// It was begun; `tenantDeleted` follows.
        case tenantDelete = "tenant.delete"
        case tenantDeleted = "tenant.deleted"
        case sourcePause = "source.pause"
        case sourceResume = "source.resume"
        case deadLetterRedrive = "dlq.redrive"
        case deadLetterPurge = "dlq.purge"
        case deferredRetry = "deferred.retry"
        case deferredDrop = "deferred.drop"
        case generationCreate = "generation.create"
        case generationEvaluate = "generation.evaluate"
        case generationPromote = "generation.promote"
        case generationDrop = "generation.drop"
        case reindexStart = "reindex.start"
        case reindexCancel = "reindex.cancel"
        case snapshotApprove = "snapshot.approve"
        case snapshotReject = "snapshot.reject"
        case snapshotCancel = "snapshot.cancel"
        case reindexDocument = "reindex.document"
        case accessExplain = "access.explain"
        case documentTrace = "document.trace"
        case auditSaw = "audit.saw"
        case auditBy = "audit.by"
        case auditVerify = "audit.verify"
        case auditErase = "audit.erase"
        case erasureBegin = "erasure.begin"
        case erasureLines = "erasure.lines"
        case erasureEnd = "erasure.end"
        case erasureCheck = "erasure.check"
        case maintain
    }

    /// Who did it, such as `alice@host`.
    package let actor: String
    package let action: Action
    /// Whom it concerned alone; one that is not registered is named in `detail` only.
    package let tenant: TenantID?
    /// Texts, whole numbers, lists and objects of these: what reads back from the database as it was written.
    package let detail: [String: JSON]

    package init(actor: String, action: Action, tenant: TenantID?, detail: [String: JSON]) {
        self.actor = actor
        self.action = action
        self.tenant = tenant
        self.detail = detail
    }
}

/// What admins did, each line bound to the one before it by its hash, so that none can be altered or taken out unnoticed.
///
/// The hash is SHA-256 over the previous line's hash and the line's fields in one canonical form. It shows tampering by who can write rows but did
/// not rewrite the chain from there on; against that, and against cutting lines off the end, a head is kept elsewhere.
package enum AuditLog {
    /// The chain of the command line.
    package static let adminChain = "admin"
    /// Lines read at once.
    private static let pageLines: Int32 = 1000

    /// Appends a line in the caller's transaction: it holds if and only if what it tells of does. One writer at a time, until the transaction ends.
    static func append(_ entry: AuditEntry, chain: String = adminChain, _ session: Session) throws {
        _ = try session.execute(.auditLock, [.text(chain)])
        let tail = try session.execute(.auditTail, [.text(chain), .text(entry.tenant?.text)])
        let line = AuditLine(
            chain: chain, entry: (try tail.optionalInt64(0, 0) ?? 0) + 1, microseconds: try tail.timestamp(0, 2), actor: entry.actor,
            action: entry.action.rawValue, tenant: try tail.optionalInt32(0, 3), detail: canonical(.object(entry.detail)),
            previousHash: try tail.optionalBytes(0, 1) ?? HashChain.origin)
        _ = try session.execute(
            .auditInsert,
            [
                .text(chain), .int8(line.entry), .timestamptz(microseconds: line.microseconds), .text(line.actor), .text(line.action), .int4(line.tenant),
                .jsonb(line.detail.utf8), .bytea(line.previousHash), .bytea(line.hash),
            ])
    }

    /// Reads the whole chain.
    ///
    /// - Parameter known: heads as they were once: lines that were cut off since are missed, and what was written anew instead is found.
    /// - Parameter visit: sees each line's action and detail, in order.
    /// - Returns: what is wrong, in order; and the chain's head, nothing where it is empty.
    static func verify(
        chain: String = adminChain, since known: [AuditHead], _ session: Session, visit: (String, JSON) -> Void = { _, _ in }
    ) throws -> (flaws: [AuditFlaw], head: AuditHead?, erased: Int64) {
        let erasedLines = try ErasedLines.load(session)
        var walk = HashChainWalk(known: Dictionary(known.map { ($0.entry, $0.hash) }) { $1 })
        var erased: Int64 = 0
        while true {
            let rows = try session.execute(.auditPage, [.text(chain), .int8(walk.head.entry), .int4(pageLines)])
            for row in 0..<rows.count {
                let (line, hash) = try line(rows, row, chain)
                let expected = try erasedLines.expected(line.hash, hash: hash, rows, row, column: 8)
                walk.pass(entry: line.entry, previousHash: line.previousHash, hash: hash, computed: expected.hash)
                if expected.isErased { erased += 1 }
                visit(line.action, line.detail)
            }
            if rows.count < Int(pageLines) { break }
        }
        let (flaws, head) = walk.finish()
        return (flaws, head, erased)
    }

    /// A line as it is there, and as it may become.
    struct Entry {
        fileprivate let line: AuditLine
        /// As it is kept.
        let hash: [UInt8]

        var entry: Int64 { line.entry }
        var detail: JSON { line.detail }
        var tenant: Int32? { line.tenant }
        /// It is of an erasure.
        var vouches: Bool {
            let actions: [AuditEntry.Action] = [.erasureBegin, .erasureLines, .erasureEnd, .erasureCheck]
            return actions.contains { $0.rawValue == line.action }
        }
        /// Over what it says.
        var computed: [UInt8] { line.hash }

        func with(detail: JSON) -> Entry {
            Entry(
                line: AuditLine(
                    chain: line.chain, entry: line.entry, microseconds: line.microseconds, actor: line.actor, action: line.action, tenant: line.tenant,
                    detail: canonical(detail), previousHash: line.previousHash), hash: hash)
        }
    }

    /// The lines of the admins' chain after one.
    static func page(after entry: Int64, limit: Int32, _ session: Session) throws -> [Entry] {
        let rows = try session.execute(.auditPage, [.text(adminChain), .int8(entry), .int4(limit)])
        return try (0..<rows.count).map { row in
            let (line, hash) = try line(rows, row, adminChain)
            return Entry(line: line, hash: hash)
        }
    }

    private static func line(_ rows: Rows, _ row: Int, _ chain: String) throws -> (AuditLine, hash: [UInt8]) {
        // What is no JSON any more, or of another kind, is altered: its hash will tell.
        let detail = (try? JSON.parse(try rows.bytes(row, 5))) ?? .null
        let line = AuditLine(
            chain: chain, entry: try rows.int64(row, 0), microseconds: try rows.timestamp(row, 1), actor: try rows.string(row, 2),
            action: try rows.string(row, 3), tenant: try rows.optionalInt32(row, 4), detail: canonical(detail), previousHash: try rows.bytes(row, 6))
        return (line, try rows.bytes(row, 7))
    }

    /// Members in the order of their names' bytes: the database keeps its own.
    private static func canonical(_ json: JSON) -> JSON {
        switch json {
        case .object(let object):
            let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return .object(JSONObject(members: members.map { JSONObject.Member(name: $0.name, value: canonical($0.value)) }))
        case .array(let elements): return .array(elements.map(canonical))
        case .null, .bool, .number, .string, .unreadableString: return json
        }
    }
}

extension JSON {
    /// An object of these members, in any order.
    package static func object(_ members: [String: JSON]) -> JSON {
        .object(JSONObject(members: members.map { JSONObject.Member(name: $0.key, value: $0.value) }))
    }

    package static func number(_ integer: Int) -> JSON { .number(JSONNumber(integer)) }
}

/// A line and what its hash is made of.
private struct AuditLine {
    let chain: String
    let entry: Int64
    let microseconds: Int64
    let actor: String
    let action: String
    let tenant: Int32?
    /// In canonical form.
    let detail: JSON
    let previousHash: [UInt8]

    var hash: [UInt8] {
        let fields = [chain, String(entry), String(microseconds), actor, action, tenant.map(String.init) ?? ""].map { Array($0.utf8) }
        return HashChain.hash(after: previousHash, fields + [detail.utf8])
    }
}
