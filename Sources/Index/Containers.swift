import Contract
import Postgres

/// Containers have a list of their own, resolved down the container tree. Making one, and changing an entry, happen one at a time per source.
enum Containers {
    /// Takes the locks of these sources; before the names of a transaction are locked.
    static func lockSources(of names: some Sequence<Name>, _ session: Session) throws {
        let sources = Set(names.map { SourceLock(tenant: $0.tenant, source: $0.source.text) }).sorted()
        guard !sources.isEmpty else { return }
        _ = try session.execute(.accessLock, [.int4Array(sources.map(\.tenant.value)), .textArray(sources.map(\.source))])
    }

    /// Those that no document has named before.
    static func unknown(among names: Set<Name>, _ session: Session) throws -> Set<Name> {
        guard !names.isEmpty else { return [] }
        let list = Array(names)
        let rows = try session.execute(.containerKnown, list.columns)
        var unknown = names
        for row in 0..<rows.count { unknown.remove(list[Int(try rows.int32(row, 0)) - 1]) }
        return unknown
    }

    static func make(_ names: Set<Name>, _ locked: LockedNames, _ session: Session) throws {
        guard !names.isEmpty else { return }
        let keys = try keys(of: names, locked)
        _ = try session.execute(.accessListContainerEnsure, keys)
        _ = try session.execute(.containerResolve, keys)
    }

    /// Resolves anew the lists of these names as containers, and of all that inherit through them.
    static func resolve(_ names: Set<Name>, _ locked: LockedNames, _ session: Session) throws {
        guard !names.isEmpty else { return }
        _ = try session.execute(.containerResolve, try keys(of: names, locked))
    }

    static func keys(of names: some Sequence<Name>, _ locked: LockedNames) throws -> [Parameter] {
        var tenants: [Int32?] = []
        var documents: [Int64?] = []
        for name in names {
            tenants.append(name.tenant.value)
            documents.append(try locked.documentID(name))
        }
        return [.int4Array(tenants), .int8Array(documents)]
    }
}

private struct SourceLock: Hashable, Comparable {
    let tenant: TenantNumber
    let source: String

    static func < (one: Self, other: Self) -> Bool { (one.tenant.value, one.source) < (other.tenant.value, other.source) }
}
