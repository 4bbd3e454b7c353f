import CMicrohttpd
import Glibc
import Synchronization

/// A small HTTP server for `/metrics`, `/livez` and `/readyz`: GET and HEAD, one thread of its own, no request bodies.
package final class HTTPServer: Sendable {
    /// Answers a path; `nil` is 404. Called on the server's thread, so it must not block for long, and must not call `stop()`.
    package typealias Handler = @Sendable (_ path: String) -> HTTPResponse?

    package let address: String
    /// The port listened on: the one asked for, or the free one found for 0.
    package let port: UInt16
    private let daemon: Daemon

    /// Binds, listens and serves until `stop()` or deinitialisation.
    ///
    /// - Parameter port: 0 takes a free one.
    /// - Throws: `HTTPError`.
    package init(address: String = "127.0.0.1", port: UInt16, handler: @escaping Handler) throws(HTTPError) {
        guard let socketAddress = SocketAddress(address, port: port) else {
            throw HTTPError(code: .invalidAddress, address: address, port: port)
        }
        guard let daemon = Daemon(socketAddress, handler) else {
            let code: HTTPError.Code =
                switch errno {
                case EADDRINUSE: .addressInUse
                case EADDRNOTAVAIL: .addressUnavailable
                case EACCES, EPERM: .permissionDenied
                default: .unavailable
                }
            throw HTTPError(code: code, address: address, port: port)
        }
        self.daemon = daemon
        self.address = address
        self.port = daemon.port
    }

    deinit {
        daemon.stop()
    }

    /// Stops listening, ends open connections and waits for the thread. May be called more than once.
    package func stop() {
        daemon.stop()
    }
}

/// The handle of libmicrohttpd.
///
/// `@unchecked`: the pointer is reached only under the mutex; a daemon with its own polling thread may be stopped from any other thread
/// (libmicrohttpd manual, MHD_stop_daemon).
private final class Daemon: @unchecked Sendable {
    private let handle: Mutex<OpaquePointer?>
    let port: UInt16

    /// `nil` with `errno` set where it cannot listen.
    init?(_ address: SocketAddress, _ handler: @escaping HTTPServer.Handler) {
        // Retained here for the thread, released in `stop` once the thread is gone.
        let context = Unmanaged.passRetained(Responder(handler))
        self.context = context
        let started = address.withPointer { sluice_http_start($0, address.isIPv6 ? 1 : 0, respond, context.toOpaque()) }
        guard let started else {
            let cause = errno
            context.release()
            errno = cause
            return nil
        }
        port = sluice_http_port(started)
        handle = Mutex(started)
    }

    private let context: Unmanaged<Responder>

    func stop() {
        handle.withLock { handle in
            guard let running = handle.take() else { return }
            MHD_stop_daemon(running)
            context.release()
        }
    }
}

private final class Responder: Sendable {
    let handler: HTTPServer.Handler

    init(_ handler: @escaping HTTPServer.Handler) {
        self.handler = handler
    }
}

/// Called first when the headers have been read, and again for what follows. Answering at the first call is how libmicrohttpd refuses a
/// body unread; a GET is answered at the second, which keeps the connection.
private let respond: MHD_AccessHandlerCallback = { context, connection, url, method, _, _, _, state in
    guard let context, let connection, let url, let method, let state else { return .NO }
    guard strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 else {
        return send(.methodNotAllowed, allow: true, on: connection)
    }
    guard state.pointee != nil else {
        state.pointee = context
        return .YES
    }
    let responder = Unmanaged<Responder>.fromOpaque(context).takeUnretainedValue()
    return send(responder.handler(String(cString: url)) ?? .notFound, on: connection)
}

private func send(_ response: HTTPResponse, allow: Bool = false, on connection: OpaquePointer) -> MHD_Result {
    var body = response.body
    let made = body.withUTF8 { bytes in
        // It copies and does not write, whatever the parameter's type says.
        MHD_create_response_from_buffer(bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, response.contentType)
    if allow { MHD_add_response_header(made, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") }
    return MHD_queue_response(connection, UInt32(response.status), made)
}
