import Contract
import Digest
import Testing
import TokenSigning

@testable import Credentials

/// Which keys of a published set may check a token.
struct KeySetTests {
    private let issuer: Issuer

    init() throws {
        issuer = try Issuer.shared.get()
    }

    private func ids(_ keys: [String]) throws -> [String?] {
        do throws(KeyError) {
            return try KeySet(Array(Token.keySet(keys).utf8)).entries.map(\.id)
        } catch {
            #expect(error.code == .noUsableKey)
            return []
        }
    }

    @Test func `a key is used for what it says it is for`() throws {
        for more in ["", #""use":"sig""#, #""alg":"RS256""#, #""key_ops":["verify"]"#, #""x5c":["AAAA"],"x5t":"A""#] {
            #expect(try ids([Token.key(issuer.rsa, id: "a", more: more)]) == ["a"])
        }
        for more in [
            #""use":"enc""#, #""use":7"#, #""alg":"RS512""#, #""alg":"PS256""#, #""alg":"HS256""#, #""alg":"EdDSA""#, #""key_ops":["encrypt"]"#,
            #""key_ops":[]"#,
            #""d":"AAAA""#,
        ] {
            #expect(try ids([Token.key(issuer.rsa, id: "a", more: more)]) == [])
        }
    }

    @Test func `weak, foreign and broken keys are passed over`() throws {
        let n = Token.base64URL(try issuer.rsa.parameters()["n"] ?? [])
        let x = Token.base64URL(try issuer.ec.parameters()["x"] ?? [])
        let good = try Token.key(issuer.ed, id: "good")
        let bad = [
            try Token.key(SigningKey(.rsa(bits: 1024)), id: "short"), #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(x)"}"#, #"{"kty":"RSA","n":"\#(n)","e":"Aw"}"#, #"{"kty":"RSA","n":"\#(n)","e":"AQAA"}"#,
            #"{"kty":"RSA","n":"\#(n)="}"#, #"{"kty":"RSA","n":"\#(n)=","e":"AQAB"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"AAAA"}"#, #"{"kty":7}"#, "{}", "7",
        ]
        #expect(try ids(bad) == [] && ids(bad + [good]) == ["good"])
    }

    @Test(arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "<html>", #"{"keys":["#])
    func `what is no set has no keys`(_ text: String) {
        #expect(throws: KeyError(.malformed)) { try KeySet(Array(text.utf8)) }
    }

    @Test func `a token without an identifier means the only key of its algorithm`() throws {
        let other = try SigningKey(.ed25519)
        let set = try KeySet(Array(Token.keySet([Token.key(issuer.ed, id: "a"), Token.key(issuer.ec, id: nil)]).utf8))
        #expect(set.key(nil, for: .eddsa) != nil && set.key(nil, for: .es256) != nil && set.key(nil, for: .rs256) == nil)
        #expect(set.key("b", for: .es256) == nil)
        let two = try KeySet(Array(Token.keySet([Token.key(issuer.ed, id: "a"), Token.key(other, id: "b")]).utf8))
        #expect(two.key(nil, for: .eddsa) == nil && two.key("b", for: .eddsa) != nil)
    }

    @Test func `two keys of one name are none`() throws {
        let set = try KeySet(
            Array(Token.keySet([Token.key(issuer.ed, id: "a"), Token.key(SigningKey(.ed25519), id: "a"), Token.key(issuer.ec, id: "a")]).utf8))
        #expect(set.key("a", for: .eddsa) == nil && set.key("a", for: .es256) != nil)
    }

    @Test func `base64url has one text for its bytes`() {
        #expect(Base64URL.decode("".utf8) == [] && Base64URL.decode("_-8".utf8) == [0xFF, 0xEF] && Base64URL.decode("AAAA".utf8) == [0, 0, 0])
        for text in ["A", "AAAAA", "AB", "AAB", "AA=", "AA==", "A+AA", "A/AA", "A AA", "AA\n", "é"] { #expect(Base64URL.decode(text.utf8) == nil) }
    }
}
