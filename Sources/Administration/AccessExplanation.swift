import Access
import Contract
import Index

/// Whose view of which document, and when.
package struct AccessQuestion: Sendable {
    package let tenant: TenantID
    package let source: SourceName
    package let document: Subject
    package let user: Principal
    /// Those the asker's credential names.
    package let groups: [Principal]
    /// Nothing: now.
    package let moment: Timestamp?

    package init(tenant: TenantID, source: SourceName, document: Subject, user: Principal, groups: [Principal], moment: Timestamp?) {
        self.tenant = tenant
        self.source = source
        self.document = document
        self.user = user
        self.groups = groups
        self.moment = moment
    }
}

/// Why an asker may see a document or may not: the rule of `Access`, over what the database has.
package struct AccessExplanation: Sendable {
    /// What hides a document whatever its lists say.
    package enum Obstacle: String, Sendable, CaseIterable {
        case unknown = "no document of this name was known"
        case deleted = "it was deleted"
        case expired = "it has expired"
        case newerExpired = "a newer version is known, and has expired"
        case noGeneration = "no generation is live"
        case notIndexed = "the live generation has nothing readable of it"
        case olderThanDeletion = "what the live generation has is older than a registered deletion"
    }

    /// Where a name stands on the way to the list.
    package enum Place: String, Sendable {
        case own, container, ancestor
    }

    /// A name on the way, and its entry.
    package struct Step: Sendable {
        package let place: Place
        package let name: Subject
        package let entry: EntryRecord?
    }

    /// A principal of the list that the asker stands for.
    package struct Match: Hashable, Sendable {
        package let principal: Principal
        /// From what the asker is by itself, or a closed group, to the principal.
        package let through: [Principal]
    }

    /// What one container's way says. While a newer version is known but not ready there are two, and both must allow.
    package struct Ruling: Sendable {
        /// Of the version that is shown, not of the newest known.
        package let isOfOlderVersion: Bool
        package let path: AccessPath
        package let steps: [Step]
        package let allowing: [Match]
        package let denying: [Match]
        package let allows: Bool
    }

    package let question: AccessQuestion
    package let document: DocumentRecord?
    package let obstacles: [Obstacle]
    /// Empty where there is no document.
    package let rulings: [Ruling]
    /// Groups whose record could not be read: they contain nobody for allow, everybody for deny.
    package let closedGroups: [Principal]
    /// The list that row-level security goes by is not the one the entries lead to: to be reported, it should never be.
    package let isInconsistent: Bool

    package var isVisible: Bool { obstacles.isEmpty && !rulings.isEmpty && rulings.allSatisfy(\.allows) }
}

extension AccessExplanation {
    init(_ question: AccessQuestion, _ records: AccessRecords) throws {
        let document = try records.document(question.source, question.document)
        let groups = try records.groups(around: [question.user, .everyone] + question.groups)
        let memberships = Dictionary(groups.map { ($0.group, $0.members.map { .members(Set($0)) } ?? GroupState.closed) }) { $1 }
        let judge = Judge(question, memberships, records)
        var rulings: [Ruling] = []
        var isInconsistent = false
        if let document, document.state == .exists {
            let ruling = try judge.rule(in: document.container, isOfOlderVersion: false)
            rulings.append(ruling)
            isInconsistent = question.moment == nil && document.listInForce != ruling.listID
            if let rendition = document.rendition, rendition.isPresent, !rendition.isSettled, !ruling.endsAtOwnEntry {
                rulings.append(try judge.rule(in: rendition.container, isOfOlderVersion: true))
            }
        }
        self.init(
            question: question, document: document, obstacles: Self.obstacles(document, at: question.moment), rulings: rulings,
            closedGroups: groups.filter { $0.members == nil }.map(\.group).sorted(), isInconsistent: isInconsistent)
    }

    /// The way to the list a document is under, whoever asks.
    static func way(
        to document: Subject, of source: SourceName, in container: Subject?, _ records: AccessRecords
    ) throws -> (path: AccessPath, steps: [Step]) {
        var entries: [Subject: EntryRecord] = [:]
        let path = try AccessWalk.path(ofDocument: document, in: container) { name in
            guard let entry = try records.entry(source, name) else { return nil }
            entries[name] = entry
            switch entry.state {
            case .list: return .list(try entry.listID.map(records.list) ?? AccessList(allow: []))
            case .parent: return entry.parent.map(AccessEntry.parent)
            case .removed: return nil
            case .unreadable: return .unreadable
            }
        }
        let steps = path.names.enumerated().map { index, name in
            Step(place: index == 0 ? .own : index == 1 ? .container : .ancestor, name: name, entry: entries[name])
        }
        return (path, steps)
    }

    private static func obstacles(_ document: DocumentRecord?, at moment: Timestamp?) -> [Obstacle] {
        guard let document, document.state != .nothing else { return [.unknown] }
        guard document.state == .exists else { return [.deleted] }
        let now = moment ?? document.readAt
        func hasEnded(_ expiry: Timestamp?) -> Bool { expiry.map { $0 <= now } ?? false }
        // The past of renditions is not kept: what is asked of it is whether the document could be seen once it was indexed.
        guard moment == nil else { return hasEnded(document.expiresAt) ? [.expired] : [] }
        guard let rendition = document.rendition else { return [.noGeneration] }
        guard rendition.isPresent else { return [.notIndexed] }
        var obstacles: [Obstacle] = []
        if hasEnded(rendition.expiresAt) { obstacles.append(.expired) }
        if !rendition.isSettled, hasEnded(document.expiresAt) { obstacles.append(.newerExpired) }
        if rendition.isBehindDeletion { obstacles.append(.olderThanDeletion) }
        return obstacles
    }
}

extension AccessExplanation.Ruling {
    /// Containers do not matter then.
    fileprivate var endsAtOwnEntry: Bool { path.names.count == 1 && path.end != .nothing }

    /// Of the list the way ended at.
    fileprivate var listID: Int64? { path.list == nil ? nil : steps.last?.entry?.listID }
}

/// Walks and judges for one asker.
private struct Judge {
    let question: AccessQuestion
    let records: AccessRecords
    let claims: Access.Claims
    let paths: ClaimPaths

    init(_ question: AccessQuestion, _ memberships: [Principal: GroupState], _ records: AccessRecords) {
        self.question = question
        self.records = records
        claims = Access.Claims(user: question.user, groups: question.groups, memberships: memberships)
        paths = ClaimPaths(user: question.user, groups: question.groups, memberships: memberships)
    }

    func rule(in container: Subject?, isOfOlderVersion: Bool) throws -> AccessExplanation.Ruling {
        let (path, steps) = try AccessExplanation.way(to: question.document, of: question.source, in: container, records)
        let list = path.list
        return AccessExplanation.Ruling(
            isOfOlderVersion: isOfOlderVersion, path: path, steps: steps, allowing: matches(list?.allow ?? [], claims.mayAllow),
            denying: matches(list?.deny ?? [], claims.mayDeny), allows: isVisible(under: list, to: claims))
    }

    private func matches(_ listed: [Principal], _ mine: Set<Principal>) -> [AccessExplanation.Match] {
        listed.filter(mine.contains).map { AccessExplanation.Match(principal: $0, through: paths.path(to: $0)) }
    }
}
