import Contract

/// What became of fetching what a document refers to.
enum ReferencedContent: Sendable {
    /// Nothing had to be fetched.
    case none
    case fetched(bytes: [UInt8], mediaType: String?)
    case rejected(Rejection)
    /// To be tried again: what it waits for, why, and how long the host asked to be left alone.
    case unavailable(host: String?, reason: String, retryAfter: Duration?)

    var bytes: [UInt8]? {
        if case .fetched(let bytes, _) = self { bytes } else { nil }
    }
}

/// Fetches what documents refer to.
package struct ReferenceResolver: Sendable {
    func resolve(_ event: DocumentUpserted) async -> ReferencedContent {
        guard event.reference != nil else { return .none }
        return .rejected(Rejection(.referenceRefused, .fetch, "content by reference is not fetched by this version"))
    }

    package init() {}
}

extension DocumentUpserted {
    /// What the content is to be fetched from.
    var reference: String? {
        if case .reference(let reference) = content { reference } else { nil }
    }
}
