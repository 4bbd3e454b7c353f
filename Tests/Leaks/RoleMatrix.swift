import Foundation

/// Who has which role, and which role gives which permission.
struct RoleMatrix: Sendable {
    /// `[user]`: roles.
    let roles: [Set<Int>]
    /// `[role]`: permissions.
    let permissions: [Set<Int>]
    /// Of all permissions.
    let permissionCount: Int

    /// An organisation as it was, and as it was after more had been granted.
    struct History: Sendable, CustomStringConvertible {
        let name: String
        let states: [RoleMatrix]

        var description: String { name }
    }

    /// Our own, always, and those of `../shared/data/access`, where they are present.
    static let histories: [History] = {
        let real = ["domino", "university"].compactMap { name -> History? in
            let folder = shared.appending(path: name)
            guard let before = RoleMatrix(folder, ending: ""), let after = RoleMatrix(folder, ending: "_end") else {
                print("leaks: the matrices of \(name) are skipped, ../shared/data/access is not here")
                return nil
            }
            return History(name: name, states: [before, after])
        }
        return [History(name: "made", states: [made(seed: 1), made(seed: 2)])] + real
    }()

    private static let shared = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data/access").standardized

    private init(roles: [Set<Int>], permissions: [Set<Int>], permissionCount: Int) {
        self.roles = roles
        self.permissions = permissions
        self.permissionCount = permissionCount
    }

    private init?(_ folder: URL, ending: String) {
        func rows(_ name: String) -> [[Substring]]? {
            guard let text = try? String(contentsOf: folder.appending(path: "\(name)\(ending).txt"), encoding: .utf8) else { return nil }
            return text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }
        }
        func sets(_ rows: [[Substring]]) -> [Set<Int>] { rows.map { row in Set(row.indices.filter { row[$0] == "1" }) } }
        guard let users = rows("UA"), let roles = rows("PA") else { return nil }
        self.init(roles: sets(users), permissions: sets(roles), permissionCount: roles.first?.count ?? 0)
    }

    /// A few users with few roles of few permissions; some have none, some have all.
    private static func made(seed: UInt64) -> RoleMatrix {
        var random = SeededGenerator(seed: seed)
        func sets(_ count: Int, of elements: Int) -> [Set<Int>] {
            (0..<count).map { row in
                let share = [0, 0.1, 0.3, 1][min(row, Int.random(in: 0...3, using: &random))]
                return Set((0..<elements).filter { _ in Double.random(in: 0..<1, using: &random) < share })
            }
        }
        return RoleMatrix(roles: sets(24, of: 10), permissions: sets(10, of: 16), permissionCount: 16)
    }
}
