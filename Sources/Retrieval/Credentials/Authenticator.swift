import Contract
import Telemetry

/// Finds out who asks: what a query says of its asker becomes what is proven of it, or the query an error.
///
/// Nothing of a token reaches a log, a metric or an answer; why one was refused is told to operators alone.
package struct Authenticator: Sendable {
    private enum Proof: Sendable {
        /// The query topic is trusted: the asker a query names is believed.
        case none
        case tokens(TokenPolicy, KeyRing, now: @Sendable () -> Timestamp)
    }

    private let proof: Proof
    private let log: Log

    /// Believes the asker a query names: whoever can write to the query topic can ask as anybody.
    package static func trusting(log: Log) -> Authenticator {
        Authenticator(proof: .none, log: log)
    }

    /// Believes signed tokens alone.
    package static func signed(_ policy: TokenPolicy, keys: KeyRing, log: Log, now: @escaping @Sendable () -> Timestamp) -> Authenticator {
        Authenticator(proof: .tokens(policy, keys, now: now), log: log)
    }

    /// What a decoder may take for an asker here.
    package var trust: AskerTrust {
        switch proof {
        case .none: .named
        case .tokens: .tokens
        }
    }

    /// Decodes a record and puts the credential in the place of the token.
    ///
    /// A query or check that comes back has an asker of the query's own tenant, but for one that has expired, which needs none. Where the envelope leaves
    /// the tenant out, the token names it; a query whose token is not accepted then has nowhere to be answered and is dead-lettered.
    /// Whether the tenant is registered is left to the caller.
    package func decode(_ record: InboundRecord, on topic: InputTopicName, by decoder: QueryDecoder) async -> DecodedQuery {
        let decoded = decoder.decode(record, on: topic) { _ in true }
        guard case .tokens(let policy, let keys, let now) = proof else { return decoded }
        let check = TokenCheck(policy: policy, keys: keys, now: now())
        do throws(TokenRefusal) {
            switch decoded {
            case .query(var query):
                guard let credential = try await check.credential(query.asker, query.envelope) else { return decoded }
                query.asker = credential.asker
                return .query(query)
            case .accessCheck(var question):
                guard let credential = try await check.credential(question.asker, question.envelope) else { return decoded }
                question.asker = credential.asker
                return .accessCheck(question)
            case .deadLetter:
                guard let (id, token) = decoder.tokenOfTenantless(record) else { return decoded }
                let credential = try await check.credential(token, query: id, of: nil)
                return decoder.decode(record, on: topic, namedTenant: credential.tenant) { _ in true }.asked(by: credential.asker)
            case .problem: return decoded
            }
        } catch {
            WorkerMetrics.refusedTokens.add(1, .init(error.rawValue))
            log.info(
                "a token was refused",
                [.reason: .string(error.rawValue), .topic: .string(record.topic), .partition: .int(Int(record.partition)), .offset: .int(Int(record.offset))])
            return decoded.refused(error.queryError)
        }
    }
}

/// Checks tokens as of one moment.
struct TokenCheck: Sendable {
    let policy: TokenPolicy
    let keys: KeyRing
    let now: Timestamp

    /// - Returns: Nothing for a query that has expired: it will not be answered, whoever asks.
    func credential(_ asker: Asker, _ envelope: QueryEnvelope) async throws(TokenRefusal) -> Credential? {
        if let expires = envelope.expires, expires <= now { return nil }
        guard case .token(let token) = asker else { throw .malformed }
        return try await credential(token, query: envelope.key.id, of: envelope.key.tenant)
    }

    /// In an order in which nothing is read that a check before it has not vouched for: form, algorithm, key, signature, claims.
    func credential(_ text: String, query id: String, of tenant: TenantID?) async throws(TokenRefusal) -> Credential {
        let token = try CompactToken(text)
        let key = try await keys.key(token.keyID, for: token.algorithm)
        guard key.verifies(token.signature, of: token.signed) else { throw .signature }
        return try policy.credential(try token.claims(), query: id, of: tenant, at: now)
    }
}

extension DecodedQuery {
    fileprivate func asked(by asker: Asker) -> DecodedQuery {
        switch self {
        case .query(var query):
            query.asker = asker
            return .query(query)
        case .accessCheck(var check):
            check.asker = asker
            return .accessCheck(check)
        case .problem, .deadLetter: return self
        }
    }

    /// A dead letter stays one: there is nobody to tell.
    fileprivate func refused(_ error: QueryError) -> DecodedQuery {
        switch self {
        case .query(let query): .problem(query.envelope, error)
        case .accessCheck(let check): .problem(check.envelope, error)
        case .problem, .deadLetter: self
        }
    }
}
