/// What the outcome of a closing event tells of its snapshot.
package struct SnapshotTally: Hashable, Sendable {
    /// Where it stands; `reason` says it in words.
    package enum State: String, CaseIterable, Sendable {
        case incomplete, whole, waiting, applied, superseded, refused, cancelled
    }

    package let snapshot: SnapshotID
    package let state: State
    /// As the closing event states it.
    package let count: Int
    /// Distinct documents seen.
    package let named: Int
    /// Documents that were deleted, or would be where it waits for an admin.
    package let deleted: Int
    /// Documents that are not in it and were left, as they may be newer.
    package let newer: Int

    package init(snapshot: SnapshotID, state: State, count: Int, named: Int, deleted: Int = 0, newer: Int = 0) {
        self.snapshot = snapshot
        self.state = state
        self.count = count
        self.named = named
        self.deleted = deleted
        self.newer = newer
    }

    /// Nothing where this is no tally in form.
    package init?(_ json: JSON) {
        guard let snapshot = json["id"]?.string.flatMap({ SnapshotID($0) }), let state = json["state"]?.string.flatMap(State.init),
            let count = json["count"]?.integer, let named = json["named"]?.integer, let deleted = json["deleted"]?.integer,
            let newer = json["newer"]?.integer
        else { return nil }
        self.init(snapshot: snapshot, state: state, count: count, named: named, deleted: deleted, newer: newer)
    }

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.member("id", snapshot.text)
            $0.member("state", state.rawValue)
            $0.member("count", count)
            $0.member("named", named)
            $0.member("deleted", deleted)
            $0.member("newer", newer)
        }
    }
}
