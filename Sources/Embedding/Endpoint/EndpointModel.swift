import Synchronization
package import Text
package import WebClient

/// A model behind an OpenAI-compatible service.
///
/// An outage is the endpoint's, and thrown; a refusal is pinned to one text before it counts as that text's: what the endpoint does not take together it is
/// sent in halves, and a text that it does not take alone is refused only where it takes another, known one right after. So neither an outage nor a wrong setting
/// ever rejects a document.
package final class EndpointModel: EmbeddingModel {
    package let space: EmbeddingSpace
    package let tokenizer: any Tokenizer = EstimatingTokenizer()

    private let endpoint: EmbeddingEndpoint
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Until when the endpoint has asked to be left alone.
    private let restsUntil = Mutex<ContinuousClock.Instant?>(nil)

    /// Of one request: some hundred chunks, however many tokens they are.
    private static let maximumBytes = 256 << 10
    /// An endpoint that asks for more is tried again all the same.
    private static let longestRest = Duration.seconds(60)

    /// - Throws: `WebError.Code.certificateAuthorities`, `.unavailable`.
    package init(_ settings: EndpointSettings, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) throws(WebError) {
        endpoint = try EmbeddingEndpoint(settings)
        self.now = now
        space = EmbeddingSpace(
            model: settings.model, revision: "endpoint", dimension: settings.dimension, normalised: true, passageForm: settings.passageForm)
    }

    package func embed(_ texts: [[UInt8]], for purpose: EmbeddingPurpose) async throws -> EmbeddingBatch {
        let form = endpoint.settings.form(of: purpose)
        // A model marks where a text begins and ends.
        let room = endpoint.settings.maximumTokens - tokenizer.tokenCount(form.prefix) - 2
        let cut = texts.map { String(decoding: tokenizer.beginning(of: $0, tokens: room), as: UTF8.self) }
        var work = EndpointWork(texts: cut, dimension: space.dimension) { try await self.ask($0, for: purpose) }
        for batch in batches(cut) { try await work.embed(batch) }
        return EmbeddingBatch(values: work.values, dimension: space.dimension, refused: work.refused)
    }

    private func batches(_ texts: [String]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var bytes = Int.max
        for (index, text) in texts.enumerated() {
            let size = text.utf8.count
            if let last = batches.last, last.count < endpoint.settings.maximumTexts, bytes <= Self.maximumBytes - size {
                batches[batches.count - 1] = last.lowerBound..<index + 1
                bytes += size
            } else {
                batches.append(index..<index + 1)
                bytes = size
            }
        }
        return batches
    }

    private func ask(_ texts: ArraySlice<String>, for purpose: EmbeddingPurpose) async throws -> [Float] {
        if let until = restsUntil.withLock({ $0 }), now() < until {
            throw EmbeddingError(.endpointUnavailable, "the endpoint has asked to be left alone for a while")
        }
        do {
            return try await endpoint.vectors(of: texts, for: purpose)
        } catch let error as EmbeddingError {
            if let rest = error.retryAfter { restsUntil.withLock { $0 = now() + min(rest, Self.longestRest) } }
            throw error
        }
    }
}

/// The texts of one call, and what has become of them.
private struct EndpointWork {
    private let texts: [String]
    private let dimension: Int
    private let ask: @Sendable (ArraySlice<String>) async throws -> [Float]

    /// `[texts.count][dimension]`.
    private(set) var values: [Float]
    private(set) var refused: Set<Int> = []
    /// Whether the endpoint has taken anything of this call.
    private var isProven = false

    /// A text that every model takes.
    private static let known = ["one text"]

    init(texts: [String], dimension: Int, ask: @escaping @Sendable (ArraySlice<String>) async throws -> [Float]) {
        self.texts = texts
        self.dimension = dimension
        self.ask = ask
        values = Array(repeating: 0, count: texts.count * dimension)
    }

    mutating func embed(_ range: Range<Int>) async throws {
        do {
            let vectors = try await ask(texts[range])
            values.replaceSubrange(range.lowerBound * dimension..<range.upperBound * dimension, with: vectors)
            isProven = true
        } catch let error as EmbeddingError where error.code == .textRefused || error.code == .answerInvalid {
            if range.count == 1 || !isProven { try await prove() }
            guard range.count > 1 else {
                refused.insert(range.lowerBound)
                return
            }
            let middle = range.lowerBound + range.count / 2
            try await embed(range.lowerBound..<middle)
            try await embed(middle..<range.upperBound)
        }
    }

    /// - Throws: `EmbeddingError`, where it is the endpoint that is wrong, and no text.
    private mutating func prove() async throws {
        do {
            _ = try await ask(Self.known[...])
            isProven = true
        } catch let error as EmbeddingError where error.code == .textRefused {
            throw EmbeddingError(.endpointRefused, "the endpoint takes no text at all: see its model's name and settings", status: error.status)
        }
    }
}
