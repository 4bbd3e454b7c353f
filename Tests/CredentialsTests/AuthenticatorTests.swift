import Contract
import Testing
import TokenSigning

@testable import Credentials

/// Queries as records, with tokens in them.
struct AuthenticatorTests {
    private let issuer: Issuer
    private let signed: Authenticator
    private let decoder = QueryDecoder(trust: .tokens, supported: .all)

    init() throws {
        issuer = try Issuer.shared.get()
        let keys = KeyRing(TestKeySource(issuer.keySet), keepFor: .seconds(3600), log: .silent)
        signed = .signed(Issuer.policy(), keys: keys, log: .silent) { Timestamp(microsecondsSinceEpoch: Int64(Issuer.now) * 1_000_000) }
    }

    private func record(
        _ asker: String, tenant: String? = "acme", type: EventType = .query, expires: String? = nil, topic: String = "sluice.queries", more: String = ""
    ) -> InboundRecord {
        var headers = [("ce_specversion", "1.0"), ("ce_id", "q1"), ("ce_source", "portal"), ("ce_type", type.rawValue), ("content-type", "application/json")]
        if let tenant { headers.append(("ce_tenant", tenant)) }
        if let expires { headers.append(("ce_expirytime", expires)) }
        let question = type == .query ? #""text":"leave""# : #""documents":[]"#
        return InboundRecord(
            position: RecordPosition(topic: topic, partition: 0, offset: 0), timestampMilliseconds: 0, key: Array("q1".utf8),
            value: Array("{\"asker\":\(asker),\(question)\(more)}".utf8), headers: headers.map { RecordHeader($0, $1) })
    }

    private func decode(_ record: InboundRecord) async throws -> DecodedQuery {
        await signed.decode(record, on: try #require(InputTopicName(record.topic)), by: decoder)
    }

    private func token(_ changes: [String: String] = [:]) throws -> String { "{\"token\":\"\(try issuer.token(changes))\"}" }

    private func error(_ record: InboundRecord) async throws -> QueryError? {
        if case .problem(_, let error) = try await decode(record) { error } else { nil }
    }

    @Test func `the token's user and groups ask the question`() async throws {
        let asker = Asker.named(
            user: try #require(Principal("user:alice")), groups: [try #require(Principal("group:okta/staff")), try #require(Principal("group:okta/hr"))])
        guard case .query(let query) = try await decode(record(token())) else { throw SigningError() }
        #expect(query.asker == asker && query.envelope.key.tenant == Issuer.acme)
        guard case .accessCheck(let check) = try await decode(record(token(), type: .accessCheck)) else { throw SigningError() }
        #expect(check.asker == asker)
    }

    @Test func `a token that is not accepted is told so and no more`() async throws {
        for changes in [["exp": "1"], ["aud": #""x""#], ["sub": ""], ["hasgroups": "true"]] {
            #expect(try await error(record(token(changes))) == .tokenRefused)
        }
        #expect(try await error(record(#"{"token":"eyJ9"}"#)) == .tokenRefused)
        #expect(try await error(record(token(["exp": "1"]), type: .accessCheck)) == .tokenRefused)
    }

    @Test func `an asker that is only named is not believed`() async throws {
        #expect(try await error(record(#"{"user":"user:alice"}"#)) == .askerNotTrusted)
        #expect(try await error(record(#"{"user":"user:alice","token":"x"}"#)) == .invalidAsker)
        #expect(try await error(record("{}")) == .missingCredential)
    }

    @Test func `a token of another tenant is forbidden`() async throws {
        #expect(try await error(record(token(["tenant": #""globex""#]))) == .foreignTenant)
        #expect(try await error(record(token(), tenant: "globex")) == .foreignTenant)
    }

    @Test func `a token names the tenant that the envelope leaves out`() async throws {
        guard case .query(let query) = try await decode(record(token(), tenant: nil)) else { throw SigningError() }
        #expect(query.envelope.key == QueryKey(tenant: Issuer.acme, source: "portal", id: "q1"))
        if case .named(let user, _) = query.asker { #expect(user.text == "user:alice") } else { Issue.record("the asker is still a token") }
        guard case .query = try await decode(record(token(), tenant: nil, topic: "sluice.queries.acme")) else { throw SigningError() }
    }

    @Test func `a query whose tenant nobody names is a dead letter`() async throws {
        let records = [
            record(try token(["exp": "1"]), tenant: nil), record(#"{"token":"x"}"#, tenant: nil), record(#"{"user":"user:a"}"#, tenant: nil),
            // An attribute out of form is not left out, and a topic of one tenant carries that tenant alone.
            record(try token(), tenant: "ACME"), record(try token(), tenant: nil, topic: "sluice.queries.globex"),
        ]
        for record in records {
            guard case .deadLetter = try await decode(record) else { throw SigningError() }
        }
    }

    @Test func `a query that has expired is not authenticated`() async throws {
        guard case .query(let query) = try await decode(record(#"{"token":"x"}"#, expires: "1970-01-01T00:25:00Z")) else { throw SigningError() }
        #expect(query.asker == .token("x"))
        #expect(try await error(record(#"{"token":"x"}"#, expires: "1970-01-01T00:25:01Z")) == .tokenRefused)
    }

    @Test func `a worker that trusts the topic takes no tokens`() async throws {
        let trusting = Authenticator.trusting(log: .silent)
        let decoder = QueryDecoder(trust: trusting.trust, supported: .all)
        let queries = InputTopicName(.queries)
        if case .problem(_, let error) = await trusting.decode(record(try token()), on: queries, by: decoder) {
            #expect(error == .tokenRefused)
        } else {
            Issue.record("a token was taken without a key to check it")
        }
        guard case .query = await trusting.decode(record(#"{"user":"user:alice"}"#), on: queries, by: decoder) else { throw SigningError() }
        guard case .deadLetter = await trusting.decode(record(try token(), tenant: nil), on: queries, by: decoder) else { throw SigningError() }
    }
}
