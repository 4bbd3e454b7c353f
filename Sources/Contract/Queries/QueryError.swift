/// How a query ended.
package enum QueryStatus: String, CaseIterable, Sendable, Hashable {
    case ok, invalid, unauthenticated, forbidden, expired, notYet, overloaded, unavailable
}

/// Why a query has no hits: one case per `error.code`, each with its status and its fixed message.
package enum QueryError: String, Error, CaseIterable, Sendable, Hashable {
    case malformedEnvelope = "malformed_envelope"
    case unknownType = "unknown_type"
    case malformedData = "malformed_data"
    case invalidText = "invalid_text"
    case emptyText = "empty_text"
    case textTooLong = "text_too_long"
    case invalidLimit = "invalid_limit"
    case invalidMode = "invalid_mode"
    case invalidFilter = "invalid_filter"
    case invalidOption = "invalid_option"
    case invalidPositions = "invalid_positions"
    case invalidDocuments = "invalid_documents"
    case unsupportedOption = "unsupported_option"
    case embeddingRejected = "embedding_rejected"
    case invalidAsker = "invalid_asker"
    case tooManyGroups = "too_many_groups"
    case missingCredential = "missing_credential"
    case tokenRefused = "token_refused"
    case askerNotTrusted = "asker_not_trusted"
    case foreignTenant = "foreign_tenant"
    case replyTopicRefused = "reply_topic_refused"
    case tenantSuspended = "tenant_suspended"
    case expired
    case notYet = "not_yet"
    case overloaded
    case accessStale = "access_stale"
    case unavailable

    package var status: QueryStatus {
        switch self {
        case .malformedEnvelope, .unknownType, .malformedData, .invalidText, .emptyText, .textTooLong, .invalidLimit, .invalidMode, .invalidFilter,
            .invalidOption, .invalidPositions, .invalidDocuments, .unsupportedOption, .embeddingRejected, .invalidAsker, .tooManyGroups:
            .invalid
        case .missingCredential, .tokenRefused, .askerNotTrusted: .unauthenticated
        case .foreignTenant, .replyTopicRefused, .tenantSuspended: .forbidden
        case .expired: .expired
        case .notYet: .notYet
        case .overloaded: .overloaded
        case .accessStale, .unavailable: .unavailable
        }
    }

    /// Nothing of the query is in it.
    package var message: String {
        switch self {
        case .malformedEnvelope: "the envelope is out of form"
        case .unknownType: "the type is neither a query nor an access check"
        case .malformedData: "the data is not a JSON object of the expected form"
        case .invalidText: "a string holds U+0000, a lone surrogate, or bytes that are not UTF-8"
        case .emptyText: "text is missing or empty"
        case .textTooLong: "text is longer than 65,536 bytes"
        case .invalidLimit: "limit is an integer from 1 to 100"
        case .invalidMode: "mode is hybrid, vector or lexical"
        case .invalidFilter: "filter is out of form or names what cannot be filtered by"
        case .invalidOption: "perDocument, neighbours, collapseDuplicates or context is out of form"
        case .invalidPositions: "minimumPositions is out of form or names a topic that cannot be waited for"
        case .invalidDocuments: "documents is an array of at most 10,000 objects with source and document"
        case .unsupportedOption: "an option is not supported by this worker"
        case .embeddingRejected: "the embedding model does not take this text"
        case .invalidAsker: "asker is neither a token alone nor a user and groups in form"
        case .tooManyGroups: "asker names more than 1,000 groups"
        case .missingCredential: "asker is missing"
        case .tokenRefused: "the token is not accepted"
        case .askerNotTrusted: "this topic takes signed tokens alone"
        case .foreignTenant: "the credential is another tenant's"
        case .replyTopicRefused: "replytopic is not one of this tenant's"
        case .tenantSuspended: "the tenant is suspended: nobody of it is answered"
        case .expired: "the query was taken up past its expirytime"
        case .notYet: "the minimum positions were not reached in time"
        case .overloaded: "too many queries are waiting"
        case .accessStale: "nobody has kept permissions current for longer than this worker may answer from"
        case .unavailable: "the index cannot be asked now"
        }
    }
}
