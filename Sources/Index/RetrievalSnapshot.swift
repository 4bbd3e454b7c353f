import Contract
import Postgres

/// One moment of the index as one asker is shown it: everything an answer is made of is read here. Not to be kept: it ends with the transaction.
package struct RetrievalSnapshot {
    let scope: Scope
    let session: Session

    package var generation: String { scope.generation }
    package var embeddingSpace: String { scope.embeddingSpace }

    /// The documents shown to the asker that match, in no order.
    package func documents(matching filter: QueryFilter) throws -> [Int64] {
        try filter.matchesNothing ? [] : Filters.documents(filter, session)
    }

    /// From here on searches look at these documents alone; which of them are shown is still for the policies to say.
    package func narrow(to documents: [Int64]) throws {
        _ = try session.execute(.claimCandidates, [.int8Array(documents)])
    }

    /// Exactly the best visible passages, each way for itself.
    package func search(_ request: SearchRequest) throws -> SearchCandidates {
        SearchCandidates(byVector: try searchVectors(request), byTerms: try searchTerms(request))
    }

    /// Passages with their texts, in the order asked.
    ///
    /// - Parameter neighbours: so many passages either side, within the document.
    package func hits(_ chosen: [(passage: Passage, foundBy: [String])], neighbours: Int) throws -> [FoundPassage] {
        try Hits.fetch(chosen, neighbours: neighbours, scope, session)
    }

    /// Per document, whether it is shown.
    package func shown(_ documents: [(source: String, subject: String)]) throws -> [Bool] {
        let rows = try session.execute(.accessCheck, [.textArray(documents.map(\.source)), .textArray(documents.map(\.subject))])
        return try (0..<rows.count).map { try rows.bool($0, 0) }
    }

    private func searchVectors(_ request: SearchRequest) throws -> [Passage] {
        guard let vector = request.vector else { return [] }
        let parameters: [Parameter] = [.halfvec(vector), .int4(Int32(request.depth))]
        return try passages(
            request.perDocument.map { try session.execute(.searchVectorsPerDocument, parameters + [.int4(Int32($0))]) }
                ?? session.execute(.searchVectors, parameters))
    }

    private func searchTerms(_ request: SearchRequest) throws -> [Passage] {
        guard let terms = request.terms else { return [] }
        let claim = try session.execute(.claimTerms, [.text(terms)])
        guard try claim.bool(0, 0) else { return [] }  // nothing but stop words
        let parameters: [Parameter] = [.int4(Int32(request.depth))]
        return try passages(
            request.perDocument.map { try session.execute(.searchTermsPerDocument, parameters + [.int4(Int32($0))]) }
                ?? session.execute(.searchTerms, parameters))
    }

    private func passages(_ rows: Rows) throws -> [Passage] {
        try (0..<rows.count).map { Passage(documentID: try rows.int64($0, 0), ordinal: try rows.int32($0, 1)) }
    }
}

/// The asker's claims in force, for the rest of the transaction.
struct Scope {
    let tenant: Int32
    let generationNumber: Int32
    let generation: String
    let embeddingSpace: String

    /// - Returns: nothing where there is no such tenant, or no live generation.
    static func claim(_ tenant: TenantID, _ session: Session) throws -> Scope? {
        _ = try session.execute(.claimTenantName, [.text(tenant.text)])
        let rows = try session.execute(.claimTenant)
        guard rows.count == 1 else { return nil }
        return Scope(
            tenant: try rows.int32(0, 2), generationNumber: try rows.int32(0, 3), generation: try rows.string(0, 4),
            embeddingSpace: try rows.string(0, 5))
    }

    static func claim(principals: [String], _ session: Session) throws {
        let claimed = try session.execute(.claimPrincipals, [.textArray(principals)])
        guard claimed.count == 1, try claimed.bool(0, 0), try claimed.bool(0, 1) else { throw IndexError.inconsistent }
    }
}
