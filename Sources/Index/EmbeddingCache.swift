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
        guard vectors.count == keys.count * dimension else { throw IndexError.inconsistent }
        // In key order across statements as within one: two transactions that make the same rows never wait for each other in a circle.
        let ordered = keys.indices.sorted { keys[$0] < keys[$1] }
        for first in stride(from: 0, to: ordered.count, by: keysPerStatement) {
            let part = ordered[first..<min(ordered.count, first + keysPerStatement)]
            _ = try session.execute(
                .embeddingCacheInsert,
                [
                    .text(space), .int4Array(part.map { keys[$0].tenant.value }), .byteaArray(part.map { keys[$0].digest }),
                    .halfvecs(part.map { vectors[$0 * dimension..<($0 + 1) * dimension] }),
                ])
        }
    }

    /// Some ten milliseconds of work: no statement grows with a document's length.
    private static let keysPerStatement = 1000
}

extension EmbeddingKey: Comparable {
    /// The order of the table's primary key.
    package static func < (one: Self, other: Self) -> Bool {
        one.tenant == other.tenant ? one.digest.lexicographicallyPrecedes(other.digest) : one.tenant < other.tenant
    }
}
