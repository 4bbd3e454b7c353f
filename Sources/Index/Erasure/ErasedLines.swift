import Contract
import Digest
import Postgres

/// Lines of the audit that lost what they said to an erasure. Their hashes stay, as the lines after them are bound to these; what they say since is vouched for,
/// batch by batch, by lines of the admins' chain.
struct ErasedLines: Sendable {
    private struct Batch: Hashable {
        let erasure: Int32
        let number: Int32
    }

    /// In the order in which they were vouched for.
    private let vouched: [Batch: Int]

    static func load(_ session: Session) throws -> ErasedLines {
        let rows = try session.execute(.erasedLineBatches)
        let batches = try (0..<rows.count).map { (Batch(erasure: try rows.int32($0, 0), number: try rows.int32($0, 1)), $0) }
        return ErasedLines(vouched: Dictionary(batches) { one, _ in one })
    }

    /// The hash that a line should have, for the fields that are there.
    ///
    /// - Parameters:
    ///   - computed: over its fields.
    ///   - hash: as it is kept.
    ///   - column: of the digests, the erasures and the batches, where the line was erased: the last that was vouched for counts, since an erasure that was
    ///     begun earlier may have gone on later.
    /// - Returns: of an erased line its hash where everything is as the erasure left it, else one that no line has.
    func expected(_ computed: [UInt8], hash: [UInt8], _ rows: Rows, _ row: Int, column: Int) throws -> (hash: [UInt8], isErased: Bool) {
        guard try !rows.isNull(row, column) else { return (computed, false) }
        let (digests, erasures, batches) = (
            try rows.bytesArray(row, column), try rows.int32Array(row, column + 1), try rows.int32Array(row, column + 2)
        )
        let places = zip(erasures, batches).map { vouched[Batch(erasure: $0, number: $1)] }
        guard !places.contains(nil), let last = places.indices.max(by: { places[$0] ?? 0 < places[$1] ?? 0 }) else { return ([], true) }
        return (digests[last] == Self.digest(computed, hash: hash) ? hash : [], true)
    }

    /// Of what a line says since, and of its hash.
    static func digest(_ computed: [UInt8], hash: [UInt8]) -> [UInt8] { HashChain.hash(after: hash, [computed]) }

    /// Notes lines that the caller's transaction erases, and has the admins' chain vouch for them.
    static func note(
        _ lines: [(chain: String, entry: Int64, digest: [UInt8])], _ erasure: ErasureInHand, _ store: AdministrationStore, _ session: Session
    ) throws {
        // The chain's lock first: batches are numbered one after another.
        _ = try session.execute(.auditLock, [.text(AuditLog.adminChain)])
        let ordered = lines.sorted { one, other in
            one.chain == other.chain ? one.entry < other.entry : one.chain.utf8.lexicographicallyPrecedes(other.chain.utf8)
        }
        let batch = try session.execute(
            .erasedLineWrite,
            [.int4(erasure.number), .textArray(ordered.map(\.chain)), .int8Array(ordered.map(\.entry)), .byteaArray(ordered.map(\.digest))])
        let detail: [String: JSON] = [
            "erasure": .number(Int(erasure.number)), "batch": .number(Int(try batch.int32(0, 0))), "lines": .number(lines.count),
            "digest": .string(hexEncoded(SHA256.hash(ordered.flatMap(\.digest)))),
        ]
        try AuditLog.append(store.audit(.erasureLines, erasure.tenant, detail), session)
    }
}

/// What an erasure takes out of lines, and what it puts there.
struct LineErasure {
    private let replacements: [(text: String, by: String)]
    /// Of which every word goes.
    private let tenant: Int32?

    init(_ erasure: ErasureInHand) {
        tenant = if case .tenant = erasure.target { erasure.tenantNumber.value } else { nil }
        switch erasure.target {
        case .document(let source, let document):
            let key = RecordKey(tenant: erasure.tenant, source: source, subject: document)
            replacements = ["\(source.text)/\(document.text)", key.description].map { ($0, "\(ErasureKey.source)/\(erasure.hash)") }
        case .user(let user): replacements = [(user.text, erasure.hash)]
        case .tenant: replacements = []
        }
    }

    /// What the line says without it; nothing where it says nothing of it. Lines that vouch for others stay as they are: they name nothing.
    func erased(_ line: AuditLog.Entry) -> JSON? {
        guard let tenant else {
            // Whole strings alone, so that `wiki/leave` is not taken out of `wiki/leave-2`.
            return Self.replacing(line.detail) { text in text.flatMap { text in replacements.first { $0.text.utf8.elementsEqual(text.utf8) }?.by } }
        }
        guard line.tenant == tenant, !line.vouches else { return nil }
        return Self.replacing(line.detail) { $0 == Self.gone ? nil : Self.gone }
    }

    private static let gone = "erased"

    /// - Parameter by: of a string, or of one that cannot be read, what is put there; nothing: it stays.
    /// - Returns: nothing where all of them stay.
    private static func replacing(_ json: JSON, _ by: (String?) -> String?) -> JSON? {
        switch json {
        case .string(let text): return by(text).map(JSON.string)
        case .unreadableString: return by(nil).map(JSON.string)
        case .array(let elements):
            let parts = elements.map { replacing($0, by) }
            return parts.contains { $0 != nil } ? .array(zip(parts, elements).map { $0 ?? $1 }) : nil
        case .object(let object):
            let parts = object.members.map { replacing($0.value, by) }
            guard parts.contains(where: { $0 != nil }) else { return nil }
            return .object(JSONObject(members: zip(parts, object.members).map { JSONObject.Member(name: $1.name, value: $0 ?? $1.value) }))
        case .null, .bool, .number: return nil
        }
    }
}

extension AnswerLine {
    /// The line without what is erased; nothing where it says nothing of it.
    func erased(_ erasure: ErasureInHand) -> AnswerLine? {
        guard let detail = (try? JSON.parse(detail))?.object else { return nil }
        switch erasure.target {
        case .user(let user):
            guard let asker, asker.utf8.elementsEqual(user.text.utf8) else { return nil }
            // The digest of the groups an asker is in tells the asker from others.
            let members = detail.members.filter { $0.name != "groupsDigest" }
            return with(asker: erasure.hash, documents: documents, members)
        case .tenant:
            guard asker != nil || !detail.members.isEmpty else { return nil }
            return with(asker: nil, documents: Self.literal([]), [])
        case .document(let source, let document):
            var isThere = false
            let members = detail.members.map { member -> JSONObject.Member in
                guard member.name == "shown", let shown = member.value.array else { return member }
                let parts = shown.map { entry -> JSON in
                    guard let object = entry.object, object["source"]?.string == source.text,
                        object["document"]?.string?.utf8.elementsEqual(document.text.utf8) == true
                    else { return entry }
                    isThere = true
                    let named: [String: String] = ["source": ErasureKey.source, "document": erasure.hash]
                    return .object(
                        JSONObject(members: object.members.map { .init(name: $0.name, value: named[$0.name].map(JSON.string) ?? $0.value) }))
                }
                return JSONObject.Member(name: member.name, value: .array(parts))
            }
            guard isThere else { return nil }
            let old = ShownDocument.digest(source: source.text, document: document.text)
            let new = ShownDocument.digest(source: ErasureKey.source, document: erasure.hash)
            let digests = documents.dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) }.filter { $0 != old } + [new]
            return with(asker: asker, documents: Self.literal(Set(digests).sorted()), members)
        }
    }

    private func with(asker: String?, documents: String, _ members: [JSONObject.Member]) -> AnswerLine {
        AnswerLine(
            chain: chain, entry: entry, at: at, tenant: tenant, asker: asker, documents: documents, detail: JSON.object(JSONObject(members: members)).utf8,
            previousHash: previousHash)
    }
}
