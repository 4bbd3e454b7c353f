import Addresses
import CCurl
import Glibc
import Synchronization

/// An HTTP client: HTTP/1.1 with TLS, connections kept and reused, all of it on one thread of its own.
///
/// What it never does: follow a redirect, use a proxy, keep a cookie, read a netrc, ask for compression, or connect to an address that was not admitted.
package final class WebClient: Sendable {
    /// Judges an address after resolution, before it is connected to. Called on the client's thread: it must not block.
    package typealias AddressJudge = @Sendable (IPAddress) -> Bool

    private let loop: TransferLoop

    /// - Parameters:
    ///   - certificateAuthorities: a PEM file trusted instead of the system's authorities.
    ///   - maximumConnections: open at a time; further requests wait, and their time limits run.
    ///   - admits: holds for the client's whole life, so a kept connection need not be judged again.
    /// - Throws: `WebError.Code.certificateAuthorities`, `.unavailable`.
    package init(certificateAuthorities: String? = nil, maximumConnections: Int = 16, admits: @escaping AddressJudge) throws(WebError) {
        if let certificateAuthorities {
            var status = stat()
            guard stat(certificateAuthorities, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(certificateAuthorities, R_OK) == 0 else {
                throw WebError(.certificateAuthorities)
            }
        }
        guard Self.isLibraryReady, let multi = Multi(maximumConnections: maximumConnections) else { throw WebError(.unavailable) }
        loop = TransferLoop(multi, TransferOptions(certificateAuthorities: certificateAuthorities, admits: admits))
        loop.start()
    }

    deinit {
        loop.close()
    }

    /// Sends the request and reads the whole answer. Cancelling the task aborts the transfer.
    package func send(_ request: WebRequest) async throws(WebError) -> WebResponse {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit(Exchange(request: request, cancellation: cancellation, continuation: continuation))
            }
        } onCancel: {
            cancellation.request()
            loop.wake()
        }
        return try result.get()
    }

    /// Once for the process; safe beside other users of the library since 7.84 (curl_global_init(3)).
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// A request with where its answer goes.
struct Exchange: Sendable {
    let request: WebRequest
    let cancellation: Cancellation
    let continuation: CheckedContinuation<Result<WebResponse, WebError>, Never>
}

/// Whether a request is still wanted.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isRequested: Bool { flag.load(ordering: .acquiring) }

    func request() {
        flag.store(true, ordering: .releasing)
    }
}
