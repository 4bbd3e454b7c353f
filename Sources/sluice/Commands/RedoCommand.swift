import Administration
import Contract
import Index
import IngestionWorker
import Kafka
import Transport

/// `sluice reindex --document`: one document, made anew in place.
struct RedoCommand {
    private static let pollInterval: Duration = .milliseconds(100)

    private let document: RecordKey
    private let generation: Generation
    private let live: Generation
    private let redo: DocumentRedo
    private let reader: KafkaReader
    private let store: AdministrationStore
    private let runtime: Runtime
    private let arguments: ParsedArguments

    init(_ arguments: ParsedArguments, _ runtime: Runtime) async throws {
        self.arguments = arguments
        self.runtime = runtime
        document = try NamedDocument.key(arguments.required("document"))
        store = try runtime.administrationStore()
        let administration = GenerationAdministration(store: store)
        live = try await administration.live()
        if let name = arguments.value("into") { generation = try await administration.find(name).generation } else { generation = live }
        reader = try runtime.clientReader()
        redo = DocumentRedo(store: store, admin: try KafkaAdmin(configuration: runtime.kafka(clientID: "sluice-client")), reader: reader)
    }

    func run() async throws -> ExitCode {
        let patience = Duration.seconds(try arguments.integer("timeout", in: 1...86_400) ?? 60)
        let (place, holder) = try await redo.place(of: document, in: generation, live: live)
        let record = try await redo.record(place)
        await reader.close()
        if record == nil {
            Terminal.write(
                "its record is no longer on \(place.position.topic): it is made of the text that \(holder.name) has of it, which is not parsed again\n")
        }
        if let code = try Consent.decide(arguments, question: "Make the document anew in \(generation.name)?") { return code }
        try await redo.note(document, generation, isStored: record == nil, reason: arguments.value("reason"))
        if let record {
            try await send(record, place, patience)
        } else {
            let service = try await generationService(named: generation.name, runtime, try runtime.ingestionKit())
            if try await service.redo(place.document, of: holder.number).refused > 0 {
                throw ClientError("it stays as it was: the embedding model, or the tenant's quota, does not take it")
            }
        }
        return try await report(place)
    }

    /// To the generation's workers, as a dead letter comes back.
    private func send(_ record: KafkaRecord, _ place: RenditionPlace, _ patience: Duration) async throws {
        let incarnation = try await redo.redriveIncarnation()
        let producer = try runtime.clientProducer()
        let sent: (partition: Int32, offset: Int64)
        do {
            let inbound = InboundRecord(record)
            sent = try await producer.send(KafkaMessage(Redrive(redoing: inbound, incarnation: place.incarnation, group: generation.group).outbound))
            await producer.close()
        } catch {
            await producer.close()
            throw error
        }
        let start = ContinuousClock.now
        while try await !redo.isDealtWith(sent.offset, of: sent.partition, incarnation: incarnation, by: generation) {
            guard ContinuousClock.now - start < patience else {
                throw ClientError(
                    "no worker of \(generation.name) has come to it for \(patience.components.seconds) s; it does once one runs: "
                        + "`SLUICE_GENERATION=\(generation.name) sluice ingest`",
                    exitCode: .unavailable)
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    private func report(_ before: RenditionPlace) async throws -> ExitCode {
        guard let after = try await store.place(of: document, in: generation.number) else {
            Terminal.write("\(generation.name) has no such document: it was deleted, or cannot be read; `sluice trace` and `sluice dlq list` tell more\n")
            return .failure
        }
        guard after.isSameVersion(as: before) else {
            Terminal.write("a newer version of it has come to \(generation.name) meanwhile\n")
            return .success
        }
        guard after.write != before.write else {
            Terminal.write(
                "it stays as it was: what it refers to, or its content, cannot be read, or its tenant has no room for it; the log of \(generation.name)'s "
                    + "workers tells more\n")
            return .failure
        }
        Terminal.write("made anew in \(generation.name): \(after.chunks) chunks\n")
        return .success
    }
}
