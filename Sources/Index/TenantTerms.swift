import Contract
import Postgres

/// What a tenant is held to in one generation.
package struct TenantTerms: Sendable, Hashable {
    /// Their documents wait; all else of them does not.
    package let pausedSources: Set<String>
    // Limits bind the live generation. What is built beside it only counts: what fitted there must fit, in whatever order it comes.
    let maximumDocuments: Int64?
    let maximumBytes: Int64?
    /// Embedded on one day.
    package let tokensPerDay: Int64?

    package func isPaused(_ source: SourceName) -> Bool { pausedSources.contains(source.text) }

    fileprivate var isLimited: Bool { maximumDocuments != nil || maximumBytes != nil }
}

/// The room that a tenant has left in a generation.
package struct Allowance: Sendable, Hashable {
    private let maximumDocuments: Int64?
    private let maximumBytes: Int64?
    private var documents: Int64
    private var bytes: Int64

    package init(maximumDocuments: Int64?, maximumBytes: Int64?, documents: Int64, bytes: Int64) {
        self.maximumDocuments = maximumDocuments
        self.maximumBytes = maximumBytes
        self.documents = documents
        self.bytes = bytes
    }

    /// Takes in that a document's text is replaced; nothing stands for no document. A document that is there is never one too many, and one that grows no
    /// longer never too long.
    ///
    /// - Returns: whether there is room; where there is not, nothing was taken in.
    package mutating func replace(_ old: Int64?, by new: Int64?) -> Bool {
        let (moreDocuments, moreBytes) = ((new == nil ? 0 : 1) - (old == nil ? 0 : 1), (new ?? 0) - (old ?? 0))
        if moreDocuments > 0, let maximumDocuments, documents + 1 > maximumDocuments { return false }
        if moreBytes > 0, let maximumBytes, bytes + moreBytes > maximumBytes { return false }
        documents += Int64(moreDocuments)
        bytes += moreBytes
        return true
    }
}

/// There is no room for these documents: nothing of the batch was written.
package struct QuotaExceeded: Error, Sendable {
    package let names: Set<Name>
}

enum Tenants {
    /// Among the first statements of every write: from here to its end nobody changes these tenants.
    ///
    /// - Throws: `IndexError.tenantGone` where one is registered no longer.
    static func hold(_ tenants: Set<TenantNumber>, generation: GenerationNumber?, _ session: Session) throws -> [TenantNumber: TenantTerms] {
        guard !tenants.isEmpty else { return [:] }
        let numbers = Parameter.int4Array(tenants.map(\.value))
        let rows = try session.pipeline([(.tenantHold, [numbers]), (.tenantTerms, [.int4(generation?.value), numbers])])
        let terms = try Self.terms(rows[1])
        guard terms.count == tenants.count else { throw IndexError.tenantGone }
        return terms
    }

    /// Without those that are registered no longer.
    static func terms(of tenants: Set<TenantNumber>, generation: GenerationNumber, _ session: Session) throws -> [TenantNumber: TenantTerms] {
        try terms(try session.execute(.tenantTerms, [.int4(generation.value), .int4Array(tenants.map(\.value))]))
    }

    private static func terms(_ rows: Rows) throws -> [TenantNumber: TenantTerms] {
        var terms: [TenantNumber: TenantTerms] = [:]
        for row in 0..<rows.count {
            terms[TenantNumber(try rows.int32(row, 0))] = TenantTerms(
                pausedSources: Set(try rows.stringArray(row, 4)), maximumDocuments: try rows.optionalInt64(row, 1),
                maximumBytes: try rows.optionalInt64(row, 2), tokensPerDay: try rows.optionalInt64(row, 3))
        }
        return terms
    }

    /// The room that limited tenants have.
    ///
    /// - Parameter locks: whether nobody else may count on it until the transaction ends.
    static func allowances(
        _ terms: [TenantNumber: TenantTerms], generation: GenerationNumber, locks: Bool, _ session: Session
    ) throws -> [TenantNumber: Allowance] {
        let limited = terms.filter(\.value.isLimited)
        guard !limited.isEmpty else { return [:] }
        let keys: [Parameter] = [.int4(generation.value), .int4Array(limited.keys.sorted().map(\.value))]
        let rows =
            locks ? try session.pipeline([(.tenantUsageEnsure, keys), (.tenantUsageLock, keys)])[1] : try session.execute(.tenantUsageFind, keys)
        var used: [TenantNumber: (documents: Int64, bytes: Int64)] = [:]
        for row in 0..<rows.count { used[TenantNumber(try rows.int32(row, 0))] = (try rows.int64(row, 1), try rows.int64(row, 2)) }
        return Dictionary(
            uniqueKeysWithValues: limited.map { tenant, terms in
                let used = used[tenant] ?? (0, 0)
                return (
                    tenant,
                    Allowance(
                        maximumDocuments: terms.maximumDocuments, maximumBytes: terms.maximumBytes, documents: used.documents, bytes: used.bytes)
                )
            })
    }
}

/// Texts of one document that are to be embedded, and what that would cost.
package struct EmbeddingOrder: Sendable {
    package let tokens: [EmbeddingKey: Int64]

    package init(tokens: [EmbeddingKey: Int64]) {
        self.tokens = tokens
    }
}

/// Which orders a tenant's budget covers.
package struct Spending: Sendable {
    package enum Verdict: Hashable, Sendable {
        case granted
        /// Today's is spent.
        case tomorrow
        /// No day's would do.
        case never
    }

    /// Of each order, in turn.
    package let verdicts: [Verdict]
    package let untilTomorrow: Duration

    /// Each in turn, where it fits; what an earlier one has paid for is free.
    static func grant(_ orders: [EmbeddingOrder], spent: inout Int64, budget: Int64) -> [Verdict] {
        var paid: Set<EmbeddingKey> = []
        return orders.map { order in
            let cost = order.tokens.reduce(0) { paid.contains($1.key) ? $0 : $0 + $1.value }
            guard cost > 0 else { return .granted }
            guard cost <= budget else { return .never }
            guard spent + cost <= budget else { return .tomorrow }
            spent += cost
            paid.formUnion(order.tokens.keys)
            return .granted
        }
    }
}

extension IngestionStore {
    /// What these tenants are held to, and the room they have: to see before the work is done whether it can be of use. Decided again under lock.
    package func terms(
        of tenants: Set<TenantNumber>, generation: Generation
    ) async throws -> (terms: [TenantNumber: TenantTerms], allowances: [TenantNumber: Allowance]) {
        guard !tenants.isEmpty else { return ([:], [:]) }
        return try await read { session in
            let terms = try Tenants.terms(of: tenants, generation: generation.number, session)
            return (terms, try Tenants.allowances(terms, generation: generation.number, locks: false, session))
        }
    }

    /// Takes from a tenant's budget what these texts cost, before they are embedded: what is granted is spent, whatever becomes of the work.
    package func spend(_ orders: [EmbeddingOrder], of tenant: TenantNumber, budget: Int64) async throws -> Spending {
        try await write { session in
            _ = try session.execute(.tenantSpendingEnsure, [.int4(tenant.value)])
            let rows = try session.execute(.tenantSpendingLock, [.int4(tenant.value)])
            guard rows.count == 1 else { throw IndexError.inconsistent }
            let before = try rows.int64(0, 0)
            var spent = before
            let verdicts = Spending.grant(orders, spent: &spent, budget: budget)
            if spent > before { _ = try session.execute(.tenantSpendingWrite, [.int4(tenant.value), .int8(spent)]) }
            return Spending(verdicts: verdicts, untilTomorrow: .milliseconds(try rows.int64(0, 1)))
        }
    }
}
