import Contract
import Digest
import Testing
import TokenSigning

@testable import Credentials

/// What is accepted, and everything that is not.
struct TokenTests {
    private let issuer: Issuer
    private let check: TokenCheck

    init() throws {
        issuer = try Issuer.shared.get()
        check = issuer.check()
    }

    // MARK: accepted

    @Test func `a token of each algorithm speaks for its tenant, user and groups`() async throws {
        let groups = ["group:okta/staff", "group:okta/hr"].compactMap(Principal.init)
        for (key, header) in [(issuer.rsa, Issuer.rsa), (issuer.ec, Issuer.ec), (issuer.ed, Issuer.ed)] {
            let token = try Token.signed(key, header: header, claims: Issuer.claims())
            let credential = try await check.credential(token, query: "q1", of: Issuer.acme)
            #expect(credential == Credential(tenant: Issuer.acme, user: try #require(Principal("user:alice")), groups: groups))
        }
    }

    @Test(
        arguments: [
            ["aud": #"["other","sluice"]"#], ["nbf": "1530"], ["iat": ""], ["exp": "1470.5"], ["exp": "2e3"], ["groups": ""], ["groups": "[]"],
            ["groups": #""staff""#], ["hasgroups": "false"], ["unknown": "{}"],
        ])
    func `a token may`(_ changes: [String: String]) async throws {
        #expect(await check.refusal(try issuer.token(changes)) == nil)
    }

    @Test(arguments: [#"{"alg":"EdDSA"}"#, #"{"alg":"EdDSA","kid":"ed","typ":"JWT","x5t":"AAAA"}"#, #"{"alg":"EdDSA","typ":"application/at+JWT"}"#])
    func `a header may`(_ header: String) async throws {
        #expect(await check.refusal(try Token.signed(issuer.ed, header: header, claims: Issuer.claims())) == nil)
    }

    // MARK: refused by what it claims

    @Test(
        arguments: [
            (["iss": #""https://sso.example""#], TokenRefusal.issuer), (["iss": #""https://SSO.example/""#], .issuer), (["iss": ""], .issuer),
            (["iss": #"["https://sso.example/"]"#], .issuer),
            (["aud": #""other""#], .audience), (["aud": ""], .audience), (["aud": "[]"], .audience), (["aud": #"["sluice",1]"#], .audience),
            (["aud": #""sluice ""#], .audience), (["aud": #"{"sluice":1}"#], .audience),
            (["exp": ""], .expired), (["exp": "1470"], .expired), (["exp": "-1"], .expired), (["exp": #""2000""#], .times), (["exp": "1e999"], .times),
            (["exp": "null"], .times), (["nbf": "1530.001"], .early), (["iat": "1531"], .early), (["nbf": "true"], .times), (["iat": #""1""#], .times),
            (["_claim_names": #"{"groups":"src1"}"#], .overage), (["hasgroups": "true"], .overage), (["hasgroups": #""false""#], .overage),
            (["tenant": ""], .tenant), (["tenant": "7"], .tenant), (["tenant": #""ACME""#], .tenant), (["tenant": #"["acme"]"#], .tenant),
            (["tenant": #""globex""#], .foreignTenant),
            (["sub": ""], .user), (["sub": #""""#], .user), (["sub": "7"], .user), (["sub": "null"], .user),
            (["groups": "null"], .groups), (["groups": "7"], .groups), (["groups": #"["staff",7]"#], .groups), (["groups": #"[""]"#], .groups),
            (["groups": #"{"staff":true}"#], .groups),
        ])
    func `a token is refused for`(_ changes: [String: String], _ refusal: TokenRefusal) async throws {
        #expect(await check.refusal(try issuer.token(changes)) == refusal)
    }

    @Test func `a claim that stands twice refuses the token, wherever it stands`() async throws {
        let claims = Issuer.claims()
        for twice in [
            claims.dropLast() + #","tenant":"globex"}"#, claims.dropLast() + #","tenant":"acme"}"#, claims.dropLast() + #","t\u0065nant":"acme"}"#,
            claims.dropLast() + #","deep":{"a":1,"a":1}}"#,
        ] {
            #expect(await check.refusal(try Token.signed(issuer.ed, header: Issuer.ed, claims: String(twice))) == .malformed)
        }
        let header = #"{"alg":"none","alg":"EdDSA","kid":"ed"}"#
        #expect(await check.refusal(try Token.signed(issuer.ed, header: header, claims: claims)) == .malformed)
    }

    @Test(arguments: ["[]", "7", "", "{", "{}x", "\u{FEFF}{}", "null"])
    func `claims that are no object are refused`(_ claims: String) async throws {
        #expect(await check.refusal(try Token.signed(issuer.ed, header: Issuer.ed, claims: claims)) == .malformed)
    }

    @Test func `a thousand groups are accepted and one more is invalid`() async throws {
        let names = (1...1001).map { "\"g\($0)\"" }
        #expect(await check.refusal(try issuer.token(["groups": "[\(names.dropLast().joined(separator: ","))]"])) == nil)
        #expect(await check.refusal(try issuer.token(["groups": "[\(names.joined(separator: ","))]"])) == .tooManyGroups)
        #expect(TokenRefusal.tooManyGroups.queryError.status == .invalid)
    }

    // MARK: refused by its header, key or signature

    @Test(
        arguments: [
            (#"{"alg":"none"}"#, TokenRefusal.algorithm), (#"{"alg":"None","kid":"ed"}"#, .algorithm), (#"{"alg":"HS256","kid":"ed"}"#, .algorithm),
            (#"{"alg":"PS256","kid":"rsa"}"#, .algorithm), (#"{"alg":"ES256K","kid":"ec"}"#, .algorithm), (#"{"alg":"eddsa","kid":"ed"}"#, .algorithm),
            (#"{"alg":["EdDSA"],"kid":"ed"}"#, .malformed), (#"{"kid":"ed"}"#, .malformed), ("[]", .malformed), (#"{"alg":"EdDSA","kid":7}"#, .malformed),
            (#"{"alg":"RS256","kid":"ed"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"rsa"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"shared"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":""}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"ED"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"/dev/null"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"../../etc/passwd"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"ed' OR '1'='1"}"#, .unknownKey),
            (#"{"alg":"EdDSA","kid":"ed\u0000"}"#, .malformed), (#"{"alg":"ES256","kid":"ec"}"#, .signature),
            (#"{"alg":"EdDSA","kid":"ed","crit":["exp"],"exp":1}"#, .header), (#"{"alg":"EdDSA","kid":"ed","crit":[]}"#, .header),
            (#"{"alg":"EdDSA","kid":"ed","b64":false}"#, .header), (#"{"alg":"EdDSA","kid":"ed","jku":"https://evil.example/keys"}"#, .header),
            (#"{"alg":"EdDSA","kid":"ed","jwk":{}}"#, .header), (#"{"alg":"EdDSA","kid":"ed","x5u":"https://evil.example/"}"#, .header),
            (#"{"alg":"EdDSA","kid":"ed","x5c":[]}"#, .header), (#"{"alg":"EdDSA","kid":"ed","typ":"JWE"}"#, .header),
            (#"{"alg":"EdDSA","kid":"ed","typ":"logout+jwt"}"#, .header), (#"{"alg":"EdDSA","kid":"ed","typ":null}"#, .header),
        ])
    func `a header is refused`(_ header: String, _ refusal: TokenRefusal) async throws {
        #expect(await check.refusal(try Token.signed(issuer.ed, header: header, claims: Issuer.claims())) == refusal)
    }

    @Test func `a token without a signature is refused`() async throws {
        for header in [#"{"alg":"none"}"#, Issuer.rsa, Issuer.ec, Issuer.ed] {
            #expect(await check.refusal(Token.assembled(header: header, claims: Issuer.claims(), signature: [])) != nil)
        }
    }

    @Test func `a public key is no shared secret`() async throws {
        let header = #"{"alg":"HS256","kid":"rsa"}"#
        let signed = "\(Token.base64URL(header.utf8)).\(Token.base64URL(Issuer.claims().utf8))"
        let parameters = try issuer.rsa.parameters()
        for secret in [parameters["n"] ?? [], Array(Token.base64URL(parameters["n"] ?? []).utf8), issuer.keySet] {
            let code = Token.base64URL(Token.hmac(secret, Array(signed.utf8)))
            #expect(await check.refusal("\(signed).\(code)") == .algorithm)
            #expect(await check.refusal("\(signed.replacing(Token.base64URL(header.utf8), with: Token.base64URL(Issuer.rsa.utf8))).\(code)") == .signature)
        }
    }

    @Test func `a stranger's key is refused whatever it calls itself`() async throws {
        for (kind, header) in [(SigningKey.Kind.rsa(bits: 2048), Issuer.rsa), (.ec(curve: "P-256"), Issuer.ec), (.ed25519, Issuer.ed)] {
            #expect(await check.refusal(try Token.signed(SigningKey(kind), header: header, claims: Issuer.claims())) == .signature)
        }
    }

    @Test func `a signature of zeros or of another length is refused`() async throws {
        for header in [Issuer.ec, Issuer.ed, Issuer.rsa] {
            for count in [0, 1, 32, 63, 64, 65, 72, 128, 255, 256, 257] {
                let token = Token.assembled(header: header, claims: Issuer.claims(), signature: [UInt8](repeating: 0, count: count))
                #expect(await check.refusal(token) == .signature)
            }
        }
    }

    @Test(arguments: ["", ".", "..", "...", "a.b", "a.b.c.d", "eyJ9", " ", "é.é.é", "\u{0}.\u{0}.\u{0}"])
    func `what is no token is malformed`(_ token: String) async {
        #expect(await check.refusal(token) == .malformed)
    }

    @Test func `a token is written in one way only`() async throws {
        let token = try issuer.token()
        for other in [
            token + "=", token + "\n", " " + token, "Bearer " + token, token + ".", token.replacing(".", with: ".."), token.replacing("_", with: "/") + "/",
        ] {
            #expect(await check.refusal(other) == .malformed)
        }
        #expect(await check.refusal(token + String(repeating: "A", count: CompactToken.maximumBytes)) == .malformed)
    }

    @Test func `every token with one byte changed is refused`() async throws {
        for (key, header) in [(issuer.rsa, Issuer.rsa), (issuer.ec, Issuer.ec), (issuer.ed, Issuer.ed)] {
            let token = Array(try Token.signed(key, header: header, claims: Issuer.claims()).utf8)
            for place in token.indices {
                // Every bit, and the neighbours in the alphabet, which differ in the bits that a last character may have to spare.
                for byte in (0..<7).map({ token[place] ^ 1 << $0 }) + [token[place] &+ 1, token[place] &- 1] where byte < 0x80 && byte != token[place] {
                    var changed = token
                    changed[place] = byte
                    #expect(await check.refusal(String(decoding: changed, as: UTF8.self)) != nil, "byte \(place)")
                }
                #expect(await check.refusal(String(decoding: token[..<place] + token[(place + 1)...], as: UTF8.self)) != nil)
            }
        }
    }

    // MARK: mapping

    @Test func `claims are found by name or by path`() async throws {
        var policy = Issuer.policy()
        policy.mapping.groups = try #require(ClaimPath("/realm_access/roles"))
        policy.mapping.tenant = try #require(ClaimPath("https://sso.example/tenant.id"))
        policy.mapping.user = try #require(ClaimPath("/a~1b/m~0n"))
        let claims = [
            "realm_access": #"{"roles":["x"]}"#, "https://sso.example/tenant.id": #""acme""#, "a/b": #"{"m~n":"bob"}"#, "tenant": "",
        ]
        let credential = try await issuer.check(policy).credential(try issuer.token(claims), query: "q1", of: nil)
        #expect(credential.user.text == "user:bob" && credential.groups.map(\.text) == ["group:okta/x"])
        for text in ["", "/", "/a//b", "/a~", "/a~2"] { #expect(ClaimPath(text) == nil) }
    }

    @Test func `without a source the groups are whole principals, and groups alone`() async throws {
        var policy = Issuer.policy()
        policy.mapping.groupSource = nil
        let check = issuer.check(policy)
        #expect(try await check.credential(try issuer.token(["groups": #"["group:hr/a"]"#]), query: "q1", of: nil).groups.map(\.text) == ["group:hr/a"])
        for groups in [#"["staff"]"#, #"["user:root"]"#, #"["everyone"]"#] { #expect(await check.refusal(try issuer.token(["groups": groups])) == .groups) }
    }

    @Test func `a name stays within its prefix`() async throws {
        let token = try issuer.token(["sub": #""group:okta/admins""#, "groups": #"["a/b","everyone"]"#])
        let credential = try await check.credential(token, query: "q1", of: nil)
        #expect(credential.user.text == "user:group:okta/admins" && credential.user.kind == .user)
        #expect(credential.groups.map(\.text) == ["group:okta/a/b", "group:okta/everyone"])
        let composed = try await check.credential(try issuer.token(["sub": #""e\u0301""#]), query: "q1", of: nil)
        #expect(Array(composed.user.text.utf8) == Array("user:é".utf8))
        #expect(await check.refusal(try issuer.token(["sub": "\"\(String(repeating: "x", count: 508))\""])) == .user)
        #expect(await check.refusal(try issuer.token(["sub": #""a\u0000""#])) == .malformed)
    }

    @Test func `tenants that are listed are the only ones`() async throws {
        var policy = Issuer.policy()
        policy.mapping.tenant = try #require(ClaimPath("iss"))
        policy.mapping.tenants = [("https://sso.example/", Issuer.acme)]
        #expect(try await issuer.check(policy).credential(try issuer.token(["tenant": ""]), query: "q1", of: nil).tenant == Issuer.acme)
        policy.mapping.tenant = try #require(ClaimPath("tenant"))
        #expect(await issuer.check(policy).refusal(try issuer.token()) == .tenant)
    }

    @Test func `a token that is bound serves its query alone`() async throws {
        var policy = Issuer.policy()
        policy.queryID = ClaimPath("jti")
        let check = issuer.check(policy)
        #expect(await check.refusal(try issuer.token(["jti": #""q1""#])) == nil)
        for id in ["", #""q2""#, #""Q1""#, "1", #"["q1"]"#] { #expect(await check.refusal(try issuer.token(["jti": id])) == .otherQuery) }
    }

    // MARK: what is told

    @Test func `an asker learns nothing but that the token is not accepted`() {
        let told = Set(TokenRefusal.allCases.filter { ![.foreignTenant, .tooManyGroups, .noKeys].contains($0) }.map(\.queryError))
        #expect(told == [.tokenRefused])
        #expect(TokenRefusal.foreignTenant.queryError.status == .forbidden && TokenRefusal.noKeys.queryError.status == .unavailable)
    }
}
