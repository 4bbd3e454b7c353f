/// A statement by name: what errors and logs call it, and the key it is prepared under.
package struct Statement: Sendable, Hashable {
    package enum Planning: Sendable {
        /// Prepared at first use, once a session; after five uses the server may settle on one generic plan.
        case prepared
        /// Planned anew at each use, for the values at hand.
        case perUse
    }

    /// Unique within the process: two statements never share a name.
    package let name: String
    package let sql: String
    package let planning: Planning

    package init(_ name: String, _ sql: String, planning: Planning = .prepared) {
        self.name = name
        self.sql = sql
        self.planning = planning
    }
}
