import Access
import Contract

/// A corpus, who may see what of it, and questions whose good answers are known: what a folder of docs/evaluation.md holds.
///
/// - Invariant: judged and forbidden documents are in the corpus; nobody is expected to find what the suite's own entries hide from them.
package struct Suite: Sendable {
    package var settings: SuiteSettings
    package let documents: [Document]
    package let permissions: [Permission]
    package let memberships: [Membership]
    package let queries: [Query]
    let documentNames: Set<DocumentName>

    init(
        settings: SuiteSettings, documents: [Document], permissions: [Permission], memberships: [Membership], queries: [Query]
    ) {
        self.settings = settings
        self.documents = documents
        self.permissions = permissions
        self.memberships = memberships
        self.queries = queries
        documentNames = Set(documents.map(\.name))
    }

    package struct Document: Sendable {
        package let name: DocumentName
        package let content: Content
        package let mediaType: String?
        package let title: String?
        package let uri: String?
        package let language: String?
        package let container: Subject?
    }

    package enum Content: Sendable, Equatable {
        case text(String)
        /// Below the suite's folder.
        case file(String)

        /// Whether there is certainly something to find.
        var isEmpty: Bool { if case .text(let text) = self { text.utf8.allSatisfy { $0 <= UInt8(ascii: " ") } } else { false } }
    }

    /// An entry of a document or container.
    package struct Permission: Sendable {
        package let subject: DocumentName
        package let list: AccessList?
        package let parent: Subject?
    }

    package struct Membership: Sendable {
        package let source: SourceName
        package let group: Subject
        package let principal: Principal
        package let members: [Principal]
    }

    /// A question as one asker asks it.
    package struct Query: Sendable {
        package let id: String
        package let text: String
        /// What reports call the asker.
        package let askerName: String
        package let asker: Asker
        package let modes: [Contract.Query.Mode]
        /// Documents that answer it, by how well: above 0.
        package let gains: [DocumentName: Double]
        /// What must not be among the hits.
        package let forbidden: Set<DocumentName>
        /// What the suite's own entries let the asker see; nothing where that depends on a token.
        package let visible: Set<DocumentName>?
        /// Documents visible that certainly have text; nothing where that depends on a token.
        package let visibleWithText: Int?
    }
}

/// A document or container within the suite's tenant.
package struct DocumentName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let source: SourceName
    package let subject: Subject

    package init(source: SourceName, subject: Subject) {
        self.source = source
        self.subject = subject
    }

    package var description: String { "\(source.text)/\(subject.text)" }

    package static func < (one: Self, other: Self) -> Bool {
        one.description.utf8.lexicographicallyPrecedes(other.description.utf8)
    }
}

/// What `suite.json` says.
package struct SuiteSettings: Sendable, Equatable {
    package let name: String
    package var tenant: TenantID
    /// Of documents that name none.
    package let source: SourceName
    /// Hits asked for.
    package let limit: Int
    package let perDocument: Int?
    package let modes: [Contract.Query.Mode]
    package let cutoffs: Cutoffs
    package let gate: Gate.Thresholds
}

/// At which rank each figure stops counting.
package struct Cutoffs: Sendable, Equatable {
    package var ndcg = 10
    package var recall = 100
    package var precision = 10

    package init(ndcg: Int = 10, recall: Int = 100, precision: Int = 10) {
        self.ndcg = ndcg
        self.recall = recall
        self.precision = precision
    }
}

extension Suite {
    /// The same suite, asked in these modes alone.
    package func limited(to modes: [Contract.Query.Mode]) -> Suite {
        let queries = self.queries.compactMap { query -> Query? in
            let kept = query.modes.filter(modes.contains)
            guard !kept.isEmpty else { return nil }
            return Query(
                id: query.id, text: query.text, askerName: query.askerName, asker: query.asker, modes: kept, gains: query.gains,
                forbidden: query.forbidden, visible: query.visible, visibleWithText: query.visibleWithText)
        }
        return Suite(settings: settings, documents: documents, permissions: permissions, memberships: memberships, queries: queries)
    }
}
