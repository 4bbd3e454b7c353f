import Index
import Postgres

/// Documents as a generation writes them, against `COPY … (FORMAT binary)` of the very rows it left: the same rows, tables and indexes, another tenant,
/// one connection each, in turns.
///
/// Sluice's side is `IngestionStore.apply`: locking names, merging facts and versions, writing content, chunks, terms, vectors and cached embeddings, and
/// committing every few documents. The other side is one transaction with one COPY a table, and needs a superuser: `COPY FROM` is refused where
/// row-level security applies, as it does to every role that Sluice works as.
struct UpsertBenchmark {
    private let shape: MadeDocuments.Shape
    private let administration: AdministrationStore
    private let store: IngestionStore
    private let generation: Generation
    private let incarnation: Int32
    private let copy: RawCopy
    /// Tenants of an earlier process, in a database that is used again, have other names.
    private let process = UInt32.random(in: 0 ... .max)

    private static let applicationName = "sluice bench"

    init(databaseURL: String, shape: MadeDocuments.Shape) async throws {
        self.shape = shape
        administration = AdministrationStore(pool: IndexRole.admin.pool(url: databaseURL, connections: 1, applicationName: "sluice bench setup"))
        try await administration.ensureGeneration(
            name: "upsert", embeddingSpace: "made", dimension: MadeDocuments.dimension, chunker: "made", parser: "made")
        store = IngestionStore(pool: IndexRole.ingest.pool(url: databaseURL, connections: 1, applicationName: Self.applicationName))
        guard let generation = try await store.generations().first(where: { $0.name == "upsert" }) else { throw IndexError.inconsistent }
        self.generation = generation
        incarnation = try await store.incarnation(topic: "sluice.documents", brokerID: "bench")
        copy = try await RawCopy(databaseURL: databaseURL)
    }

    func run(turn: Int) async throws -> Turn {
        let sluice = try await administration.createTenant(named: "upsert-\(process)-\(turn)-sluice", known: store)
        let other = try await administration.createTenant(named: "upsert-\(process)-\(turn)-copy", known: store)
        let batches = MadeDocuments(shape, tenant: sluice, incarnation: incarnation, seed: UInt64(turn)).batches()

        let ours = try await measure(Self.applicationName) {
            for batch in batches { _ = try await store.apply(batch, generation: generation, group: "bench") { _, _ in [] } }
        }
        try await copy.dump(tenant: sluice.value, as: other.value)
        var tables: [(table: String, duration: Duration)] = []
        let theirs = try await measure(RawCopy.applicationName) { tables = try await copy.load() }

        let rows = try await copy.rowCount(tenant: sluice.value)
        guard try await copy.rowCount(tenant: other.value) == rows else { throw IndexError.inconsistent }
        return Turn(shape: shape, rows: rows, sluice: ours, copy: theirs, tables: tables)
    }

    /// From a checkpoint on, for both sides write a page whole when they first change it.
    private func measure(_ applicationName: String, _ body: () async throws -> Void) async throws -> Cost {
        try await copy.checkpoint()
        let before = try await copy.processorTime(ofApplication: applicationName)
        let time = try await ContinuousClock().measure(body)
        return Cost(time: time, serverProcessor: try await copy.processorTime(ofApplication: applicationName) - before)
    }
}

extension UpsertBenchmark {
    struct Cost {
        let time: Duration
        /// Of the connection's process: tells more than the clock where others use the machine too.
        let serverProcessor: Duration
    }

    struct Turn {
        let shape: MadeDocuments.Shape
        /// In all tables, of either side.
        let rows: Int
        let sluice: Cost
        let copy: Cost
        let tables: [(table: String, duration: Duration)]

        var json: String {
            let tables = tables.map { #""\#($0.table)": \#($0.duration.seconds)"# }.joined(separator: ", ")
            return """
                {"chunks": \(shape.chunksPerDocument), "documents": \(shape.documents), "rows": \(rows), \
                "sluice_seconds": \(sluice.time.seconds), "sluice_processor_seconds": \(sluice.serverProcessor.seconds), \
                "copy_seconds": \(copy.time.seconds), "copy_processor_seconds": \(copy.serverProcessor.seconds), "copies": {\(tables)}}
                """
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
