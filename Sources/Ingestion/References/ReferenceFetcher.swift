import Threads
import WebClient

/// Content that was had by its reference.
package struct FetchedReference: Sendable, Equatable {
    package let bytes: [UInt8]
    /// As the host states it, with parameters (`text/html; charset=utf-8`); nil of files, and where it says nothing.
    package let mediaType: String?
    /// What the host calls this content (RFC 9110, 8.8.3); nil of files, and where it says nothing.
    package let tag: String?

    init(bytes: [UInt8], mediaType: String?, tag: String? = nil) {
        (self.bytes, self.mediaType, self.tag) = (bytes, mediaType, tag)
    }
}

/// Fetches what documents refer to, from web servers and folders, as far as the operator allows.
///
/// A host that fails is left alone for 1 s, then 2 s, up to a minute; meanwhile its references are `.unavailable` at once.
package final class ReferenceFetcher: Sendable {
    package struct Limits: Sendable {
        package let maximumBytes: Int
        /// For one reference, redirects included, from the first connection to the last byte; waiting for a place does not count.
        package let timeLimit: Duration
        package let maximumTransfers: Int
        package let maximumTransfersPerHost: Int

        /// Four to a host is less than what a browser opens, and four hosts that hang at once leave nobody without a place for longer than the limit.
        package init(maximumBytes: Int, timeLimit: Duration, maximumTransfers: Int = 16, maximumTransfersPerHost: Int = 4) {
            self.maximumBytes = maximumBytes
            self.timeLimit = timeLimit
            self.maximumTransfers = maximumTransfers
            self.maximumTransfersPerHost = maximumTransfersPerHost
        }
    }

    private let policy: ReferencePolicy
    private let limits: Limits
    private let client: WebClient
    private let gate: HostGate
    private let files = FileThread()

    /// Chains of honest redirects have one or two links.
    private static let maximumRedirects = 5
    /// What a host asks for beyond that is not for it to decide.
    private static let longestRetryAfter = Duration.seconds(3_600)

    /// - Parameter certificateAuthorities: a PEM file trusted instead of the system's authorities.
    package convenience init(policy: ReferencePolicy, limits: Limits, certificateAuthorities: String? = nil) throws(ReferenceSetupError) {
        try self.init(policy: policy, limits: limits, certificateAuthorities: certificateAuthorities, now: { .now })
    }

    init(
        policy: ReferencePolicy, limits: Limits, certificateAuthorities: String?, now: @escaping @Sendable () -> HostBreaker.Instant
    )
        throws(ReferenceSetupError)
    {
        self.policy = policy
        self.limits = limits
        gate = HostGate(
            slots: TransferSlots(maximumTransfers: limits.maximumTransfers, maximumTransfersPerHost: limits.maximumTransfersPerHost), now: now)
        do {
            client = try WebClient(certificateAuthorities: certificateAuthorities, maximumConnections: limits.maximumTransfers) { policy.admits($0) }
        } catch {
            let code: ReferenceSetupError.Code = error.code == .certificateAuthorities ? .certificateAuthorities : .client
            throw ReferenceSetupError(code: code, path: certificateAuthorities ?? "")
        }
    }

    /// The host that a reference is fetched from, with its port unless that is 443; nil where it is no web address.
    ///
    /// One host has one name, so that what waits for it can be grouped.
    package static func host(of reference: String) -> String? {
        WebURL(reference).map(host)
    }

    /// - Throws: `ReferenceError`; of these, only `.unavailable` is worth trying again.
    package func fetch(_ reference: String) async throws(ReferenceError) -> FetchedReference {
        guard let fetched = try await fetch(reference, unless: nil) else { throw ReferenceError(.failed, "the host answered without the content") }
        return fetched
    }

    /// - Parameter tag: of content that is known.
    /// - Returns: nothing where the host says that it still is what the tag is of.
    package func fetch(_ reference: String, unless tag: String?) async throws(ReferenceError) -> FetchedReference? {
        switch try policy.target(of: reference) {
        case .file(let file): return FetchedReference(bytes: try await files.read(file, maximumBytes: limits.maximumBytes), mediaType: nil)
        case .web(let url): return try await fetch(url, tag.flatMap { WebHeader("If-None-Match", $0) })
        }
    }

    private func fetch(_ first: WebURL, _ condition: WebHeader?) async throws(ReferenceError) -> FetchedReference? {
        var url = first
        var remaining = limits.timeLimit
        for _ in 0...Self.maximumRedirects {
            let response = try await answer(url, condition, &remaining)
            if condition != nil, response.status == 304 { return nil }
            guard response.isRedirect else { return try content(of: response) }
            guard let location = response.header("Location"), !location.isEmpty else { throw ReferenceError(.failed, "the host redirects to nowhere") }
            guard let next = url.resolving(location) else { throw ReferenceError(.refused, "the host redirects to what is no plain web address") }
            url = try policy.judged(next)
        }
        throw ReferenceError(.failed, "the host redirects too often")
    }

    /// One request to one host, in its turn.
    private func answer(_ url: WebURL, _ condition: WebHeader?, _ remaining: inout Duration) async throws(ReferenceError) -> WebResponse {
        guard remaining > .zero else { throw ReferenceError(.unavailable(retryAfter: nil), "the time limit has passed") }
        let host = Self.host(url)
        try await gate.enter(host)
        let start = ContinuousClock.now
        do {
            let response = try await client.send(
                WebRequest(url, headers: condition.map { [$0] } ?? [], timeLimit: remaining, maximumBodyBytes: limits.maximumBytes))
            remaining -= start.duration(to: .now)
            gate.leave(host, response.outcome)
            return response
        } catch {
            gate.leave(host, error.outcome)
            throw error.referenceError
        }
    }

    private func content(of response: WebResponse) throws(ReferenceError) -> FetchedReference {
        switch response.status {
        case 200, 203: break
        case 404, 410: throw ReferenceError(.failed, "the host has no such content")
        case 401, 403, 407: throw ReferenceError(.failed, "the host does not give the content to this worker")
        case 408, 425, 429, 500...599:
            let retryAfter = response.retryAfter.map { min($0, Self.longestRetryAfter) }
            throw ReferenceError(.unavailable(retryAfter: retryAfter), "the host cannot give the content now")
        default: throw ReferenceError(.failed, "the host answered without the content")
        }
        // It was not asked for, and undoing it is how a small answer becomes an endless one.
        guard ["", "identity"].contains(response.header("Content-Encoding")?.lowercased() ?? "") else {
            throw ReferenceError(.failed, "the host compresses the content unasked")
        }
        return FetchedReference(bytes: response.body, mediaType: response.mediaType, tag: response.tag)
    }

    private static func host(_ url: WebURL) -> String {
        let name = url.host.contains(":") ? "[\(url.host)]" : url.host
        return url.port == 443 ? name : "\(name):\(url.port)"
    }
}

/// Where files are read: a disk may keep its reader waiting, and the cooperative pool must not.
private actor FileThread {
    private let executor = ThreadExecutor(name: "references")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func read(_ file: FolderFile, maximumBytes: Int) throws(ReferenceError) -> [UInt8] {
        guard !Task.isCancelled else { throw ReferenceError(.cancelled, "the fetch was cancelled") }
        return try file.read(maximumBytes: maximumBytes)
    }
}

extension WebResponse {
    fileprivate var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    /// A host that is overloaded, or a proxy before a dead one, says so by these; any other answer is about the one reference.
    fileprivate var outcome: HostOutcome {
        [429, 502, 503, 504].contains(status) ? .failed(retryAfter: retryAfter) : .answered
    }

    fileprivate var tag: String? {
        // Longer than any host's own.
        guard let text = header("ETag"), !text.isEmpty, text.utf8.count <= 1024 else { return nil }
        return text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
    }

    fileprivate var mediaType: String? {
        // Types and parameters that mean anything are far shorter.
        guard let text = header("Content-Type"), !text.isEmpty, text.utf8.count <= 255 else { return nil }
        return text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
    }
}

extension WebError {
    fileprivate var outcome: HostOutcome {
        switch code {
        case .unresolved, .unreachable, .timedOut, .untrusted, .interrupted, .malformed: .failed(retryAfter: nil)
        case .tooLarge: .answered
        case .addressRefused, .cancelled, .certificateAuthorities, .unavailable: .abandoned
        }
    }

    fileprivate var referenceError: ReferenceError {
        switch code {
        case .addressRefused: ReferenceError(.refused, reason)
        case .tooLarge: ReferenceError(.tooLarge, reason)
        case .cancelled: ReferenceError(.cancelled, reason)
        case .unresolved, .unreachable, .timedOut, .untrusted, .interrupted, .malformed, .certificateAuthorities, .unavailable:
            ReferenceError(.unavailable(retryAfter: nil), reason)
        }
    }
}
