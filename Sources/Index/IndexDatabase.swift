import Postgres

/// Where the index lives, and the least privilege each part works with.
package enum IndexRole: String, Sendable, CaseIterable {
    case ingest = "sluice_ingest"
    case retrieval = "sluice_retrieval"
    case admin = "sluice_admin"

    /// A pool whose connections work as this role and see the schema `sluice` first.
    ///
    /// The login named in `url` must be a member of the role; the role is the session's from its first statement on.
    package func pool(url: String, connections: Int, applicationName: String) -> PostgresPool {
        // Below Kafka's session timeout: a worker frozen inside a transaction must not hold up its successor.
        var settings = [
            "role": rawValue, "search_path": "sluice, public", "idle_in_transaction_session_timeout": "5000", "statement_timeout": "30000", "jit": "off",
        ]
        // What an asker may see is an array the planner cannot look into: a scan of all vectors would compare each with all of it.
        if self == .retrieval { settings["enable_seqscan"] = "off" }
        let configuration = PostgresConfiguration(url: url, applicationName: applicationName, settings: settings)
        return PostgresPool(configuration, limit: connections)
    }
}
