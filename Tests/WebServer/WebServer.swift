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

    private let lifeline: Pipe

    private struct Places: Decodable {
        let http, https, stranger, misnamed, dead: Int
        let ca: String
    }

    package init() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "server.py").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        lifeline = input
        var line = Data()
        while !line.contains(0x0A) {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { break }
            line += part
        }
        let places = try JSONDecoder().decode(Places.self, from: line)
        http = places.http
        https = places.https
        stranger = places.stranger
        misnamed = places.misnamed
        dead = places.dead
        certificateAuthorities = places.ca
    }

    deinit {
        try? lifeline.fileHandleForWriting.close()
    }
}
