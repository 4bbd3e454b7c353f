import Contract
import Index
import Postgres
import Testing

@Suite(.needsDatabase) struct StatementTests {
    @Test func `every statement names its role, and its role may run it`() async throws {
        try await TestDatabase.with { database async throws in
            var roles: Set<String> = []
            for statement in Statement.all {
                let role = try #require(statement.declaredRole, "\(statement.name) names no role in its first comment")
                roles.insert(role)
                await #expect(throws: Never.self, "\(statement.name) as \(role)") {
                    // Preparing looks names and types up; explaining checks privileges as running would.
                    try await database.withSession(as: role) { _ = try $0.genericPlan(of: statement) }
                }
            }
            #expect(roles == ["sluice_owner", "sluice_ingest", "sluice_retrieval", "sluice_admin"])
        }
    }

    @Test func `every statement says what it locks and how it is planned`() {
        for statement in Statement.all {
            let comment = statement.sql.prefix { $0 != "\n" }
            #expect(comment.contains(" · locks: ") && comment.contains(" · plan: "), "\(statement.name)")
        }
        #expect(Set(Statement.all.map(\.name)).count == Statement.all.count)
    }

    @Test func `searches go by the indexes their policies are conditions of`() async throws {
        try await World.with { world async throws in
            try await world.database.withSession { try $0.executeScript(LargeTenant.script) }
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            let plans = try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice"])
                _ = try session.execute(.claimTerms, [.text("rare")])
                return try [Statement.searchVectors, .searchTerms, .hitFetch, .accessCheck].map { ($0.name, try session.genericPlan(of: $0)) }
            }
            await connection.close()
            for (name, plan) in plans {
                for table in ["vector_pack", "chunk", "chunk_terms", "rendition_content"] {
                    #expect(
                        !plan.contains { $0.contains("Seq Scan on \(table) ") || $0.hasSuffix("Seq Scan on \(table)") },
                        "\(name):\n\(plan.joined(separator: "\n"))")
                }
            }
            let byName = Dictionary(uniqueKeysWithValues: plans)
            #expect(byName["search_vectors"]?.has("vector_pack_pkey", condition: "document_id = ANY") == true, "\(byName)")
            #expect(byName["search_terms"]?.has("chunk_terms_gin", condition: "terms @@") == true, "\(byName)")
            #expect(byName["search_vectors"]?.contains { $0.contains("document_access") } == true, "\(byName)")
            #expect(byName["hit_fetch"]?.has("chunk_pkey", condition: "ordinal") == true, "\(byName)")
        }
    }
}

extension [String] {
    /// A scan of this index, with a condition of this text right below it.
    fileprivate func has(_ index: String, condition: String) -> Bool {
        indices.contains { line in
            self[line].contains(index) && self[line...].prefix(3).contains { $0.contains("Index Cond") && $0.contains(condition) }
        }
    }
}

extension Statement {
    /// `-- role: sluice_ingest · …`
    fileprivate var declaredRole: String? {
        let prefix = "-- role: "
        guard sql.hasPrefix(prefix) else { return nil }
        return sql.dropFirst(prefix.count).split(separator: " ", maxSplits: 1).first.map(String.init)
    }
}

extension Session {
    /// The plan made for parameters nobody knows: what a statement kept prepared settles on.
    fileprivate func genericPlan(of statement: Statement) throws -> [String] {
        try executeScript("set plan_cache_mode = force_generic_plan; prepare \(statement.name) as \(statement.sql)")
        let count = try query("select cardinality(parameter_types) from pg_prepared_statements where name = '\(statement.name)'").int32(0, 0)
        let arguments = count == 0 ? "" : "(\(Array(repeating: "null", count: Int(count)).joined(separator: ", ")))"
        return try strings("explain (costs off) execute \(statement.name)\(arguments)")
    }

    /// Sets an asker's claims for the transaction, as a query does.
    func claim(_ tenant: TenantID, _ principals: [String]) throws {
        _ = try execute(.claimTenantName, [.text(tenant.text)])
        #expect(try execute(.claimTenant).count == 1)
        _ = try execute(.claimPrincipals, [.textArray(principals)])
    }
}
