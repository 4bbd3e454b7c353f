import Contract
import Foundation
import Index
import Testing

/// What the tests of reindexing have in common.
extension Fleet {
    /// Publishes texts that alice may see, as plain text.
    ///
    /// - Parameter options: of `sluice publish`, who may see them or where they are.
    func publish(_ files: [String: String], tenant: TenantID? = nil, _ options: [String] = ["--allow", "user:alice"]) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-reindex-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        let run = try await sluice(["publish", folder.path, "--tenant", (tenant ?? self.tenant).text, "--source", "wiki"] + options)
        try #require(run.status == 0, "\(run.text)")
    }

    /// Everything that a generation made, as rows; with the number of the write of each, also of the facts.
    func rows(of generation: String, withWrites: Bool = true) async throws -> [String] {
        let tables = ["rendition", "rendition_content", "chunk", "passage_terms", "vector_pack"]
        let parts = tables.map { table in
            """
            select '\(table) ' || \(withWrites ? "x.xmin::text || ' ' || " : "")md5((to_jsonb(x) - 'generation_id' - 'settled_token')::text)
                || ' ' || x.document_id as line
            from sluice.\(table) x join sluice.generation g using (generation_id) where g.name = '\(generation)' and x.tenant_id > 0
            """
        }
        let facts = withWrites ? ["select 'document ' || xmin::text || ' ' || document_id from sluice.document where tenant_id > 0"] : []
        return try await strings("select line from (\((parts + facts).joined(separator: " union all "))) lines order by line")
    }

    /// Waits until it holds; what never does ends with the test's time.
    func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() {
            try Task.checkCancellation()
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// As the owner of the tables, behind the workers' backs.
    func tamper(_ sql: String) async throws { try await Self.execute(sql, url) }
}
