import CCrypto
import Foundation

/// Puts tokens and key sets together, right and wrong ones.
package enum Token {
    package static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Signed by the key, whatever the header says.
    package static func signed(_ key: SigningKey, header: String, claims: String) throws -> String {
        let signed = "\(base64URL(header.utf8)).\(base64URL(claims.utf8))"
        return "\(signed).\(base64URL(try key.sign(Array(signed.utf8))))"
    }

    /// With a signature that somebody else has thought of.
    package static func assembled(header: String, claims: String, signature: [UInt8]) -> String {
        "\(base64URL(header.utf8)).\(base64URL(claims.utf8)).\(base64URL(signature))"
    }

    /// HMAC with SHA-256: what HS256 would be.
    package static func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        guard EVP_Q_mac(nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count, &count) != nil else { return [] }
        return code
    }

    /// A JSON Web Key; `more` is further members, such as `"alg":"RS256"`.
    package static func key(_ key: SigningKey, id: String?, more: String = "") throws -> String {
        var members =
            switch key.kind {
            case .rsa: [#""kty":"RSA""#]
            case .ec: [#""kty":"EC","crv":"P-256""#]
            case .ed25519: [#""kty":"OKP","crv":"Ed25519""#]
            }
        members += try key.parameters().map { "\"\($0)\":\"\(base64URL($1))\"" }
        if let id { members.append("\"kid\":\"\(id)\"") }
        if !more.isEmpty { members.append(more) }
        return "{\(members.joined(separator: ","))}"
    }

    package static func keySet(_ keys: [String]) -> String {
        "{\"keys\":[\(keys.joined(separator: ","))]}"
    }
}
