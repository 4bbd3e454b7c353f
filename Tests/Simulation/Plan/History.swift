/// What a publisher will publish.
package struct PlannedRecord: Hashable, Sendable {
    package enum Trouble: Hashable, Sendable {
        case none
        /// Refused before anything of it is known.
        case malformed
        /// Refused for its content; its facts count.
        case unreadable
        /// What the database can never take.
        case unstorable
        /// Its reference is away until then, milliseconds.
        case away(until: Int)
        /// Its reference never comes back.
        case gone
    }

    package let time: Int
    package let document: Int
    package let tenant: Int
    package let partition: Int
    package let sequence: Int64?
    package let isDeletion: Bool
    /// Equal bodies, equal content.
    package let body: Int
    package let trouble: Trouble
    package let isReference: Bool
    package let bytes: Int
    /// Offsets skipped before it.
    package let hole: Int64
}

/// How many there are of everything.
package struct Shape: Hashable, Sendable {
    package var ingestWorkers = 2
    /// None: the generation speaks for all.
    package var registrarWorkers = 0
    package var partitions = 1
    package var documents = 4
    package var tenants = 2
    package var intakeRecords = 8
    package var intakeBytes = 8000
    package var pollRecords = 4
    package var waves = 2
    package var waveRecords = 2

    package var hasRegistrar: Bool { registrarWorkers > 0 }
    package var workers: Int { ingestWorkers + registrarWorkers }

    /// Ingesting workers come first.
    func group(of slot: Int) -> Group { slot < ingestWorkers ? .ingest : .registrar }

    /// One tenant has two turns for each of another's.
    var weights: [Int: Double] { tenants > 1 ? [0: 2] : [:] }

    /// One record, one voice: the registrar speaks for whatever it can decide.
    func speaks(_ group: Group, for record: PlannedRecord) -> Bool {
        guard hasRegistrar else { return group == .ingest }
        return (record.trouble == .malformed || record.isDeletion) == (group == .registrar)
    }
}

/// Everything that is given: what is published when, and what goes wrong when. How long steps take comes from a seed.
package struct History: Sendable {
    package let seed: UInt64
    /// Of how long steps take.
    package var timing: UInt64
    package var shape: Shape
    package var records: [PlannedRecord]
    package var faults: [Fault]
}
