import Access
import Contract
import Index

/// One document's way: its records, what became of them, what each generation made of it, who may see it, and whom it was shown.
package struct DocumentTrace: Sendable {
    /// What fits a screen.
    static let outcomesShown = 20
    static let answersShown = 10

    package let tenant: TenantID
    package let source: SourceName
    package let document: Subject
    /// Nothing where the name was never heard of.
    package let facts: DocumentRecord?
    /// To the list it is under.
    package let path: AccessPath
    package let steps: [AccessExplanation.Step]
    /// Of every generation, the oldest first.
    package let renditions: [RenditionTrace]
    /// The newest first.
    package let outcomes: [OutcomeTrace]
    /// The newest first.
    package let answers: [AnswerRecord]
}
