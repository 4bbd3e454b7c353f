import Contract
import Kafka
import Synchronization

/// What came back on a tenant's topics and the dead-letter topic, kept until it is asked for, or asked for before it came.
final class Mailbox: Sendable {
    enum Address: Hashable, Sendable {
        /// The outcome of a record, by its place.
        case outcome(topic: String, partition: Int32, offset: Int64)
        /// Of one that is not final; of a snapshot, that it waits for an admin.
        case deferral(topic: String, partition: Int32, offset: Int64, isWaiting: Bool)
        case deadLetter(topic: String, partition: Int32, offset: Int64)
        /// The result of a query, by its id.
        case result(String)
    }

    private struct State {
        var letters: [Address: JSON] = [:]
        var readers: [Address: CheckedContinuation<JSON, any Error>] = [:]
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    /// Waits for as long as it takes, or until delivery has failed.
    func read(_ address: Address) async throws -> JSON {
        try await withCheckedThrowingContinuation { reader in
            let answer: Result<JSON, any Error>? = state.withLock { state in
                if let letter = state.letters[address] { return .success(letter) }
                if let failure = state.failure { return .failure(failure) }
                state.readers[address] = reader
                return nil
            }
            if let answer { reader.resume(with: answer) }
        }
    }

    /// - Throws: what has ended delivery.
    func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Nothing comes any more.
    func fail(_ error: any Error) {
        let readers = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.readers = [:] }
            return state.readers
        }
        for reader in readers.values { reader.resume(throwing: error) }
    }

    func deliver(_ record: KafkaRecord) {
        guard let (address, letter) = Self.sort(record) else { return }
        let reader = state.withLock { state in
            state.letters[address] = letter
            return state.readers.removeValue(forKey: address)
        }
        reader?.resume(returning: letter)
    }

    /// Asking anew replaces what was answered before.
    private static func sort(_ record: KafkaRecord) -> (Address, JSON)? {
        if record.topic == Topics.deadLetters {
            guard let topic = record.header("__dlq.errors.topic"), let partition = record.header("__dlq.errors.partition").flatMap(Int32.init),
                let offset = record.header("__dlq.errors.offset").flatMap(Int64.init), let code = record.header("__dlq.errors.code")
            else { return nil }
            return (.deadLetter(topic: topic, partition: partition, offset: offset), .string(code))
        }
        guard let value = record.value, let json = try? JSON.parse(value) else { return nil }
        if record.topic.hasPrefix("sluice.results.") { return (.result(String(decoding: record.key ?? [], as: UTF8.self)), json) }
        guard let position = json["position"], let topic = position["topic"]?.string, let partition = position["partition"]?.integer,
            let offset = position["offset"]?.integer
        else { return nil }
        if json["outcome"]?.string == "deferred" {
            let isWaiting = json["snapshot"]?["state"]?.string == "waiting"
            return (.deferral(topic: topic, partition: Int32(partition), offset: Int64(offset), isWaiting: isWaiting), json)
        }
        return (.outcome(topic: topic, partition: Int32(partition), offset: Int64(offset)), json)
    }
}

extension KafkaRecord {
    fileprivate func header(_ name: String) -> String? {
        headers.last { $0.name == Array(name.utf8) }?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
