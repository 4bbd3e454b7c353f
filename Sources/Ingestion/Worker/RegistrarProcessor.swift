import Contract
import Index

/// Keeps facts and access current, apart from the slow work. It speaks for what it decides alone: records refused by their envelope or data,
/// deletions, permissions and memberships; of a document's content a generation speaks.
struct RegistrarProcessor: WaveProcessor {
    static let group = ConsumerGroups.registrar

    let store: IngestionStore
    let tenants: TenantDirectory
    let outcomes: OutcomePublisher

    var order: WorkInHand.RecordLanes.Order { .asItCame }

    /// A revocation waits neither for the documents fetched before it nor for their names, which a generation's transaction may hold.
    func kind(of record: InboundRecord) -> WorkInHand.RecordLanes.Kind {
        switch InputTopicName(record.topic)?.topic {
        case .permissions, .memberships: .quick
        case .documents, .redrive, .queries, nil: .slow
        }
    }

    func process(_ wave: [HeldRecord], refusal: Rejection?, buried: inout Set<RecordPosition>) async throws -> [Outcome] {
        while true {
            var records = try await RecordDecoding(tenants: tenants, group: Self.group).decode(wave)
            if let refusal { records = records.map { $0.refused(refusal) } }
            let work = RegistrarWork(records, tenants)
            try await outcomes.bury(work.letters, &buried)
            do {
                return try await store.apply(work.batch, group: Self.group) { work.outcomes($0) }
            } catch IndexError.tenantGone {
                try await tenants.reload()
            }
        }
    }
}

/// A batch sorted into what each record changes, and what is to be said of it.
struct RegistrarWork: Sendable {
    private(set) var batch = RegistrarBatch()
    private(set) var letters: [DeadLetter] = []

    /// What to say of a change, by its index among its kind.
    private var deletions: [(index: Int, item: ClaimedRecord, event: Event, tenant: TenantNumber)] = []
    private var permissions: [(index: Int, item: ClaimedRecord, event: Event, tenant: TenantNumber)] = []
    private var memberships: [(index: Int, item: ClaimedRecord, event: Event, tenant: TenantNumber)] = []
    private var closings: [(index: Int, item: ClaimedRecord, closed: SnapshotClosed, tenant: TenantNumber)] = []
    private var rejections: [OutboxEntry] = []

    init(_ records: [ClaimedRecord], _ tenants: TenantDirectory) {
        batch.claims = records.claims
        for item in records {
            switch item.decoded {
            case .event(let event): take(event, item, tenants)
            case .snapshotClosed(let closed): take(closed, item, tenants)
            case .rejected(let rejected): take(rejected, item, tenants)
            }
        }
    }

    private mutating func take(_ event: Event, _ item: ClaimedRecord, _ tenants: TenantDirectory) {
        guard let name = ClaimedRecord.name(event.key, tenants) else { return }
        let version = item.version(sequence: event.sequence, isDeletion: event.payload.isDeletion)
        note(event.snapshot, name, item)
        switch event.payload {
        case .documentUpserted(let document):
            batch.facts.append(FactChange(name: name, version: version, statement: .exists(document.facts), isNamed: event.snapshot != nil))
        case .documentDeleted:
            deletions.append((batch.facts.count, item, event, name.tenant))
            batch.facts.append(FactChange(name: name, version: version, statement: .deleted))
        case .permissionsChanged(let entry):
            permissions.append((batch.permissions.count, item, event, name.tenant))
            batch.permissions.append(PermissionChange(name: name, version: version, statement: .stated(entry)))
        case .permissionsRemoved:
            permissions.append((batch.permissions.count, item, event, name.tenant))
            batch.permissions.append(PermissionChange(name: name, version: version, statement: .removed))
        case .groupChanged(let group):
            memberships.append((batch.memberships.count, item, event, name.tenant))
            batch.memberships.append(MembershipChange(name: name, version: version, statement: .members(group.members)))
        case .groupRemoved:
            memberships.append((batch.memberships.count, item, event, name.tenant))
            batch.memberships.append(MembershipChange(name: name, version: version, statement: .removed))
        }
    }

    private mutating func take(_ closed: SnapshotClosed, _ item: ClaimedRecord, _ tenants: TenantDirectory) {
        guard let tenant = tenants[closed.key.tenant] else { return }
        closings.append((batch.closings.count, item, closed, tenant))
        let snapshot = SnapshotName(tenant: tenant, source: closed.key.source, id: closed.snapshot)
        batch.closings.append(SnapshotClosing(snapshot: snapshot, count: closed.count, begunAt: closed.begunAt, position: item.versionPosition))
    }

    /// Whatever became of the record: the document was in the snapshot.
    private mutating func note(_ snapshot: SnapshotID?, _ name: Name, _ item: ClaimedRecord) {
        if let snapshot { batch.namings.append(SnapshotNaming(name: name, snapshot: snapshot, position: item.versionPosition)) }
    }

    private mutating func take(_ rejected: RejectedEvent, _ item: ClaimedRecord, _ tenants: TenantDirectory) {
        let topic = InputTopicName(item.record.topic)?.topic
        let name = rejected.key.flatMap { ClaimedRecord.name($0, tenants) }
        let version = item.version(sequence: rejected.sequence, isDeletion: false)
        if let name { note(rejected.snapshot, name, item) }
        if topic == .documents, let facts = rejected.documentFacts, let name {
            // Its facts count; of its content the generation speaks, once it has dealt with it.
            batch.facts.append(FactChange(name: name, version: version, statement: .exists(facts), isNamed: rejected.snapshot != nil))
            return
        }
        if !rejected.changesNothing, let name {
            switch topic {
            case .permissions: batch.permissions.append(PermissionChange(name: name, version: version, statement: .unreadable))
            case .memberships: batch.memberships.append(MembershipChange(name: name, version: version, statement: .unreadable))
            case .documents, .queries, .redrive, nil: break
            }
        }
        letters.append(item.letter(rejected.rejection, group: RegistrarProcessor.group))
        guard let tenant = rejected.tenant, let number = tenants[tenant] else { return }
        let outcome = item.outcome(.rejected, tenant: tenant, id: rejected.id, trace: rejected.trace, rejection: rejected.rejection)
        rejections.append(OutboxEntry(outcome: outcome, tenant: number, isRedriven: item.isRedriven))
        batch.otherTenants.insert(number)
    }

    func outcomes(_ verdicts: RegistrarVerdicts) -> [OutboxEntry] {
        var entries = rejections
        for (index, item, event, tenant) in deletions {
            entries.append(entry(deletion(verdicts, index), item, event, tenant))
        }
        for (index, item, event, tenant) in permissions {
            entries.append(entry(Self.access(verdicts.permissions[index]), item, event, tenant))
        }
        for (index, item, event, tenant) in memberships {
            entries.append(entry(Self.access(verdicts.memberships[index]), item, event, tenant))
        }
        for (index, item, closed, tenant) in closings {
            let verdict = verdicts.closings[index]
            let outcome = item.outcome(
                verdict.counts ? .deferred : .superseded, tenant: closed.key.tenant, id: closed.id, trace: closed.trace, snapshot: verdict.tally)
            entries.append(OutboxEntry(outcome: outcome, tenant: tenant, isRedriven: item.isRedriven))
        }
        return entries
    }

    private func entry(_ kind: Outcome.Kind, _ item: ClaimedRecord, _ event: Event, _ tenant: TenantNumber) -> OutboxEntry {
        OutboxEntry(
            outcome: item.outcome(kind, tenant: event.key.tenant, id: event.id, trace: event.trace), tenant: tenant, isRedriven: item.isRedriven)
    }

    /// A deletion of what is deleted already is `unchanged`, also where its position makes it the newer one. One that a generation has merged before is
    /// told of as it was then.
    private func deletion(_ verdicts: RegistrarVerdicts, _ index: Int) -> Outcome.Kind {
        switch verdicts.facts[index] {
        case .wins, .duplicate: verdicts.wasDeleted[index] ? .unchanged : .deleted
        case .superseded: .superseded
        }
    }

    private static func access(_ verdict: VersionClock.Verdict) -> Outcome.Kind {
        switch verdict {
        case .wins: .applied
        case .duplicate: .unchanged
        case .superseded: .superseded
        }
    }
}
