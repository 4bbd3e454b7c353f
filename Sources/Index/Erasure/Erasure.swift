import Contract
import Postgres

/// What is to be erased of a tenant.
package enum ErasureTarget: Sendable {
    case document(source: SourceName, document: Subject)
    /// A user.
    case user(Principal)
    /// All of it, and itself.
    case tenant

    package var kind: String {
        switch self {
        case .document: "document"
        case .user: "user"
        case .tenant: "tenant"
        }
    }
}

/// An erasure that was begun, and what is needed to go on with it.
package struct ErasureInHand: Sendable {
    package let number: Int32
    package let tenant: TenantID
    package let target: ErasureTarget
    /// Whether it was begun before, and not finished.
    package let isResumed: Bool
    package let reason: String
    package let key: ErasureKey
    let tenantNumber: TenantNumber

    /// What stands in the target's place.
    package var hash: String { target.hash(key) }
}

extension ErasureTarget {
    func hash(_ key: ErasureKey) -> String {
        switch self {
        case .document(let source, let document): key.hash(source: source.text, subject: document.text)
        case .user(let user): key.pseudonym(of: user)
        case .tenant: "all"
        }
    }
}

/// An erasure as it is listed.
package struct ErasureRecord: Sendable {
    package let number: Int32
    package let tenant: String
    package let kind: String
    package let target: String
    package let actor: String
    package let reason: String
    package let begunAt: Timestamp
    /// Nothing where it was interrupted.
    package let finishedAt: Timestamp?
    package let receipt: ErasureReceipt
}

extension AdministrationStore {
    /// The tenant's key and number; nothing where it is not registered, or never had an erasure.
    package func erasureKey(of tenant: TenantID) async throws -> ErasureKey? {
        try await read { try Self.erasureKey(tenant, $0)?.key }
    }

    private static func erasureKey(_ tenant: TenantID, _ session: Session) throws -> (number: TenantNumber, key: ErasureKey)? {
        let rows = try session.execute(.erasureKeyOf, [.text(tenant.text)])
        guard rows.count == 1 else { return nil }
        return (TenantNumber(try rows.int32(0, 0)), ErasureKey(key: try rows.bytes(0, 1), renames: try rows.int64(0, 2)))
    }

    /// Begins an erasure, or goes on with one of the same target that was not finished. Told to the audit log without what it is about.
    ///
    /// - Returns: nothing where the tenant is not registered.
    package func beginErasure(of target: ErasureTarget, tenant: TenantID, reason: String) async throws -> ErasureInHand? {
        try await write { [actor] session in
            var random = SystemRandomNumberGenerator()
            let bytes = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            _ = try session.execute(.erasureKeyEnsure, [.text(tenant.text), .bytea(bytes)])
            guard let (tenantNumber, key) = try Self.erasureKey(tenant, session) else { return nil }
            let hash = target.hash(key)
            let identity: [Parameter] = [.text(tenant.text), .text(target.kind), .text(hash)]
            let made = try session.execute(.erasureBegin, identity + [.text(actor), .text(reason)])
            let rows = made.isEmpty ? try session.execute(.erasureOpenFind, identity) : made
            guard rows.count == 1 else { throw IndexError.inconsistent }
            let number = try rows.int32(0, 0)
            let detail: [String: JSON] = [
                "erasure": .number(Int(number)), "kind": .string(target.kind), "target": .string(hash), "reason": .string(reason),
            ]
            try AuditLog.append(audit(.erasureBegin, tenant, detail), session)
            return ErasureInHand(number: number, tenant: tenant, target: target, isResumed: made.isEmpty, reason: reason, key: key, tenantNumber: tenantNumber)
        }
    }

    /// Keeps the receipt; the first time ends the erasure.
    package func keep(_ receipt: ErasureReceipt, ofErasure number: Int32, tenant: TenantID?, isCheck: Bool = false) async throws {
        try await write { session in
            _ = try session.execute(.erasureFinish, [.int4(number), .jsonb(receipt.json.utf8)])
            let states = Dictionary(grouping: receipt.places) { place in
                switch place.state {
                case .gone: "gone"
                case .goneBy: "goneBy"
                case .failed: "failed"
                }
            }
            let detail = states.mapValues { JSON.number($0.count) }.merging(["erasure": .number(Int(number))]) { $1 }
            try AuditLog.append(audit(isCheck ? .erasureCheck : .erasureEnd, tenant, detail), session)
        }
    }

    /// The newest first.
    package func erasures(number: Int32? = nil, tenant: TenantID? = nil, limit: Int) async throws -> [ErasureRecord] {
        try await read { session in
            let rows = try session.execute(.erasureList, [.int4(number), .text(tenant?.text), .int4(Int32(clamping: limit))])
            return try (0..<rows.count).map { row in
                ErasureRecord(
                    number: try rows.int32(row, 0), tenant: try rows.string(row, 1), kind: try rows.string(row, 2), target: try rows.string(row, 3),
                    actor: try rows.string(row, 4), reason: try rows.string(row, 5), begunAt: Timestamp(microsecondsSinceEpoch: try rows.timestamp(row, 6)),
                    finishedAt: try rows.moment(row, 7), receipt: ErasureReceipt((try? JSON.parse(try rows.bytes(row, 8))) ?? .null))
            }
        }
    }
}
