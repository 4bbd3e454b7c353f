import CCurl
import Glibc
import Synchronization
import Threads

/// The thread on which every transfer of a client runs.
final class TransferLoop: Sendable {
    private struct Mailbox {
        var submitted: [Exchange] = []
        var isClosed = false
    }

    private let mailbox = Mutex(Mailbox())
    private let multi: Multi
    private let options: TransferOptions

    init(_ multi: Multi, _ options: TransferOptions) {
        self.multi = multi
        self.options = options
    }

    func start() {
        startThread(named: "web") { self.run() }
    }

    func submit(_ exchange: Exchange) {
        mailbox.withLock { $0.submitted.append(exchange) }
        multi.wake()
    }

    /// Makes the thread look for cancelled requests.
    func wake() {
        multi.wake()
    }

    /// Ends the thread. The client closes once nobody waits for an answer any more.
    func close() {
        mailbox.withLock { $0.isClosed = true }
        multi.wake()
    }

    private func run() {
        blockBrokenPipes()
        var transfers: [sluice_curl_easy: Transfer] = [:]
        while let submitted = takeSubmitted() {
            for exchange in submitted { begin(exchange, &transfers) }
            for (easy, transfer) in transfers where transfer.isCancelled {
                transfers[easy] = nil
                end(transfer, .failure(WebError(.cancelled)))
            }
            multi.perform()
            while let (easy, result) = multi.nextEnded() {
                guard let transfer = transfers.removeValue(forKey: easy) else { continue }
                end(transfer, transfer.outcome(result))
            }
            multi.wait()
        }
    }

    /// `nil` once the client is gone.
    private func takeSubmitted() -> [Exchange]? {
        mailbox.withLock { mailbox in
            guard !mailbox.isClosed else { return nil }
            defer { mailbox.submitted = [] }
            return mailbox.submitted
        }
    }

    private func begin(_ exchange: Exchange, _ transfers: inout [sluice_curl_easy: Transfer]) {
        guard let transfer = Transfer(exchange, options), multi.add(transfer.easy) else {
            exchange.continuation.resume(returning: .failure(WebError(.unavailable)))
            return
        }
        transfers[transfer.easy] = transfer
    }

    private func end(_ transfer: Transfer, _ outcome: Result<WebResponse, WebError>) {
        multi.remove(transfer.easy)
        transfer.exchange.continuation.resume(returning: outcome)
    }

    /// OpenSSL writes to sockets that the other side has closed, and libcurl leaves signals alone (CURLOPT_NOSIGNAL).
    private func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// The handle of libcurl that drives transfers and keeps connections.
///
/// `@unchecked`: all but `wake` is called on the loop's thread alone; curl_multi_wakeup(3) may be called from any thread. The handle ends with the
/// last reference, so neither outlives it.
final class Multi: @unchecked Sendable {
    private let handle: sluice_curl_multi

    init?(maximumConnections: Int) {
        guard let handle = curl_multi_init() else { return nil }
        self.handle = handle
        sluice_curl_set_multi_long(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        sluice_curl_set_multi_long(handle, CURLMOPT_MAXCONNECTS, maximumConnections)
    }

    deinit {
        curl_multi_cleanup(handle)
    }

    func wake() {
        curl_multi_wakeup(handle)
    }

    func add(_ easy: sluice_curl_easy) -> Bool {
        curl_multi_add_handle(handle, easy) == CURLM_OK
    }

    func remove(_ easy: sluice_curl_easy) {
        curl_multi_remove_handle(handle, easy)
    }

    /// Moves every transfer on as far as it goes without waiting.
    func perform() {
        var running: Int32 = 0
        curl_multi_perform(handle, &running)
    }

    func nextEnded() -> (sluice_curl_easy, CURLcode)? {
        var result = CURLE_OK
        return sluice_curl_next_ended(handle, &result).map { ($0, result) }
    }

    /// Blocks until a socket or a timer is due, or `wake`.
    func wait() {
        // A minute is as good as forever: what matters wakes it.
        guard curl_multi_poll(handle, nil, 0, 60_000, nil) != CURLM_OK else { return }
        // Out of descriptors or memory: going on at once would only heat the machine.
        poll(nil, 0, 10)
    }
}
