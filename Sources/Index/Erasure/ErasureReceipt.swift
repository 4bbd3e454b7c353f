import Contract

/// What was looked at by an erasure, and what became of it.
package struct ErasureReceipt: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case gone
        /// Nobody can take it away sooner: a broker's compaction or retention does.
        case goneBy(Timestamp)
        /// It is there; what to do about it is said beside it.
        case failed
    }

    package struct Place: Sendable, Equatable {
        /// Such as `table chunk`, or `topic sluice.documents, names`.
        package let name: String
        package var state: State
        /// How many rows, lines or records, where that is known.
        package var count: Int?
        package var note: String?

        package init(_ name: String, _ state: State, count: Int? = nil, note: String? = nil) {
            (self.name, self.state, self.count, self.note) = (name, state, count, note)
        }
    }

    package private(set) var places: [Place] = []

    package init() {}

    /// A place that was looked at again is there once, as it was found last; the counts add up.
    package mutating func note(_ place: Place) {
        guard let index = places.firstIndex(where: { $0.name == place.name }) else { return places.append(place) }
        let before = places[index].count
        places[index] = place
        if let before { places[index].count = before + (place.count ?? 0) }
    }

    package mutating func note(_ name: String, _ state: State, count: Int? = nil, note: String? = nil) {
        self.note(Place(name, state, count: count, note: note))
    }

    package var isComplete: Bool { places.allSatisfy { $0.state != .failed } }

    // MARK: as it is stored

    package var json: JSON {
        .object(["places": .array(places.map(\.json))])
    }

    package init(_ json: JSON) {
        places = (json["places"]?.array ?? []).compactMap(Place.init)
    }
}

extension ErasureReceipt.Place {
    fileprivate var json: JSON {
        var members: [String: JSON] = ["place": .string(name)]
        switch state {
        case .gone: members["state"] = .string("gone")
        case .goneBy(let date):
            members["state"] = .string("goneBy")
            members["by"] = .string(date.rfc3339)
        case .failed: members["state"] = .string("failed")
        }
        if let count { members["count"] = .number(count) }
        if let note { members["note"] = .string(note) }
        return .object(members)
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["place"]?.string, let text = json["state"]?.string else { return nil }
        let state: ErasureReceipt.State
        switch (text, json["by"]?.string.flatMap(Timestamp.init(rfc3339:))) {
        case ("gone", _): state = .gone
        case ("goneBy", let date?): state = .goneBy(date)
        case ("failed", _): state = .failed
        default: return nil
        }
        self.init(name, state, count: json["count"]?.integer, note: json["note"]?.string)
    }
}
