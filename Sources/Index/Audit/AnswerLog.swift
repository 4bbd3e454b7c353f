import Contract
import Digest
import Postgres

/// The audit of one retrieval worker: a hash chain of its own, of which every answer is a line before it leaves.
///
/// Answers that come while a commit is under way are written together by the next one, so that the disk is waited for once for all of them.
package actor AnswerLog: AnswerRecorder {
    private struct Waiting {
        let entries: [AnswerEntry]
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// How often a batch is tried before its askers are told `unavailable`.
    private static let attempts = 3

    private let pool: PostgresPool
    private let host: String
    /// How long the text of a question is kept; nothing: it is not.
    private let textRetention: Duration?
    private let now: @Sendable () -> Timestamp
    private var chain: AnswerChain
    /// What it goes on from.
    private var predecessor: AnswerChain?
    private var waiting: [Waiting] = []
    private var isWriting = false

    /// - Parameter pool: of the role `sluice_retrieval`; one connection is enough.
    package init(pool: PostgresPool, host: String, textRetention: Duration?, now: @escaping @Sendable () -> Timestamp) {
        self.pool = pool
        self.host = host
        self.textRetention = textRetention
        self.now = now
        chain = AnswerChain(host: host, startedAt: now())
    }

    /// Writes the chain's first line: a worker that cannot write its audit does not begin to serve.
    package func open() async throws { try await record([]) }

    /// Writes the chain's last line; without it the chain's end is open, as after a crash.
    package func close() async throws {
        var chain = chain
        guard chain.head.entry > 0, !isWriting else { return }
        let (line, hash) = chain.close(at: now())
        try await insert([(line, hash)], texts: [])
        self.chain = chain
    }

    package func record(_ entries: [AnswerEntry]) async throws {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(entries: entries, continuation: continuation))
            guard !isWriting else { return }
            isWriting = true
            Task { await writeAll() }
        }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let result: Result<Void, any Error>
            do { result = .success(try await write(batch.flatMap(\.entries))) } catch { result = .failure(error) }
            for one in batch { one.continuation.resume(with: result) }
        }
        isWriting = false
    }

    /// After any failure the chain is left as it is and another begun, whose first line names the last line that is certain: whether the lines that failed
    /// were written is not known, and a chain goes on from no doubtful end.
    private func write(_ entries: [AnswerEntry]) async throws {
        for attempt in 1... {
            do {
                return try await tryToWrite(entries)
            } catch {
                predecessor = chain.head.entry > 0 ? chain : predecessor
                chain = AnswerChain(host: host, startedAt: now())
                let isWorthAnother = (error as? PostgresError)?.isRetryable ?? false
                guard isWorthAnother, attempt < Self.attempts else { throw error }
            }
        }
    }

    private func tryToWrite(_ entries: [AnswerEntry]) async throws {
        var chain = chain
        let time = now()
        var lines: [(line: AnswerLine, hash: [UInt8])] = []
        var texts: [KeptText] = []
        if chain.head.entry == 0 { lines.append(chain.open(after: predecessor, at: time)) }
        for entry in entries {
            let kept = textRetention.flatMap { retention in entry.text.map { KeptText($0, entry: chain.head.entry + 1, at: time, for: retention) } }
            lines.append(chain.append(entry, textDigest: kept?.digest, at: time))
            if let kept { texts.append(kept) }
        }
        guard !lines.isEmpty else { return }
        try await insert(lines, texts: texts)
        self.chain = chain
    }

    private func insert(_ lines: [(line: AnswerLine, hash: [UInt8])], texts: [KeptText]) async throws {
        let parameters: [Parameter] = [
            .text(lines[0].line.chain), .int8Array(lines.map(\.line.entry)), .timestamptzArray(microseconds: lines.map(\.line.at.microsecondsSinceEpoch)),
            .textArray(lines.map(\.line.tenant)), .textArray(lines.map(\.line.asker)), .textArray(lines.map(\.line.documents)),
            .textArray(lines.map { String(decoding: $0.line.detail, as: UTF8.self) }), .byteaArray(lines.map(\.line.previousHash)),
            .byteaArray(lines.map(\.hash)),
            .int8Array(texts.map(\.entry)), .byteaArray(texts.map(\.salt)), .textArray(texts.map(\.text)),
            .timestamptzArray(microseconds: texts.map(\.eraseAfter.microsecondsSinceEpoch)),
        ]
        // One statement is one transaction: it is committed when it returns.
        try await pool.withConnection { connection in try await connection.withSession { _ = try $0.execute(.answerInsert, parameters) } }
    }
}

/// What was asked, on its way to where it is kept for a time; the chain holds its digest, which tells nothing once the salt is erased with the text.
private struct KeptText: Sendable {
    private static let saltBytes = 16

    let entry: Int64
    let salt: [UInt8]
    let text: String
    let eraseAfter: Timestamp

    init(_ text: String, entry: Int64, at time: Timestamp, for retention: Duration) {
        self.entry = entry
        self.text = text
        var random = SystemRandomNumberGenerator()
        salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
        eraseAfter = Timestamp(microsecondsSinceEpoch: time.microsecondsSinceEpoch + Int64(retention / .microseconds(1)))
    }

    var digest: [UInt8] { AnswerAudit.textDigest(salt: salt, text: text) }
}
