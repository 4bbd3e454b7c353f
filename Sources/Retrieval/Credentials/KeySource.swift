import Glibc
import Threads
import WebClient

/// Where an issuer's keys are published.
package protocol KeySource: Sendable {
    /// How old a set may get before it is read again.
    var maximumAge: Duration { get }
    /// The least time between two readings, whatever asks for them.
    var pause: Duration { get }

    /// The key set's text.
    func read() async throws(KeyError) -> [UInt8]
}

/// A set of a hundred long keys with their certificates has a tenth of it.
private let maximumKeySetBytes = 1 << 20

/// A key set at an `https` address. Redirects are not followed, so what is read comes from the host the operator named.
package struct WebKeySource: KeySource {
    package let maximumAge: Duration
    /// A token may name any key, and each name that is not known asks for a reading: an issuer is to be spared, whoever sends the tokens.
    package let pause: Duration
    private let client: WebClient
    private let url: WebURL

    /// Queries wait for it where a token names a new key; an issuer that takes longer is as good as down.
    private static let timeLimit = Duration.seconds(5)

    /// - Parameter certificateAuthorities: a PEM file trusted instead of the system's authorities.
    /// - Throws: `WebError.Code.certificateAuthorities`, `.unavailable`.
    package init(_ url: WebURL, certificateAuthorities: String?, maximumAge: Duration, pause: Duration = .seconds(30)) throws(WebError) {
        self.url = url
        self.maximumAge = maximumAge
        self.pause = pause
        // Any address: the operator named the host, and its certificate proves it.
        client = try WebClient(certificateAuthorities: certificateAuthorities, maximumConnections: 1) { _ in true }
    }

    package func read() async throws(KeyError) -> [UInt8] {
        let response: WebResponse
        do {
            response = try await client.send(WebRequest(url, timeLimit: Self.timeLimit, maximumBodyBytes: maximumKeySetBytes))
        } catch {
            throw KeyError(error.code == .tooLarge ? .malformed : .unavailable)
        }
        guard response.status == 200 else { throw KeyError(.unavailable) }
        return response.body
    }
}

/// A key set in a file, read again every second while it is used: a few kilobytes, so that no trust is put in what its time of change says.
package struct FileKeySource: KeySource {
    package let maximumAge: Duration
    package let pause: Duration
    private let path: String

    package init(_ path: String, maximumAge: Duration = .seconds(1)) {
        self.path = path
        self.maximumAge = maximumAge
        pause = maximumAge
    }

    /// On a thread of its own: a file system may be slow.
    package func read() async throws(KeyError) -> [UInt8] {
        let result = await withCheckedContinuation { continuation in
            startThread(named: "keys") { continuation.resume(returning: Result { () throws(KeyError) in try contents() }) }
        }
        return try result.get()
    }

    private func contents() throws(KeyError) -> [UInt8] {
        // Opening a pipe would otherwise wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw KeyError(.unavailable) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw KeyError(.unavailable) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            guard count >= 0 else { throw KeyError(.unavailable) }
            guard count > 0 else { return bytes }
            bytes += block[..<count]
            guard bytes.count <= maximumKeySetBytes else { throw KeyError(.malformed) }
        }
    }
}
