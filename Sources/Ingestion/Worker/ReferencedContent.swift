import Contract
import References

/// What became of fetching what a document refers to.
enum ReferencedContent: Sendable {
    /// Nothing had to be fetched.
    case none
    /// With what the host calls it.
    case fetched(bytes: [UInt8], mediaType: String?, tag: String?)
    /// It still is what was fetched before.
    case unchanged
    case rejected(Rejection)
    /// To be tried again: what it waits for, why, and how long the host asked to be left alone.
    case unavailable(host: String?, reason: String, retryAfter: Duration?)

    var bytes: [UInt8]? {
        if case .fetched(let bytes, _, _) = self { bytes } else { nil }
    }
}

/// Fetches what documents refer to.
package struct ReferenceResolver: Sendable {
    private let fetcher: ReferenceFetcher

    package init(_ fetcher: ReferenceFetcher) {
        self.fetcher = fetcher
    }

    /// - Parameter tag: of content that was fetched before.
    /// - Throws: `CancellationError`.
    func resolve(_ event: DocumentUpserted, unless tag: String? = nil) async throws -> ReferencedContent {
        guard let reference = event.reference else { return .none }
        do {
            guard let fetched = try await fetcher.fetch(reference, unless: tag) else { return .unchanged }
            return .fetched(bytes: fetched.bytes, mediaType: fetched.mediaType, tag: fetched.tag)
        } catch {
            switch error.kind {
            case .refused: return .rejected(Rejection(.referenceRefused, .fetch, error.reason))
            case .failed: return .rejected(Rejection(.referenceFailed, .fetch, error.reason))
            case .tooLarge: return .rejected(Rejection(.tooLarge, .fetch, error.reason))
            case .unavailable(let retryAfter):
                return .unavailable(host: ReferenceFetcher.host(of: reference), reason: "\(error.reason)", retryAfter: retryAfter)
            case .cancelled: throw CancellationError()
            }
        }
    }
}

extension DocumentUpserted {
    /// What the content is to be fetched from.
    var reference: String? {
        if case .reference(let reference) = content { reference } else { nil }
    }
}
