/// How to reach a database and how its sessions begin.
package struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    /// A libpq URL or keyword string; it may hold a password and is never printed.
    private let location: String
    /// Shown in `pg_stat_activity`.
    package var applicationName: String
    /// Run-time parameters of every session (`role`, `search_path`, `statement_timeout`), set once when it opens.
    package var settings: [String: String]
    /// How long opening one connection may take; libpq counts whole seconds and no fewer than two.
    package var connectTimeout: Duration

    package init(url: String, applicationName: String = "sluice", settings: [String: String] = [:], connectTimeout: Duration = .seconds(10)) {
        self.location = url
        self.applicationName = applicationName
        self.settings = settings
        self.connectTimeout = connectTimeout
    }

    package var description: String {
        "PostgresConfiguration(applicationName: \(applicationName), settings: \(settings.keys.sorted()))"
    }

    /// What `dump` and the like see: not the location.
    package var customMirror: Mirror {
        Mirror(self, children: ["applicationName": applicationName, "settings": settings.keys.sorted()])
    }

    /// In libpq's order of precedence: what stands before `dbname` are defaults that the URL overrides, what stands after it overrides the URL.
    var keywords: [(keyword: String, value: String)] {
        [
            ("connect_timeout", "\(max(2, connectTimeout.components.seconds))"),
            // A peer that vanished is noticed within half a minute, not after the kernel's two hours.
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
            ("dbname", location),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
        ]
    }
}
