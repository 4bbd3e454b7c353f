import Contract

/// What a token has to say to be accepted, besides being signed.
package struct TokenPolicy: Sendable {
    /// Compared byte for byte.
    package var issuer: String
    /// One of the token's audiences, byte for byte.
    package var audience: String
    /// How far the clocks of issuer and worker may be apart.
    package var leeway: Duration
    /// The claim that holds the `id` of the one query a token is for; nothing: tokens serve any number of queries.
    package var queryID: ClaimPath?
    package var mapping: ClaimMapping

    package init(issuer: String, audience: String, leeway: Duration, queryID: ClaimPath? = nil, mapping: ClaimMapping) {
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
        self.queryID = queryID
        self.mapping = mapping
    }

    /// Whom a token whose signature holds speaks for.
    ///
    /// - Parameters:
    ///   - id: of the query it came with.
    ///   - tenant: of the query's envelope; nothing: the token names it.
    /// - Throws: any refusal but those of form, header, key and signature.
    func credential(_ claims: JSONObject, query id: String, of tenant: TenantID?, at now: Timestamp) throws(TokenRefusal) -> Credential {
        guard claims["iss"]?.string?.hasSameBytes(as: issuer) == true else { throw .issuer }
        guard isForAudience(claims["aud"]) else { throw .audience }
        try checkTimes(claims, at: now)
        if let queryID {
            guard queryID.value(in: claims)?.string?.hasSameBytes(as: id) == true else { throw .otherQuery }
        }
        let credential = try mapping.credential(claims)
        guard tenant == nil || tenant == credential.tenant else { throw .foreignTenant }
        return credential
    }

    /// A text or an array of texts (RFC 7519, 4.1.3).
    private func isForAudience(_ claim: JSON?) -> Bool {
        switch claim {
        case .string(let name): name.hasSameBytes(as: audience)
        case .array(let names):
            names.allSatisfy { $0.string != nil } && names.contains { $0.string?.hasSameBytes(as: audience) == true }
        default: false
        }
    }

    /// `exp` is the first moment at which a token is too old, `nbf` and `iat` the first at which it is not too young (RFC 7519, 4.1).
    private func checkTimes(_ claims: JSONObject, at now: Timestamp) throws(TokenRefusal) {
        let seconds = Double(now.microsecondsSinceEpoch) / 1_000_000
        let leeway = leeway / .seconds(1)
        guard let expires = try Self.seconds(claims["exp"]), seconds - leeway < expires else { throw .expired }
        for start in [try Self.seconds(claims["nbf"]), try Self.seconds(claims["iat"])] {
            guard let start else { continue }
            guard start <= seconds + leeway else { throw .early }
        }
    }

    /// A NumericDate: seconds since the epoch, which may have a fraction (RFC 7519, 2).
    private static func seconds(_ claim: JSON?) throws(TokenRefusal) -> Double? {
        guard let claim else { return nil }
        guard let seconds = claim.number?.double, seconds.isFinite else { throw .times }
        return seconds
    }
}
