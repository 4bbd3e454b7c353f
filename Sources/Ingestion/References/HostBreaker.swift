/// Which hosts are left alone, and until when: a dead host costs one try now and then.
///
/// A host is
/// - *trusted* (not remembered): can move to *avoided* by a failure;
/// - *avoided* until a moment, twice as far off after each failure: can move to *probed* once it has passed, to *trusted* by a success;
/// - *probed* by a single request: can move to *trusted* by its success, to *avoided* by its failure or by giving it up.
///
/// Pure: the caller tells the time.
struct HostBreaker {
    typealias Instant = ContinuousClock.Instant

    private struct Trouble {
        var failures: Int
        var until: Instant
        var isProbed = false
    }

    static let shortestPause = Duration.seconds(1)
    /// A host that is back is noticed within a minute.
    static let longestPause = Duration.seconds(60)

    private var troubles: [String: Trouble] = [:]
    private let maximumHosts: Int

    /// - Parameter maximumHosts: remembered at a time; beyond it the one that would be tried again first is forgotten.
    init(maximumHosts: Int = 1_024) {
        self.maximumHosts = maximumHosts
    }

    var rememberedHosts: Int { troubles.count }

    /// For how long the host is still to be left alone; nil where it may be tried.
    func pause(for host: String, at now: Instant) -> Duration? {
        guard let trouble = troubles[host] else { return nil }
        if trouble.until > now { return now.duration(to: trouble.until) }
        return trouble.isProbed ? Self.shortestPause : nil
    }

    /// The host is about to be tried, having no pause.
    mutating func begin(_ host: String) {
        troubles[host]?.isProbed = true
    }

    mutating func succeed(_ host: String) {
        troubles[host] = nil
    }

    /// - Parameter retryAfter: how long the host asked to be left alone; heeded up to the longest pause.
    mutating func fail(_ host: String, retryAfter: Duration? = nil, at now: Instant) {
        var trouble = troubles[host] ?? Trouble(failures: 0, until: now)
        // Requests that were under way together fail together: that is one failure.
        guard trouble.isProbed || trouble.until <= now else { return }
        trouble.failures += 1
        trouble.isProbed = false
        // Doubling six times passes the longest pause.
        let doubled = Self.shortestPause * (1 << min(trouble.failures - 1, 6))
        trouble.until = now + min(max(doubled, retryAfter ?? .zero), Self.longestPause)
        troubles[host] = trouble
        forgetBeyondLimit(except: host)
    }

    /// A try came to nothing that tells about the host: another may probe.
    mutating func abandon(_ host: String) {
        troubles[host]?.isProbed = false
    }

    private mutating func forgetBeyondLimit(except host: String) {
        guard troubles.count > maximumHosts else { return }
        let soonest = troubles.filter { $0.key != host }.min { $0.value.until < $1.value.until }
        if let soonest { troubles[soonest.key] = nil }
    }
}
