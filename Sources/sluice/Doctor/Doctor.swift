import Administration
import Configuration
import Contract
import Embedding
import Index
import Kafka
import Postgres

/// Looks at everything a worker needs, and says what to do about what is wrong.
struct Doctor {
    private static let minimumServer = 160_000
    private static let minimumVector = [0, 8]
    /// A broker that has not answered by then is taken for absent.
    private static let brokerTimeoutMilliseconds = 5_000

    private let runtime: Runtime
    private(set) var diagnosis: Diagnosis

    init(_ runtime: Runtime, _ diagnosis: Diagnosis) {
        self.runtime = runtime
        self.diagnosis = diagnosis
    }

    mutating func examine() async {
        noteSettings()
        await examineTokenKeys()
        await examineModels()
        let tenants = await examineDatabase()
        await examineBroker(tenants)
    }

    private mutating func noteSettings() {
        diagnosis.holds("configuration: every setting is allowed, none is against another")
        for unknown in runtime.configuration.unknownSettings {
            diagnosis.notes("\(unknown.name) is no setting" + (unknown.nearest.map { "; did you mean \($0)?" } ?? ""))
        }
        if (try? runtime.configuration.optionalValue(of: Settings.credentials)) ?? nil == nil {
            diagnosis.notes("SLUICE_CREDENTIALS is not set: `sluice retrieve` needs it, the rest does not")
        }
    }

    private mutating func examineTokenKeys() async {
        let runtime = runtime
        guard (try? runtime.configuration.optionalValue(of: Settings.credentials)) == .signed else { return }
        let read: Void? = await diagnosis.check("credentials", "SLUICE_TOKEN_KEYS names the issuer's key set, an https address or a file (docs/credentials.md)")
        {
            try await runtime.readTokenKeys()
        }
        if read != nil { diagnosis.holds("credentials: the keys of tokens can be read") }
    }

    private mutating func examineModels() async {
        let runtime = runtime
        let advice = "SLUICE_MODEL_DIR names the folder of the model's files, which `scripts/setup` fetches; SLUICE_EMBEDDING_… describe an endpoint"
        guard let models = await diagnosis.check("models", advice, { try runtime.models() }) else { return }
        for model in models.all {
            let embeds: Void? = await diagnosis.check("model \(model.space.identifier)", advice) {
                for purpose in EmbeddingPurpose.allCases { _ = try await model.embed([Array("one text".utf8)], for: purpose) }
            }
            if embeds != nil { diagnosis.holds("model: \(model.space.identifier) loads and embeds") }
        }
    }

    // MARK: broker

    private mutating func examineBroker(_ tenants: [TenantID]) async {
        let runtime = runtime
        let advice = "SLUICE_KAFKA_BOOTSTRAP_SERVERS names brokers that can be reached; SLUICE_KAFKA_PROPERTIES how they want to be talked to"
        let reached = await diagnosis.check("broker", advice) {
            let admin = try KafkaAdmin(
                configuration: runtime.kafka(clientID: "sluice-doctor"), timeoutMilliseconds: Self.brokerTimeoutMilliseconds)
            return (admin, try await admin.topics())
        }
        guard let (admin, topics) = reached else { return }
        diagnosis.holds("broker: reached, \(topics.count) topics")
        guard let declarations = await diagnosis.check("topics", "this program is damaged: build it again", { try TopicAdministration.declarations() })
        else { return }
        for declaration in declarations {
            let names = declaration.isPerTenant ? tenants.map { declaration.name(for: $0) } : [declaration.name]
            for name in names { await examineTopic(name, declaration, isThere: topics[name] != nil, admin) }
        }
    }

    private mutating func examineTopic(_ name: String, _ declaration: TopicDeclaration, isThere: Bool, _ admin: KafkaAdmin) async {
        guard isThere else {
            let remedy = declaration.isPerTenant ? "sluice tenant create NAME" : "sluice topics apply"
            return diagnosis.fails("topic \(name): missing", "run `\(remedy)`")
        }
        guard
            let settings = await diagnosis.check(
                "topic \(name)", "the broker must let this client describe its topics", { try await admin.describeConfig(topic: name) })
        else { return }
        // A broker that does not tell a setting is not held to it.
        let wrong = declaration.settings.filter { settings[$0.name] != nil && settings[$0.name] != $0.value }
        guard let first = wrong.first else { return diagnosis.holds("topic \(name)") }
        diagnosis.fails(
            "topic \(name): \(wrong.map { "\($0.name) is \(settings[$0.name] ?? ""), not \($0.value)" }.joined(separator: ", "))",
            "set it: kafka-configs.sh --alter --topic \(name) --add-config \(first.name)=\(first.value)")
    }

    // MARK: database

    /// - Returns: the registered tenants, where they can be read.
    private mutating func examineDatabase() async -> [TenantID] {
        let runtime = runtime
        let located = await diagnosis.check("database", "set SLUICE_DATABASE_URL, or SLUICE_DATABASE_ADMIN_URL") {
            try runtime.configuration.optionalValue(of: Settings.databaseURL) ?? runtime.configuration.value(of: Settings.databaseAdminURL)
        }
        guard let url = located else { return [] }
        let reached = await diagnosis.check("database", "SLUICE_DATABASE_URL names a server that can be reached, a database and a login it lets in") {
            let store = HealthStore(url: url)
            return (store, try await store.versions())
        }
        guard let (store, versions) = reached else { return [] }
        examine(versions)
        guard await examineMigrations(url) else { return [] }
        await examineRoles(store)
        await examinePolicies(store)
        return await diagnosis.check("tenants", "SLUICE_DATABASE_ADMIN_URL is a member of sluice_admin") {
            try await runtime.administrationStore().tenants()
        } ?? []
    }

    private mutating func examine(_ versions: (server: Int, pgvector: String?)) {
        let server = "\(versions.server / 10_000).\(versions.server % 10_000)"
        if versions.server >= Self.minimumServer {
            diagnosis.holds("database: reached, PostgreSQL \(server)")
        } else {
            diagnosis.fails("database: PostgreSQL \(server)", "use 16 or newer")
        }
        switch versions.pgvector {
        case nil: diagnosis.fails("pgvector: not installed in this database", "`sluice migrate` installs it, where the server has the extension `vector`")
        case let version? where isVersion(version, atLeast: Self.minimumVector): diagnosis.holds("pgvector: \(version)")
        case let version?: diagnosis.fails("pgvector: \(version)", "use 0.8 or newer: install it, then `alter extension vector update`")
        }
    }

    /// - Returns: whether the schema is there as this program knows it.
    private mutating func examineMigrations(_ url: String) async -> Bool {
        guard
            let pending = await diagnosis.check(
                "schema", "the login must be allowed to read the schema sluice", { try await SchemaAdministration.pending(databaseURL: url) })
        else { return false }
        guard pending.isEmpty else {
            diagnosis.fails("schema: \(pending.joined(separator: ", ")) not applied", "run `sluice migrate` with SLUICE_DATABASE_URL of an owner")
            return false
        }
        diagnosis.holds("schema: up to date")
        return true
    }

    private mutating func examineRoles(_ store: HealthStore) async {
        if let flaws = await diagnosis.check("roles", "the login must be allowed to read pg_roles", { try await store.roleFlaws() }) {
            for flaw in flaws {
                diagnosis.fails(
                    "role \(flaw.name) \(flaw.what)",
                    "`sluice migrate` makes the roles as they must be; take from it what it was given since: `alter role`, `revoke`, `alter … owner to`")
            }
            if flaws.isEmpty { diagnosis.holds("roles: neither superuser nor BYPASSRLS, owning nothing") }
        }
        let logins: [(IndexRole, Setting<String>)] = [
            (.ingest, Settings.databaseIngestURL), (.retrieval, Settings.databaseRetrievalURL), (.admin, Settings.databaseAdminURL),
        ]
        let runtime = runtime
        for (role, setting) in logins {
            let works: Void? = await diagnosis.check(
                "login of \(role.rawValue)", "\(setting.name) names a login that is a member of it: grant \(role.rawValue) to that login"
            ) {
                let pool = role.pool(url: try runtime.configuration.value(of: setting), connections: 1, applicationName: "sluice doctor")
                try await pool.withConnection { _ in }
            }
            if works != nil { diagnosis.holds("login of \(role.rawValue)") }
        }
    }

    private mutating func examinePolicies(_ store: HealthStore) async {
        if let flaws = await diagnosis.check("row-level security", "the login must be allowed to read the system catalogue", { try await store.policyFlaws() })
        {
            for flaw in flaws { diagnosis.fails("\(flaw.name) \(flaw.what)", "stop `sluice retrieve` until the schema is what the migrations made it") }
            if flaws.isEmpty { diagnosis.holds("row-level security: forced on every table, each with policies") }
        }
        await proveRetrieval()
    }

    /// What `sluice retrieve` proves before it serves.
    private mutating func proveRetrieval() async {
        let runtime = runtime
        let proven = await diagnosis.check("canary", "SLUICE_DATABASE_RETRIEVAL_URL is a member of sluice_retrieval") {
            let proof = RowSecurityProof(
                pool: IndexRole.retrieval.pool(
                    url: try runtime.configuration.value(of: Settings.databaseRetrievalURL), connections: 1, applicationName: "sluice doctor"))
            return (flaws: try await proof.flaws(), notes: try await proof.loginNotes())
        }
        guard let proven else { return }
        for flaw in proven.flaws { diagnosis.fails("\(flaw.name) \(flaw.what)", "`sluice retrieve` refuses to serve: \(flaw.remedy)") }
        for note in proven.notes { diagnosis.notes("\(note): give retrieval a login of its own") }
        if proven.flaws.isEmpty { diagnosis.holds("canary: seen by whom it should be, and without claims sluice_retrieval sees nothing") }
    }
}
