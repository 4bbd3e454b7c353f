import Contract
import Foundation
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
            #expect(roles == ["sluice_owner", "sluice_ingest", "sluice_retrieval", "sluice_mirror", "sluice_admin"])
        }
    }

    /// During a rolling upgrade the programs of both releases work on the new schema. When a release is made, its Queries/ is kept beside the one before.
    @Test func `the statements of the last release can be run on this schema, by their roles`() async throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").standardizedFileURL
        let folders = try FileManager.default.contentsOfDirectory(atPath: fixtures.path).filter { $0.hasPrefix("statements-") }.sorted()
        let folder = fixtures.appending(path: try #require(folders.last))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }.sorted()
        #expect(files.count > 100)
        try await TestDatabase.with { database async throws in
            for file in files {
                let statement = Statement(String(file.dropLast(4)), try String(contentsOf: folder.appending(path: file), encoding: .utf8))
                let role = try #require(statement.declaredRole, "\(file) names no role in its first comment")
                await #expect(throws: Never.self, "\(file) as \(role)") {
                    try await database.withSession(as: role) { _ = try $0.genericPlan(of: statement) }
                }
            }
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
            try await world.database.withSession { try $0.executeScript(LargeTenant.script() + "; analyze") }
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            let plans = try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice"])
                let listed = Statement("listed", "select document_id from all_shown")
                return try [Statement.searchVectors, .passageTermsScan, .hitFetch, .accessCheck, listed].map { ($0.name, try session.genericPlan(of: $0)) }
            }
            await connection.close()
            for (name, plan) in plans {
                for table in ["vector_pack", "chunk", "passage_terms", "rendition_content"] {
                    #expect(
                        !plan.contains { $0.contains("Seq Scan on \(table) ") || $0.hasSuffix("Seq Scan on \(table)") },
                        "\(name):\n\(plan.joined(separator: "\n"))")
                }
            }
            let byName = Dictionary(uniqueKeysWithValues: plans)
            #expect(byName["search_vectors"]?.has("vector_pack_pkey", condition: "document_id = ANY") == true, "\(byName)")
            #expect(byName["passage_terms_scan"]?.has("passage_terms_pkey", condition: "document_id = ANY") == true, "\(byName)")
            #expect(byName["listed"]?.has("document_access", condition: "access_list_id = ANY") == true, "\(byName)")
            #expect(byName["hit_fetch"]?.has("chunk_pkey", condition: "ordinal") == true, "\(byName)")
        }
    }

    @Test func `a mirror is loaded page by page, each read once`() async throws {
        try await World.with { world async throws in
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            try await connection.withSession { session throws in
                try session.executeScript("set enable_seqscan = off")
                _ = try session.genericPlan(of: .mirrorPage)
                _ = try session.genericPlan(of: .mirrorDocuments)
            }
            try await world.database.withSession { try $0.executeScript(LargeTenant.script()) }
            try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, [])
                #expect(try session.execute(.claimMirror).bool(0, 0))
                for execution in ["mirror_page(2000, 0, 100)", "mirror_documents('{\((1...100).map(String.init).joined(separator: ","))}')"] {
                    let plan = try session.strings("explain (analyze, buffers, timing off) execute \(execution)")
                    let pages = try #require(plan.pages)
                    #expect(pages <= 100 * 20, "\(execution) read \(pages) pages:\n\(plan.joined(separator: "\n"))")
                    #expect(plan.contains { $0.contains("rows=100.00") })
                }
            }
            await connection.close()
            // No text and no name; and as retrieval itself, nothing of what nobody lets it see.
            await #expect(throws: PostgresError.self) {
                try await world.database.withSession(as: "sluice_mirror") { _ = try $0.query("select source from document") }
            }
            await #expect(throws: PostgresError.self) {
                try await world.database.withSession(as: "sluice_mirror") { _ = try $0.query("select body from rendition_content") }
            }
        }
    }

    @Test func `plans made over one document read no more than they must when there are thousands`() async throws {
        try await World.with { world async throws in
            let searches = Self.searches
            let owner = try await world.database.connect()
            try await owner.withSession { try $0.executeScript(LargeTenant.script(documents: 1) + "; analyze") }
            let connection = try await world.database.connect(as: IndexRole.retrieval.rawValue)
            try await connection.withSession { session throws in
                // As the pool of the role has it.
                try session.executeScript("set enable_seqscan = off")
                for statement in Set(searches.map(\.statement)) { _ = try session.genericPlan(of: statement) }
                // The functions of the policies plan what they ask once as well.
                try session.executeScript("begin")
                try session.claim(World.tenantID, ["user:u1"])
                for statement in [Statement.claimSets, .claimLists, .claimSearched] { _ = try session.execute(statement) }
                try session.claimCandidates([1])
                try session.executeScript("rollback")
            }
            try await owner.withSession { try $0.executeScript(LargeTenant.removal) }
            try await owner.withSession { try $0.executeScript(LargeTenant.script() + LargeTenant.groups) }
            try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice"] + (1...200).map { "user:u\($0)" })
                _ = try session.execute(.claimFilter, [.int4Array([]), .textArray([]), .jsonbArray([])])
                for search in searches {
                    let plan = try session.strings(
                        "explain (analyze, buffers, timing off) execute \(search.statement.name)\(search.arguments.isEmpty ? "" : "(\(search.arguments))")")
                    let pages = try #require(plan.pages)
                    #expect(pages <= search.pages, "\(search.statement.name) read \(pages) pages:\n\(plan.joined(separator: "\n"))")
                }
            }
            // What a mirror suggests is asked for by itself, however much the asker may see.
            try await connection.withTransaction { session throws in
                try session.claim(World.tenantID, ["user:alice"] + (1...200).map { "user:u\($0)" })
                for claim in [Statement.claimSets, .claimLists] { _ = try session.execute(claim) }
                _ = try session.execute(.claimCandidates, [.int8Array((1...64).map { Int64($0 * 50) })])
                for statement in [Statement.claimSearched, .searchVectors] {
                    let arguments = searches.first { $0.statement == statement }?.arguments
                    let execution = arguments.map { "execute \(statement.name)(\($0))" } ?? statement.sql
                    let plan = try session.strings("explain (analyze, buffers, timing off) \(execution)")
                    let pages = try #require(plan.pages)
                    #expect(pages <= 64 * 20, "\(statement.name) read \(pages) pages:\n\(plan.joined(separator: "\n"))")
                    if statement == .claimSearched { _ = try session.execute(statement) }
                }
            }
            await connection.close()
            await owner.close()
        }
    }

    /// Statements with arguments, and the pages they may touch: twenty for each of 4,000 visible documents, of their 8,000 passages, of
    /// 200 principals, or of 100 hits.
    private static let searches: [(statement: Statement, arguments: String, pages: Int)] = {
        let vector = "'[\(Array(repeating: "0.1", count: 384).joined(separator: ","))]'::halfvec"
        let hits = "'{\((1...100).map(String.init).joined(separator: ","))}', '{\(Array(repeating: "0", count: 100).joined(separator: ","))}'"
        let documents = (1...4000).map { "d\($0)" }.joined(separator: ",")
        let sources = Array(repeating: "wiki", count: 4000).joined(separator: ",")
        return [
            (.searchVectors, "\(vector), 100", 80_000), (.searchVectorsPerDocument, "\(vector), 100, 1", 80_000),
            (.passageTermsScan, "", 80_000),
            // By another name, since the claims themselves are prepared as well.
            (Statement("principals", Statement.claimPrincipals.sql), "'{\((1...200).map { "user:u\($0)" }.joined(separator: ","))}'", 5_000),
            (.hitFetch, "1, 1, \(hits), 0", 5_000), (.hitFetch, "1, 1, \(hits), 10", 40_000), (.filterDocuments, "null", 160_000),
            (.accessCheck, "'{\(sources)}', '{\(documents)}'", 80_000),
        ]
    }()
}

extension [String] {
    /// A scan of this index, with a condition of this text right below it.
    fileprivate func has(_ index: String, condition: String) -> Bool {
        indices.contains { line in
            self[line].contains(index) && self[line...].prefix(3).contains { $0.contains("Index Cond") && $0.contains(condition) }
        }
    }

    /// Pages looked at by the whole plan, cached or not.
    fileprivate var pages: Int? {
        first { $0.contains("Buffers: shared") }?.split(separator: " ").compactMap { part in
            part.hasPrefix("hit=") || part.hasPrefix("read=") ? Int(part.drop { $0 != "=" }.dropFirst()) : nil
        }.reduce(0, +)
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

    /// As a search does that a mirror has suggested documents to.
    func claimCandidates(_ documents: [Int64]) throws {
        for statement in [Statement.claimSets, .claimLists] { _ = try execute(statement) }
        _ = try execute(.claimCandidates, [.int8Array(documents)])
        _ = try execute(.claimSearched)
    }
}
