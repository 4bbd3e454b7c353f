import Contract
import Postgres

/// A generation as the tables number it, and as admins name it.
package struct ScopedGeneration: Hashable, Sendable {
    let number: Int32
    let name: String
}

/// The asker's claims in force, for the rest of the transaction.
struct Scope {
    let tenant: Int32
    let generation: ScopedGeneration
    let embeddingSpace: String
    /// The one that is said to go live soon.
    let expected: ScopedGeneration?
    /// The access lists that let the asker in, ascending.
    let lists: [Int64]

    /// How a tenant is claimed, by its name.
    ///
    /// - Parameter generation: nothing: the live one.
    static func claiming(_ tenant: TenantID, in generation: String? = nil) -> [(statement: Statement, parameters: [Parameter])] {
        [(.claimTenantName, [.text(tenant.text)]), generation.map { (.claimTenantIn, [.text($0)]) } ?? (.claimTenant, [])]
    }

    /// How all claims are made, each by what those before it let it see: rows for `init(_:)`.
    static func claiming(_ claims: Claims, in generation: String? = nil) -> [(statement: Statement, parameters: [Parameter])] {
        claiming(claims.tenant, in: generation) + [(.claimPrincipals, [.textArray(claims.principals)]), (.claimSets, []), (.claimLists, [])]
    }

    /// Among the rows of either, the one without which there is no such tenant, or no live generation.
    static let tenantRow = 1
    static let (tenantStatements, statements) = (2, 5)

    /// - Returns: nothing where the tenant is not registered, or suspended, or no generation is live.
    init?(_ rows: [Rows]) throws {
        guard rows.count >= Self.statements else { throw IndexError.inconsistent }
        let (tenant, principals, sets, lists) = (rows[1], rows[2], rows[3], rows[4])
        guard tenant.count == 1 else { return nil }
        guard principals.count == 1, try principals.bool(0, 0), try principals.bool(0, 1), try sets.bool(0, 0), try lists.bool(0, 0) else {
            throw IndexError.inconsistent
        }
        self.tenant = try tenant.int32(0, 2)
        generation = ScopedGeneration(number: try tenant.int32(0, 3), name: try tenant.string(0, 4))
        embeddingSpace = try tenant.string(0, 5)
        expected = try tenant.optionalString(0, 7).map { ScopedGeneration(number: try tenant.int32(0, 6), name: $0) }
        self.lists = try lists.int64Array(0, 1)
    }

    static func claim(_ claims: Claims, in generation: String? = nil, _ session: Session) throws -> Scope? {
        try Scope(try session.pipeline(claiming(claims, in: generation)))
    }
}
