import Contract

/// Why a token was not accepted: for operators, as a metric and a log field. Askers are told less, so that a guess learns nothing: see ``queryError``.
package enum TokenRefusal: String, Error, CaseIterable, Sendable, CustomStringConvertible {
    /// Not three parts of base64url, or a header or payload that is not one JSON object without duplicate members; or too long.
    case malformed
    /// The algorithm is none of those accepted: `none` and every shared-secret one among them.
    case algorithm
    /// The header is critical, names a key by itself, or is of another type of token.
    case header
    /// No key of the set has this identifier and algorithm, or several might be meant.
    case unknownKey = "unknown_key"
    case signature
    case issuer
    case audience
    /// `exp` has passed, or there is none.
    case expired
    /// `nbf` or `iat` lies ahead.
    case early
    /// It is bound to another query, or to none.
    case otherQuery = "other_query"
    /// A time is no number.
    case times
    /// It says that its groups were left out.
    case overage
    /// The claim that names the tenant is missing, out of form, or not among those configured.
    case tenant
    /// The claim that names the user is missing or out of form.
    case user
    /// The claim that names the groups is out of form.
    case groups
    case tooManyGroups = "too_many_groups"
    /// It is another tenant's than the query.
    case foreignTenant = "foreign_tenant"
    /// There are no keys to check it with: they were never had, or not for too long.
    case noKeys = "no_keys"

    /// What the asker is told.
    package var queryError: QueryError {
        switch self {
        case .foreignTenant: .foreignTenant
        case .tooManyGroups: .tooManyGroups
        case .noKeys: .unavailable
        default: .tokenRefused
        }
    }

    package var description: String { rawValue }
}
