import Contract

/// Why an administrative question has no answer.
package enum AdministrationError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownTenant
    case unknownGeneration(String)
    case unknownDocument
    case noLiveGeneration
    case generationIsLive(String)
    case noDocumentTopics
    case noSuchPartition(String)
    case reindexRuns(String)
    case generationHasBegun(String)
    case generationBeganLate(String)
    case generationIsRead(String)
    case beingDeleted
    case beingErased
    /// When it was deleted.
    case nameWasUsed(Timestamp)

    package var description: String {
        switch self {
        case .unknownTenant: "no such tenant is registered: `sluice tenant list` names them"
        case .unknownGeneration(let name): "there is no generation \(name): `sluice generation list` names them"
        case .unknownDocument: "no such document could be read so far: `sluice trace` says what is known of it"
        case .noLiveGeneration: "no generation is live yet: the first `sluice ingest` makes one"
        case .generationIsLive(let name): "generation \(name) is live: promote another one first"
        case .noDocumentTopics: "the broker has no topic of documents: `sluice topics apply` makes it"
        case .noSuchPartition(let name): "there is no partition \(name)"
        case .reindexRuns(let name): "a reindex into \(name) is under way: `sluice reindex --status`"
        case .generationHasBegun(let name): "generation \(name) has begun elsewhere: drop it, or take another one"
        case .generationBeganLate(let name):
            "generation \(name) began later than its topics (--from) and lacks what was published before: drop it, or take another one"
        case .generationIsRead(let name):
            "the texts of generation \(name) are being taken for another one: `sluice reindex --status`; `sluice reindex --cancel --into` that one gives them up"
        case .nameWasUsed(let date):
            "a tenant of this name was deleted at \(date.rfc3339), and shared topics may still hold its records or their tombstones, which a replay would give to "
                + "the new one: take another name, or --reuse (`sluice erase list` says by when they are gone, if it was erased)"
        case .beingDeleted: "the tenant is being deleted: `sluice tenant delete` ends that, and its name is free then"
        case .beingErased: "the tenant is being erased, and what hid its documents may be gone: `sluice erase` without --document or --subject ends that"
        }
    }
}
