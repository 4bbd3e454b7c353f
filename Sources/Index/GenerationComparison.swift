import Contract
import Postgres

/// What two generations have of a tenant's documents. Deleted ones count for neither.
package struct GenerationComparison: Sendable, Hashable {
    package let tenant: TenantID
    /// Documents.
    package let before: Int64
    package let after: Int64
    /// Only in the first: some wait for what they refer to.
    package let missing: Int64
    package let waiting: Int64
    /// Only in the second.
    package let added: Int64
    /// In both, made of different versions.
    package let otherVersion: Int64
    /// In both, of the same version, with different texts.
    package let otherText: Int64
    /// In both, of the same version, in another container or expiring at another time: who may see it would change.
    package let elsewhere: Int64
    /// In both, and the second has stayed with an older version though it has come past the newer one: in some the newer one waits.
    package let older: Int64
    package let olderWaiting: Int64
}

/// A document that two generations have differently, and how.
package struct GenerationDifference: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case missing, waits, added, older, version, text, elsewhere
    }

    package let tenant: TenantID
    package let source: String
    package let subject: String
    package let kind: Kind
}

extension AdministrationStore {
    /// By tenant; looks at every document.
    package func compare(_ before: Generation, _ after: Generation) async throws -> [GenerationComparison] {
        try await read { session in
            let rows = try session.execute(.generationCompare, [.int4(before.number.value), .int4(after.number.value), .text(after.group)])
            return try (0..<rows.count).map { row in
                guard let tenant = TenantID(try rows.string(row, 0)) else { throw IndexError.inconsistent }
                return GenerationComparison(
                    tenant: tenant, before: try rows.int64(row, 1), after: try rows.int64(row, 2), missing: try rows.int64(row, 3),
                    waiting: try rows.int64(row, 4), added: try rows.int64(row, 5), otherVersion: try rows.int64(row, 6), otherText: try rows.int64(row, 7),
                    elsewhere: try rows.int64(row, 8), older: try rows.int64(row, 9), olderWaiting: try rows.int64(row, 10))
            }
        }
    }

    /// Some of the documents that differ.
    package func differences(_ before: GenerationNumber, _ after: GenerationNumber, limit: Int) async throws -> [GenerationDifference] {
        try await read { session in
            let rows = try session.execute(.generationDifferences, [.int4(before.value), .int4(after.value), .int4(Int32(limit))])
            return try (0..<rows.count).map { row in
                guard let tenant = TenantID(try rows.string(row, 0)), let kind = GenerationDifference.Kind(rawValue: try rows.string(row, 3)) else {
                    throw IndexError.inconsistent
                }
                return GenerationDifference(tenant: tenant, source: try rows.string(row, 1), subject: try rows.string(row, 2), kind: kind)
            }
        }
    }
}
