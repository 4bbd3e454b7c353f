import Contract
import Digest
import Telemetry

/// An issuer's keys as they were read last, read again in time.
///
/// - From four fifths of the source's maximum age on, a use starts a reading and does not wait for it.
/// - Past the maximum age, for a key that is not in the set, and where there is none yet, a use waits for a reading, unless the last one failed.
/// - While the source cannot be read, the last good set is kept for a bounded time; then there are no keys, and nobody is believed.
package actor KeyRing {
    package typealias Instant = ContinuousClock.Instant

    private let source: any KeySource
    private let keepFor: Duration
    private let now: @Sendable () -> Instant
    private let log: Log

    private var held: (keys: KeySet, text: [UInt8], at: Instant)?
    private var reading: Task<Void, Never>?
    private var lastReading: Instant?
    private var lastError: KeyError?

    /// - Parameter keepFor: after the last good reading. Past it every token is refused as one that nothing can be checked with.
    package init(_ source: some KeySource, keepFor: Duration, log: Log, now: @escaping @Sendable () -> Instant = { .now }) {
        self.source = source
        self.keepFor = keepFor
        self.log = log
        self.now = now
    }

    /// Reads the keys for the first time.
    ///
    /// - Throws: `KeyError`; later uses try again all the same.
    package func load() async throws(KeyError) {
        await startReading()?.value
        if let lastError { throw lastError }
    }

    /// The key a token is signed with, by its own word.
    ///
    /// - Throws: `.unknownKey`, `.noKeys`.
    func key(_ id: String?, for algorithm: SignatureAlgorithm) async throws(TokenRefusal) -> PublicKey {
        let age = held?.at.duration(to: now())
        let isPresent = held?.keys.key(id, for: algorithm) != nil
        if !isPresent || age.map({ $0 >= source.maximumAge * 4 / 5 }) ?? true {
            let isUrgent = !isPresent || age.map { $0 >= source.maximumAge } ?? true
            let reading = startReading()
            // A source that is down would hold up every query for as long as it takes to find out again.
            if isUrgent, lastError == nil { await reading?.value }
        }
        guard let held, held.at.duration(to: now()) < keepFor else { throw .noKeys }
        guard let key = held.keys.key(id, for: algorithm) else { throw .unknownKey }
        return key
    }

    /// - Returns: The reading that is under way; nothing where the last one is too fresh.
    private func startReading() -> Task<Void, Never>? {
        if let reading { return reading }
        let start = now()
        if let lastReading, lastReading.duration(to: start) < source.pause { return nil }
        lastReading = start
        let task = Task { await read() }
        reading = task
        return task
    }

    private func read() async {
        defer { reading = nil }
        do throws(KeyError) {
            let text = try await source.read()
            if held?.text == text {
                held?.at = now()
            } else {
                let keys = try KeySet(text)
                held = (keys, text, now())
                log.info("the keys of tokens were read", [.count: .int(keys.entries.count)])
            }
            lastError = nil
        } catch {
            lastError = error
            WorkerMetrics.failedKeyReadings.add()
            log.warning("the keys of tokens could not be read", [.reason: .string(error.description)])
        }
    }
}
