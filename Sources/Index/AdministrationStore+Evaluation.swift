import Contract
import Postgres

extension AdministrationStore {
    /// How many of these documents a generation has.
    package func count(of documents: [(source: SourceName, subject: Subject)], of tenant: TenantID, in generation: GenerationNumber) async throws -> Int {
        let names: [Parameter] = [.textArray(documents.map(\.source.text)), .textArray(documents.map(\.subject.text))]
        return try await read { Int(try $0.execute(.generationDocuments, [.int4(generation.value), .text(tenant.text)] + names).int64(0, 0)) }
    }
}
