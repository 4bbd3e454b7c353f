import Contract
import Synchronization
import Telemetry
import TokenSigning

@testable import Credentials

/// An issuer as tests know it: three keys, and tokens that are right but for what a test changes.
struct Issuer: Sendable {
    static let shared = Result { try Issuer() }

    static let rsa = #"{"alg":"RS256","typ":"JWT","kid":"rsa"}"#
    static let ec = #"{"alg":"ES256","typ":"at+jwt","kid":"ec"}"#
    static let ed = #"{"alg":"EdDSA","kid":"ed"}"#
    /// What the policy below asks for, and a user with two groups.
    static let claims = [
        "iss": #""https://sso.example/""#, "aud": #""sluice""#, "exp": "2000", "iat": "1000", "sub": #""alice""#, "tenant": #""acme""#,
        "groups": #"["staff","hr"]"#,
    ]
    /// In seconds since the epoch.
    static let now = 1500
    static let acme = TenantID("acme")!

    let rsa: SigningKey
    let ec: SigningKey
    let ed: SigningKey
    let keySet: [UInt8]

    private init() throws {
        rsa = try SigningKey(.rsa(bits: 2048))
        ec = try SigningKey(.ec(curve: "P-256"))
        ed = try SigningKey(.ed25519)
        keySet = Array(
            Token.keySet([
                try Token.key(rsa, id: "rsa", more: #""use":"sig","alg":"RS256""#), try Token.key(ec, id: "ec", more: #""key_ops":["verify"]"#),
                try Token.key(ed, id: "ed"), #"{"kty":"oct","kid":"shared","k":"AAAA"}"#,
            ]).utf8)
    }

    /// The claims with some of them changed; an empty text leaves one out.
    static func claims(_ changes: [String: String] = [:]) -> String {
        let members = claims.merging(changes) { $1 }.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        return "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
    }

    /// Signed with Ed25519, the fastest.
    func token(_ changes: [String: String] = [:]) throws -> String {
        try Token.signed(ed, header: Self.ed, claims: Self.claims(changes))
    }

    static func policy() -> TokenPolicy {
        TokenPolicy(
            issuer: "https://sso.example/", audience: "sluice", leeway: .seconds(30),
            mapping: ClaimMapping(
                tenant: ClaimPath("tenant")!, user: ClaimPath("sub")!, groups: ClaimPath("groups")!, groupSource: SourceName("okta"),
                overage: [ClaimPath("_claim_names")!, ClaimPath("hasgroups")!]))
    }

    func check(_ policy: TokenPolicy = policy(), keys: KeyRing? = nil) -> TokenCheck {
        TokenCheck(
            policy: policy, keys: keys ?? KeyRing(TestKeySource(keySet), keepFor: .seconds(3600), log: .silent),
            now: Timestamp(microsecondsSinceEpoch: Int64(Self.now) * 1_000_000))
    }
}

extension TokenCheck {
    /// Why the token is refused; nothing where it is accepted.
    func refusal(_ token: String, of tenant: TenantID? = Issuer.acme) async -> TokenRefusal? {
        do throws(TokenRefusal) {
            _ = try await credential(token, query: "q1", of: tenant)
            return nil
        } catch {
            return error
        }
    }
}

extension Log {
    /// Nothing is written to a descriptor that no process has.
    static let silent = Log(level: .error, descriptor: -1)
}

/// Keys as a test sets them; counts how often they are read.
final class TestKeySource: KeySource {
    private struct State {
        var answer: Result<[UInt8], KeyError>
        var readings = 0
    }

    let maximumAge: Duration
    let pause: Duration
    private let state: Mutex<State>

    init(_ keys: [UInt8], maximumAge: Duration = .seconds(300), pause: Duration = .seconds(30)) {
        state = Mutex(State(answer: .success(keys)))
        self.maximumAge = maximumAge
        self.pause = pause
    }

    var readings: Int { state.withLock { $0.readings } }

    func publish(_ answer: Result<[UInt8], KeyError>) {
        state.withLock { $0.answer = answer }
    }

    func read() async throws(KeyError) -> [UInt8] {
        let answer = state.withLock { state in
            state.readings += 1
            return state.answer
        }
        return try answer.get()
    }
}

/// Time stands still, but for what a test moves it.
final class TestClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
}
