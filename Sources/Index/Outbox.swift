import Contract
import Postgres

/// An outcome on its way into the outbox, with the numbers the database knows it by.
package struct OutboxEntry: Sendable {
    package let outcome: Outcome
    package let tenant: TenantNumber
    /// It replaces its own rejection.
    package let isRedriven: Bool
    /// Whether it is to be published; nothing: where its generation is the live one.
    package let speaks: Bool?

    package init(outcome: Outcome, tenant: TenantNumber, isRedriven: Bool = false, speaks: Bool? = true) {
        self.outcome = outcome
        self.tenant = tenant
        self.isRedriven = isRedriven
        self.speaks = speaks
    }

    func speaking(otherwise speaks: Bool) -> OutboxEntry {
        OutboxEntry(outcome: outcome, tenant: tenant, isRedriven: isRedriven, speaks: self.speaks ?? speaks)
    }
}

/// Outcomes are written with the data they tell of, and published before the offset is committed.
enum Outbox {
    fileprivate struct Place: Hashable {
        let incarnation: Int32
        let partition: Int32
        let offset: Int64
    }

    /// - Returns: what is to be published: of these outcomes those that speak, but of a record that had ended before the one it ended with.
    static func insert(_ entries: [OutboxEntry], group: String, _ session: Session) throws -> [Outcome] {
        guard !entries.isEmpty else { return [] }
        let outcomes = entries.map(\.outcome)
        let keys: [Parameter] = [
            .text(group), .int4Array(outcomes.map(\.incarnation)), .int4Array(outcomes.map(\.position.partition)),
            .int8Array(outcomes.map(\.position.offset)),
        ]
        let redriven = entries.filter(\.isRedriven).map(\.outcome)
        if !redriven.isEmpty {
            _ = try session.execute(
                .outcomeReopen,
                [
                    .text(group), .int4Array(redriven.map(\.incarnation)), .int4Array(redriven.map(\.position.partition)),
                    .int8Array(redriven.map(\.position.offset)),
                ])
        }
        let rows = try session.execute(
            .outcomeInsert,
            keys + [
                .int4Array(entries.map(\.tenant.value)), .byteaArray(outcomes.map(\.recordKey)),
                .textArray(outcomes.map(\.correlationID)), .textArray(outcomes.map(\.trace.traceparent)), .textArray(outcomes.map(\.trace.tracestate)),
                .textArray(outcomes.map(\.kind.rawValue)), .textArray(outcomes.map { $0.rejection?.code.rawValue }),
                .textArray(outcomes.map { $0.rejection?.message }), .textArray(outcomes.map(\.generation)),
                .int4Array(outcomes.map { $0.counts.map { Int32($0.chunks) } }), .int4Array(outcomes.map { $0.counts.map { Int32($0.embedded) } }),
                .int4Array(outcomes.map { $0.counts.map { Int32($0.reused) } }), .boolArray(entries.map { $0.speaks ?? false }),
                .jsonbArray(outcomes.map { $0.snapshot?.json }),
            ])
        let speaking = entries.filter { $0.speaks == true }.map(\.outcome)
        guard rows.count < outcomes.count, !speaking.isEmpty else { return speaking }
        var written: Set<Place> = []
        for row in 0..<rows.count {
            written.insert(Place(incarnation: try rows.int32(row, 0), partition: try rows.int32(row, 1), offset: try rows.int64(row, 2)))
        }
        let stored = try Self.outcomes(try session.execute(.outcomeFind, keys))
        let told = Set(speaking.map(Place.init))
        return speaking.filter { written.contains(Place($0)) } + stored.filter { !written.contains(Place($0)) && told.contains(Place($0)) }
    }

    /// What is told of names that were erased names them no longer than it takes.
    static func forget(_ entries: [OutboxEntry], among names: LockedNames, group: String, _ session: Session) throws {
        guard names.hasErased else { return }
        let erased = entries.filter { entry in
            guard let key = entry.outcome.recordKey.flatMap(RecordKey.init(parsing:)) else { return false }
            return names.stored(Name(tenant: entry.tenant, source: key.source, subject: key.subject)).isErased
        }.map(\.outcome)
        guard !erased.isEmpty else { return }
        _ = try session.execute(
            .outcomeForget,
            [
                .text(group), .int4Array(erased.map(\.incarnation)), .int4Array(erased.map(\.position.partition)),
                .int8Array(erased.map(\.position.offset)),
            ])
    }

    /// What was written but not published, oldest first: what a predecessor left, when a partition is taken over.
    static func unpublished(_ key: PartitionKey, group: String, olderThan age: Duration, limit: Int, _ session: Session) throws -> [Outcome] {
        let parameters: [Parameter] = [
            .text(group), .int4(key.incarnation), .int4(key.partition), .int4(Int32(limit)), .int8(Int64(age / .milliseconds(1))),
        ]
        return try outcomes(try session.execute(.outcomeUnpublished, parameters))
    }

    private static func outcomes(_ rows: Rows) throws -> [Outcome] {
        try (0..<rows.count).map { try outcome(rows, $0) }
    }

    private static func outcome(_ rows: Rows, _ row: Int) throws -> Outcome {
        guard let tenant = TenantID(try rows.string(row, 3)), let kind = Outcome.Kind(rawValue: try rows.string(row, 8)) else {
            throw IndexError.inconsistent
        }
        let rejection = try rows.optionalString(row, 9).flatMap(RejectionCode.init(rawValue:)).map {
            Rejection(stored: $0, message: try rows.optionalString(row, 10) ?? "")
        }
        let counts = try rows.optionalInt32(row, 12).map {
            Outcome.ChunkCounts(
                chunks: Int($0), embedded: Int(try rows.optionalInt32(row, 13) ?? 0), reused: Int(try rows.optionalInt32(row, 14) ?? 0))
        }
        return Outcome(
            kind, rejection: rejection, generation: try rows.optionalString(row, 11), counts: counts,
            snapshot: try rows.optionalBytes(row, 16).flatMap { try? JSON.parse($0) }.flatMap(SnapshotTally.init),
            position: RecordPosition(topic: try rows.string(row, 0), partition: try rows.int32(row, 1), offset: try rows.int64(row, 2)),
            incarnation: try rows.int32(row, 15), tenant: tenant, recordKey: try rows.optionalBytes(row, 4),
            correlationID: try rows.optionalString(row, 5),
            trace: TraceContext(traceparent: try rows.optionalString(row, 6), tracestate: try rows.optionalString(row, 7)))
    }

    /// Tells anew of a record whose outcome was not final.
    ///
    /// - Returns: what is to be published; nothing where it has ended, or was told the same.
    static func retell(_ kind: Outcome.Kind, _ snapshot: SnapshotTally, of position: VersionPosition, group: String, _ session: Session) throws -> [Outcome] {
        let place: [Parameter] = [.text(group), .int4(position.incarnation), .int4(position.record.partition), .int8(position.record.offset)]
        guard try session.execute(.outcomeRetell, place + [.text(kind.rawValue), .jsonb(snapshot.json)]).affectedCount == 1 else { return [] }
        return try outcomes(
            try session.execute(
                .outcomeFind,
                [.text(group), .int4Array([position.incarnation]), .int4Array([position.record.partition]), .int8Array([position.record.offset])]))
    }

    static func markPublished(_ outcomes: [Outcome], group: String, _ session: Session) throws {
        guard !outcomes.isEmpty else { return }
        _ = try session.execute(
            .outcomePublished,
            [
                .text(group), .int4Array(outcomes.map(\.incarnation)), .int4Array(outcomes.map(\.position.partition)),
                .int8Array(outcomes.map(\.position.offset)), .textArray(outcomes.map(\.kind.rawValue)),
            ])
    }
}

extension SnapshotTally {
    fileprivate var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

extension Outbox.Place {
    fileprivate init(_ outcome: Outcome) {
        self.init(incarnation: outcome.incarnation, partition: outcome.position.partition, offset: outcome.position.offset)
    }
}
