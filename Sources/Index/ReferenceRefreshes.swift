import Contract
import Postgres

/// Content that came by reference, to be asked for again.
package struct ReferenceNote: Sendable {
    package let record: InboundRecord
    /// Of the record's topic.
    package let incarnation: Int32
    /// What the host calls the content; nothing: it has to be fetched to know whether it is another.
    package let tag: String?
    package let delay: Duration

    package init(record: InboundRecord, incarnation: Int32, tag: String?, delay: Duration) {
        self.record = record
        self.incarnation = incarnation
        self.tag = tag
        self.delay = delay
    }
}

/// Content whose time to be asked for has come, leased to the caller.
package struct DueReference: Sendable {
    package let record: InboundRecord
    package let incarnation: Int32
    package let tag: String?
    fileprivate let tenant: Int32
    fileprivate let document: Int64
    fileprivate let lease: Int64

    fileprivate func key(_ generation: GenerationNumber) -> [Parameter] { [.int4(tenant), .int4(generation.value), .int8(document), .int8(lease)] }
}

enum ReferenceRefreshes {
    /// Whether the leases of what is written are still the caller's. Whoever has lost one must not write.
    static func hold(_ due: some Collection<DueReference>, _ generation: GenerationNumber, _ session: Session) throws -> Bool {
        try due.allSatisfy { try session.execute(.referenceRefreshHold, $0.key(generation)).count == 1 }
    }

    /// What a generation asks for again, of documents that are made of its texts: asked for as it would have been, and at once where its content is another
    /// by now than what the text was taken from. To be read before anything is replaced.
    static func notes(_ changes: [RenditionChange], of source: GenerationNumber, _ names: LockedNames, _ session: Session) throws -> [Name: ReferenceNote] {
        let rows = try session.execute(.storedReferences, [.int4(source.value)] + (try Containers.keys(of: changes.map(\.name), names)))
        var notes: [Name: ReferenceNote] = [:]
        for row in 0..<rows.count {
            let change = changes[Int(try rows.int32(row, 0)) - 1]
            let (incarnation, record) = (try rows.int32(row, 1), try InboundRecord(stored: rows, row, column: 2))
            guard case .content(let digest, _, _) = change.statement, change.version.position.incarnation == incarnation,
                change.version.position.record == record.position
            else { continue }
            let isSame = try rows.bytes(row, 12) == digest
            notes[change.name] = ReferenceNote(
                record: record, incarnation: incarnation, tag: isSame ? try rows.optionalString(row, 10) : nil,
                delay: isSame ? .milliseconds(try rows.int64(row, 11)) : .zero)
        }
        return notes
    }

    /// Of the documents whose content is what it is noted of.
    static func write(
        _ notes: [Name: ReferenceNote], _ changes: [RenditionChange], _ verdicts: [RenditionVerdict], _ generation: GenerationNumber, _ names: LockedNames,
        _ session: Session
    ) throws {
        guard !notes.isEmpty else { return }
        for (change, verdict) in zip(changes, verdicts) {
            guard let note = notes[change.name], verdict.isInForce else { continue }
            let document: [Parameter] = [.int4(change.name.tenant.value), .int4(generation.value), .int8(try names.documentID(change.name))]
            _ = try session.execute(
                .referenceRefreshWrite,
                document + note.record.columns(incarnation: note.incarnation) + [.text(note.tag), .int8(Int64(note.delay / .milliseconds(1)))])
        }
    }
}

extension RenditionVerdict {
    fileprivate var isInForce: Bool {
        switch self {
        case .indexed, .unchanged: true
        case .superseded, .deleted, .rejected, .deferred, .stale, .overQuota: false
        }
    }
}

extension IngestionStore {
    /// Content whose time to be asked for has come, leased to the caller.
    package func leaseReferences(_ generation: GenerationNumber, limit: Int, for duration: Duration) async throws -> [DueReference] {
        try await write { session in
            let rows = try session.execute(
                .referenceRefreshLease,
                [.int4(generation.value), .int4(Int32(limit)), .int8(Int64(duration / .milliseconds(1))), .int8(.random(in: .min ... .max))])
            return try (0..<rows.count).map { row in
                DueReference(
                    record: try InboundRecord(stored: rows, row, column: 1), incarnation: try rows.int32(row, 0), tag: try rows.optionalString(row, 12),
                    tenant: try rows.int32(row, 9), document: try rows.int64(row, 10), lease: try rows.int64(row, 11))
            }
        }
    }

    /// The content stays as it is, and is asked for again.
    package func postpone(_ due: DueReference, _ generation: GenerationNumber, by delay: Duration) async throws {
        try await write { _ = try $0.execute(.referenceRefreshPostpone, due.key(generation) + [.int8(Int64(delay / .milliseconds(1)))]) }
    }

    /// Something else is in force than what it is about.
    package func end(_ due: DueReference, _ generation: GenerationNumber) async throws {
        try await write { _ = try $0.execute(.referenceRefreshEnd, due.key(generation)) }
    }
}
