import Contract
import Index

/// Answers auditors' questions about who may see what.
package struct AccessAuditor: Sendable {
    private let store: AdministrationStore

    package init(store: AdministrationStore) {
        self.store = store
    }

    /// Explains, and tells the audit log that it was asked.
    ///
    /// - Throws: `AdministrationError.unknownTenant`.
    package func explain(_ question: AccessQuestion) async throws -> AccessExplanation {
        guard try await store.tenants().contains(question.tenant) else { throw AdministrationError.unknownTenant }
        var detail: [String: JSON] = [
            "document": .string(question.source.text + "/" + question.document.text), "user": .string(question.user.text),
            "groups": .array(question.groups.map { .string($0.text) }),
        ]
        if let moment = question.moment { detail["at"] = .string(moment.rfc3339) }
        try await store.record(.accessExplain, tenant: question.tenant, detail: detail)
        return try await store.withAccessRecords(of: question.tenant, at: question.moment) { try AccessExplanation(question, $0) }
    }

    /// Everything that is known of a document, from its records to the answers that showed it; tells the audit log that it was asked.
    ///
    /// - Parameter withText: whether the extracted texts and titles are read as well.
    /// - Throws: `AdministrationError.unknownTenant`.
    package func trace(_ tenant: TenantID, _ source: SourceName, _ document: Subject, withText: Bool) async throws -> DocumentTrace {
        guard try await store.tenants().contains(tenant) else { throw AdministrationError.unknownTenant }
        let detail: [String: JSON] = ["document": .string("\(source.text)/\(document.text)"), "text": .bool(withText)]
        try await store.record(.documentTrace, tenant: tenant, detail: detail)
        let (facts, way) = try await store.withAccessRecords(of: tenant, at: nil) { records in
            let facts = try records.document(source, document)
            return (facts, try AccessExplanation.way(to: document, of: source, in: facts?.container, records))
        }
        return DocumentTrace(
            tenant: tenant, source: source, document: document, facts: facts, path: way.path, steps: way.steps,
            renditions: try await store.renditions(of: tenant, source, document, withText: withText),
            outcomes: try await store.outcomes(of: RecordKey(tenant: tenant, source: source, subject: document), limit: DocumentTrace.outcomesShown),
            answers: try await store.latestAnswers(tenant, source, document, limit: DocumentTrace.answersShown))
    }
}
