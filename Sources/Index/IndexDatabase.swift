import Postgres

/// Where the index lives, and the least privilege each part works with.
package enum IndexRole: String, Sendable, CaseIterable {
    case ingest = "sluice_ingest"
    case retrieval = "sluice_retrieval"
    case admin = "sluice_admin"

    /// A pool whose connections work as this role and see the schema `sluice` first.
    ///
    /// The login named in `url` must be a member of the role; the role is the session's from its first statement on.
    ///
    /// - Parameter patience: after which the server ends a statement, and a transaction whose client has gone silent.
    package func pool(url: String, connections: Int, applicationName: String, patience: Duration = .seconds(30)) -> PostgresPool {
        let limit = String(Int(patience / .milliseconds(1)))
        var settings = [
            "role": rawValue, "search_path": "sluice, public", "idle_in_transaction_session_timeout": limit, "statement_timeout": limit, "jit": "off",
        ]
        // Statements are prepared once and kept: over a table of one page a scan is cheapest, and over what has grown out of it the dearest.
        if self == .retrieval || self == .ingest { settings["enable_seqscan"] = "off" }
        // What is not known when a statement is prepared must not matter to its plan (migration 4): planning it anew for each query costs more than running it.
        if self == .retrieval { settings["plan_cache_mode"] = "force_generic_plan" }
        // What a hundred thousand visible documents take; past the server's usual four megabytes they would go to disk and back.
        if self == .retrieval { settings["work_mem"] = "32MB" }
        // Ingestion looks up a wave's keys one by one; without statistics the planner would read the tenant for each wave, and hash it.
        if self == .ingest { settings.merge(["enable_hashjoin": "off", "enable_mergejoin": "off"]) { $1 } }
        let configuration = PostgresConfiguration(url: url, applicationName: applicationName, settings: settings)
        return PostgresPool(configuration, limit: connections)
    }
}

extension PostgresPool {
    /// Reads all of one moment.
    func snapshot<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        try await withConnection { try await $0.withTransaction(isolation: .repeatableRead, readOnly: true, body) }
    }
}
