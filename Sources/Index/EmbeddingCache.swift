import Postgres

/// A text to embed, as the cache knows it: per tenant, since a shared hit would tell one tenant what another has.
package struct EmbeddingKey: Hashable, Sendable {
    package let tenant: TenantNumber
    /// SHA-256 of the text.
    package let digest: [UInt8]

    package init(tenant: TenantNumber, digest: [UInt8]) {
        self.tenant = tenant
        self.digest = digest
    }
}

enum EmbeddingCache {
    static func find(_ keys: [EmbeddingKey], space: String, _ session: Session) throws -> [EmbeddingKey: [Float]] {
        guard !keys.isEmpty else { return [:] }
        let rows = try session.execute(
            .embeddingCacheFind, [.text(space), .int4Array(keys.map(\.tenant.value)), .byteaArray(keys.map(\.digest))])
        var found: [EmbeddingKey: [Float]] = [:]
        for row in 0..<rows.count { found[keys[Int(try rows.int32(row, 0)) - 1]] = try rows.halfvec(row, 1) }
        return found
    }

    /// - Parameter vectors: `[keys.count][dimension]`, one after another.
    static func insert(_ keys: [EmbeddingKey], vectors: [Float], dimension: Int, space: String, _ session: Session) throws {
        guard !keys.isEmpty else { return }
        _ = try session.execute(
            .embeddingCacheInsert,
            [
                .text(space), .int4Array(keys.map(\.tenant.value)), .byteaArray(keys.map(\.digest)),
                .halfvecArray(vectors, dimension: dimension),
            ])
    }
}
