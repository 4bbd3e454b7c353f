import Foundation

/// The servers of `server.py`, running until this object or the process is gone.
package final class WebServer: Sendable {
    package let http: Int
    package let https: Int
    /// HTTPS with a certificate that nobody vouches for.
    package let stranger: Int
    /// HTTPS with a trusted certificate for another name.
    package let misnamed: Int
    /// Refuses every connection.
    package let dead: Int
    /// The authority to trust.
    package let certificateAuthorities: String

    private let server: PythonServer

    private struct Places: Decodable {
        let http, https, stranger, misnamed, dead: Int
        let ca: String
    }

    package init() throws {
        server = try PythonServer("python3", "server.py")
        let places = try JSONDecoder().decode(Places.self, from: server.firstLine)
        http = places.http
        https = places.https
        stranger = places.stranger
        misnamed = places.misnamed
        dead = places.dead
        certificateAuthorities = places.ca
    }
}
