import Contract
import Postgres

/// What the sources say of somebody at present: it comes back with every replay, so only they can take it away.
package struct HeldMention: Hashable, Sendable {
    /// The record's topic, without the tenant's own suffix.
    package let topic: InputTopic
    /// As people write it: `wiki/leave`, `okta/eng`.
    package let subject: String
    /// A list denies them: without it, they, or whoever bears the name next, might see more.
    package let isDenial: Bool
}

/// What became of the rows that named somebody.
package struct UserErasure: Sendable {
    /// Of lists that are in force nowhere, and of groups as they once were.
    package let pastEntries: Int
    package let pastMemberships: Int
    package let held: [HeldMention]
}

extension AdministrationStore {
    /// Puts a pseudonym in somebody's place wherever the past names them. What is in force stays as it is, so nobody sees more, or less, than before.
    package func eraseMentions(of user: Principal, _ erasure: ErasureInHand) async throws -> UserErasure {
        let name: [Parameter] = [.int4(erasure.tenantNumber.value), .text(user.text)]
        let pseudonym: [Parameter] = [.text(erasure.hash)]
        return try await write { session in
            let memberships = try session.execute(.erasureMembers, name + pseudonym).affectedCount
            // After the slow part, and to the end: whoever writes a list waits.
            _ = try session.execute(.erasureSetsLock)
            let entries = try session.execute(.erasureSets, name + pseudonym).affectedCount
            return UserErasure(pastEntries: entries, pastMemberships: memberships, held: try Self.held(name, session))
        }
    }

    /// What of it would stay.
    package func mentions(of user: Principal, tenant: TenantID) async throws -> [HeldMention] {
        let number = try await read { session in
            let rows = try session.execute(.tenantList)
            return try (0..<rows.count).first { try rows.string($0, 1) == tenant.text }.map { try rows.int32($0, 0) }
        }
        return try await read { try Self.held([.int4(number), .text(user.text)], $0) }
    }

    private static func held(_ name: [Parameter], _ session: Session) throws -> [HeldMention] {
        let lists = try session.execute(.erasureSetsHeld, name)
        var held = try (0..<lists.count).map { row in
            HeldMention(topic: .permissions, subject: "\(try lists.string(row, 0))/\(try lists.string(row, 1))", isDenial: try lists.bool(row, 2))
        }
        let groups = try session.execute(.erasureMembersHeld, name)
        held += try (0..<groups.count).map { row in
            HeldMention(topic: .memberships, subject: String(try groups.string(row, 0).dropFirst("group:".count)), isDenial: false)
        }
        return held
    }
}
