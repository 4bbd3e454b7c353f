import Addresses
import CCurl
import Threads

/// What all transfers of a client have in common.
struct TransferOptions: Sendable {
    let certificateAuthorities: String?
    let admits: WebClient.AddressJudge
}

/// One request on its way. Lives on the loop's thread alone.
final class Transfer {
    let exchange: Exchange
    let easy: sluice_curl_easy
    private let admits: WebClient.AddressJudge
    private var headerLines: UnsafeMutablePointer<curl_slist>?

    private var body: [UInt8] = []
    private var headBytes = 0
    private var hasAdmittedAddress = false
    private var hasRefusedAddress = false
    /// Why a callback ended the transfer.
    private var end: End?

    private enum End {
        case bodyTooLarge, bodyCut, headRefused
    }

    /// A TCP and a TLS handshake take a few round trips; a host that has not answered by then is dead or as good as dead.
    private static let connectTimeLimit = Duration.seconds(5)
    /// Real heads have a few kilobytes, and other clients stop at 16 to 300 of them.
    private static let maximumHeadBytes = 65_536
    /// An answer without success is a message for people, of which nothing more is kept.
    private static let maximumMessageBytes = 65_536

    init?(_ exchange: Exchange, _ options: TransferOptions) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.exchange = exchange
        admits = options.admits
        guard configure(options), setBody(), setHeaders(), setCallbacks() else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerLines)
    }

    var isCancelled: Bool { exchange.cancellation.isRequested }

    /// What came of it, once libcurl has ended it with `result`.
    func outcome(_ result: CURLcode) -> Result<WebResponse, WebError> {
        guard result == CURLE_OK || end == .bodyCut else { return .failure(WebError(code(of: result))) }
        let seconds = sluice_curl_number(easy, CURLINFO_RETRY_AFTER)
        return .success(
            WebResponse(
                status: sluice_curl_status(easy), headers: receivedHeaders(), body: body, retryAfter: seconds > 0 ? .seconds(seconds) : nil))
    }

    private func code(of result: CURLcode) -> WebError.Code {
        switch result {
        case CURLE_WRITE_ERROR: end == .bodyTooLarge ? .tooLarge : .malformed
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_COULDNT_RESOLVE_HOST: .unresolved
        case CURLE_COULDNT_CONNECT: hasRefusedAddress && !hasAdmittedAddress ? .addressRefused : .unreachable
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: .untrusted
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .malformed
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: .unavailable
        default: .interrupted
        }
    }

    private func receivedHeaders() -> [WebHeader] {
        var headers: [WebHeader] = []
        var last: UnsafeMutablePointer<curl_header>?
        while let header = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, last) {
            headers.append(WebHeader(received: String(cString: header.pointee.name), String(cString: header.pointee.value)))
            last = header
        }
        return headers
    }
}

// MARK: - Setting up

extension Transfer {
    private func configure(_ options: TransferOptions) -> Bool {
        let limit = max(exchange.request.timeLimit, .milliseconds(1))
        let switches: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            (CURLOPT_TIMEOUT_MS, Int(limit.wholeMilliseconds)),
            (CURLOPT_CONNECTTIMEOUT_MS, Int(min(limit, Self.connectTimeLimit).wholeMilliseconds)),
            (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2), (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            // A resolver that hangs would else be waited for at the time limit, and with it every other transfer.
            (CURLOPT_QUICK_EXIT, 1),
        ]
        let areSwitched = switches.allSatisfy { sluice_curl_set_long(easy, $0, $1) == CURLE_OK }
        // An empty proxy is none, whatever the environment says.
        var texts = [(CURLOPT_URL, exchange.request.url.text), (CURLOPT_PROXY, ""), (CURLOPT_PROTOCOLS_STR, "http,https"), (CURLOPT_USERAGENT, "sluice")]
        if let file = options.certificateAuthorities {
            texts.append((CURLOPT_CAINFO, file))
            // Else the system's folder would be trusted as well.
            guard sluice_curl_set_pointer(easy, CURLOPT_CAPATH, nil) == CURLE_OK else { return false }
        }
        return areSwitched && texts.allSatisfy { option, text in text.withCString { sluice_curl_set_pointer(easy, option, $0) == CURLE_OK } }
    }

    /// libcurl copies it.
    private func setBody() -> Bool {
        guard let body = exchange.request.json else { return true }
        return sluice_curl_set_long(easy, CURLOPT_POST, 1) == CURLE_OK && sluice_curl_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count) == CURLE_OK
            && body.withUnsafeBytes { sluice_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) == CURLE_OK }
    }

    private func setHeaders() -> Bool {
        // libcurl reads `name;` as a header without a value, and drops one that is written `name:`.
        var lines = exchange.request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        // Of a large body it would first ask whether it is welcome, and wait a second for servers that do not say.
        if exchange.request.json != nil { lines += ["Content-Type: application/json", "Expect:"] }
        for line in lines {
            guard let longer = curl_slist_append(headerLines, line) else { return false }
            headerLines = longer
        }
        return sluice_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerLines) == CURLE_OK
    }

    /// The loop holds the transfer for as long as libcurl has its handle, so the contexts are not retained.
    private func setCallbacks() -> Bool {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let areContextsSet = [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA].allSatisfy {
            sluice_curl_set_pointer(easy, $0, context) == CURLE_OK
        }
        return areContextsSet && sluice_curl_set_writer(easy, CURLOPT_WRITEFUNCTION, receiveBody) == CURLE_OK
            && sluice_curl_set_writer(easy, CURLOPT_HEADERFUNCTION, receiveHead) == CURLE_OK
            && sluice_curl_set_socket_opener(easy, openSocket) == CURLE_OK
    }
}

// MARK: - Called by libcurl

extension Transfer {
    /// False ends the transfer.
    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isSuccess = (200..<300).contains(sluice_curl_status(easy))
        let limit = isSuccess ? exchange.request.maximumBodyBytes : Self.maximumMessageBytes
        let announced = body.isEmpty ? Int(sluice_curl_number(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)) : -1
        guard body.count + bytes.count <= limit, announced <= limit else {
            end = isSuccess ? .bodyTooLarge : .bodyCut
            return false
        }
        if announced > 0 { body.reserveCapacity(announced) }
        body.append(contentsOf: bytes)
        return true
    }

    /// One line of the head; false ends the transfer.
    fileprivate func check(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        if headBytes <= Self.maximumHeadBytes, !isCompressedTransfer(line) { return true }
        end = .headRefused
        return false
    }

    /// libcurl undoes a compressed transfer, nested ones too, even where none was asked for. A few kilobytes could keep the thread busy for hours.
    private func isCompressedTransfer(_ line: UnsafeRawBufferPointer) -> Bool {
        let name = "transfer-encoding:"
        // Bytes of letters differ in this bit between the cases; the rest of the name has it set.
        guard line.count >= name.utf8.count, line.prefix(name.utf8.count).lazy.map({ $0 | 0x20 }).elementsEqual(name.utf8) else { return false }
        let value = String(decoding: line.dropFirst(name.utf8.count), as: UTF8.self).lowercased()
        return !value.split { $0.isWhitespace || $0 == "," }.allSatisfy { $0 == "chunked" || $0 == "identity" }
    }

    fileprivate func admit(_ address: IPAddress?) -> Bool {
        guard let address, admits(address) else {
            hasRefusedAddress = true
            return false
        }
        hasAdmittedAddress = true
        return true
    }
}

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.append(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private let receiveHead: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.check(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// Called for each address in turn; one that is refused is passed over like one that cannot be reached.
private let openSocket: curl_opensocket_callback = { context, _, address in
    guard let context, let address, let bytes = sluice_curl_address(address) else { return CURL_SOCKET_BAD }
    let socketAddress = UnsafeRawBufferPointer(start: bytes, count: Int(address.pointee.addrlen))
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.admit(IPAddress(socketAddress: socketAddress)) ? sluice_curl_open_socket(address) : CURL_SOCKET_BAD
}
