/// An event of the documents, permissions or memberships topic, whole and in form.
package struct Event: Sendable {
    package let key: RecordKey
    /// What outcomes carry as `correlationid`; a tombstone may have none.
    package let id: String?
    package let sequence: SequenceNumber?
    /// The full snapshot that names this document; nothing on other topics than documents.
    package let snapshot: SnapshotID?
    package let trace: TraceContext
    package let payload: Payload

    package enum Payload: Sendable {
        case documentUpserted(DocumentUpserted)
        /// By event or by tombstone.
        case documentDeleted
        case permissionsChanged(PermissionsChanged)
        /// A tombstone: the subject has no entry of its own.
        case permissionsRemoved
        case groupChanged(GroupChanged)
        /// A tombstone: the group has no members.
        case groupRemoved

        /// What the version clocks take for a deletion.
        package var isDeletion: Bool {
            switch self {
            case .documentDeleted, .permissionsRemoved, .groupRemoved: true
            case .documentUpserted, .permissionsChanged, .groupChanged: false
            }
        }
    }
}

/// A record refused by its envelope or data, with all that could be read of it.
package struct RejectedEvent: Sendable {
    package let rejection: Rejection
    /// Whose clock it takes part in; nothing where the key is out of form.
    package let key: RecordKey?
    /// Whose status topic hears of it, if this tenant is registered; known for some keys that are out of form.
    package let tenant: TenantID?
    package let id: String?
    /// Nothing: its position counts.
    package let sequence: SequenceNumber?
    /// The full snapshot that names the key's document all the same; nothing where whom the record is about is in doubt.
    package let snapshot: SnapshotID?
    package let trace: TraceContext
    package let type: EventType?
    /// The record's value was null.
    package let isTombstone: Bool
    /// Where a document's data could be read: its container counts, or that it names none.
    package let documentFacts: DocumentFacts?
    /// It does not even close its subject: it came on another tenant's topic, or its tenant is not registered.
    package let changesNothing: Bool
}

extension RejectedEvent {
    /// An event that was whole and in form, and could not be dealt with.
    package init(_ rejection: Rejection, _ event: Event) {
        var facts: DocumentFacts?
        if case .documentUpserted(let document) = event.payload { facts = document.facts }
        self.init(
            rejection: rejection, key: event.key, tenant: event.key.tenant, id: event.id, sequence: event.sequence, snapshot: event.snapshot,
            trace: event.trace, type: nil, isTombstone: false, documentFacts: facts, changesNothing: false)
    }

    /// A closing event that could not be dealt with: its snapshot stays open.
    package init(_ rejection: Rejection, _ closed: SnapshotClosed) {
        self.init(
            rejection: rejection, key: nil, tenant: closed.key.tenant, id: closed.id, sequence: nil, snapshot: nil, trace: closed.trace,
            type: .snapshotClosed, isTombstone: false, documentFacts: nil, changesNothing: true)
    }

    /// A record that holds no event at all.
    package init(_ rejection: Rejection, recordKey: [UInt8]?) {
        self.init(
            rejection: rejection, key: nil, tenant: recordKey.flatMap(RecordKey.tenant(of:)), id: nil, sequence: nil, snapshot: nil,
            trace: TraceContext(traceparent: nil, tracestate: nil), type: nil, isTombstone: false, documentFacts: nil, changesNothing: true)
    }
}

/// What decides, with the clocks and the access lists, whether a document is shown.
package struct DocumentFacts: Hashable, Sendable {
    package let container: Subject?
    /// From then on it is visible to nobody.
    package let expiresAt: Timestamp?

    package init(container: Subject?, expiresAt: Timestamp?) {
        self.container = container
        self.expiresAt = expiresAt
    }
}

package enum DecodedEvent: Sendable {
    case event(Event)
    case snapshotClosed(SnapshotClosed)
    case rejected(RejectedEvent)
}
