import Contract
import Delivery
import Index
import Telemetry
import Threads
import Transport

/// Makes documents of the texts that another generation has stored, slice by slice, beside what comes by the topics.
struct StoredWork: Sendable {
    let processor: GenerationProcessor
    let kit: IngestionService.Kit

    /// Renewed while a slice is carried out; it passes to the next worker where this one dies.
    private static let lease = Duration.seconds(60)
    private static let interval = Duration.seconds(2)
    /// As of records: enough to fill the model's batches.
    private static let (waveDocuments, waveBytes) = (64, 128 << 10)

    /// Runs until shutdown, with as many slices at once as there are waves of records.
    func run(_ shutdown: ShutdownSignal) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, kit.intake.waves) { group.addTask { try await work(shutdown) } }
            for try await _ in group {}
        }
    }

    private func work(_ shutdown: ShutdownSignal) async throws {
        var backoff = Backoff()
        while !shutdown.isTriggered {
            do {
                guard let slice = try await kit.store.leaseSlice(for: processor.generation.number, Self.lease) else {
                    await shutdown.wait(for: Self.interval)
                    continue
                }
                try await carryOut(slice, shutdown)
                backoff = Backoff()
            } catch {
                guard Failure(error).passes else { throw error }
                kit.log.warning("trying again", [.consumerGroup: .string(processor.group), .reason: .string("\(error)")])
                await backoff.pause(unless: shutdown)
            }
        }
    }

    private func carryOut(_ slice: StoredSlice, _ shutdown: ShutdownSignal) async throws {
        let store = kit.store
        do {
            let made = try await LeaseRenewal.during(every: Self.lease / 3, renew: { try await store.renew(slice, Self.lease) }) {
                try await make(slice, unless: shutdown)
            }
            // Somebody else is at it.
            guard let made else { return }
            guard case .all(let refused) = made else { return try await store.release(slice) }
            if refused > 0 {
                kit.log.warning("the model does not take these documents", [.consumerGroup: .string(processor.group), .count: .int(refused)])
            }
            try await store.finish(slice, refused: refused)
        } catch IndexError.tenantGone {
            try await store.finish(slice, refused: 0)
        } catch {
            // Nobody waits for the lease of one that is known to have stopped; where the database is away, it ends by itself.
            try? await store.release(slice)
            throw error
        }
    }

    private enum Made: Sendable {
        case all(refused: Int)
        /// Shutdown came first.
        case some
    }

    private func make(_ slice: StoredSlice, unless shutdown: ShutdownSignal) async throws -> Made {
        var refused = 0
        for wave in Self.waves(of: try await kit.store.documents(of: slice)) {
            try await processor.pace.take(wave.count)
            guard !shutdown.isTriggered else { return .some }
            refused += try await remake(wave, of: slice.source)
        }
        return .all(refused: refused)
    }

    /// What the database cannot take is left out alone.
    /// - Returns: how many documents were refused.
    private func remake(_ documents: [DocumentNumber], of source: GenerationNumber) async throws -> Int {
        do {
            return try await processor.remake(documents, of: source).refused
        } catch {
            switch Disposition(of: Failure(error), records: documents.count) {
            case .isolate:
                let middle = documents.count / 2
                return try await remake(Array(documents[..<middle]), of: source) + (try await remake(Array(documents[middle...]), of: source))
            case .deadLetter: return documents.count
            case .retry, .defer, .skip, .release, .halt: throw error
            }
        }
    }

    private static func waves(of documents: [(document: DocumentNumber, bytes: Int)]) -> [[DocumentNumber]] {
        var waves: [[DocumentNumber]] = []
        var bytes = 0
        for (document, length) in documents {
            if let last = waves.last, last.count < waveDocuments, bytes + length <= waveBytes {
                waves[waves.count - 1].append(document)
                bytes += length
            } else {
                waves.append([document])
                bytes = length
            }
        }
        return waves
    }
}
