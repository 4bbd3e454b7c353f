import Digest

/// What binds the lines of a log to one another: each line's hash is made of its fields and of the hash before it, so that none can be altered, taken out
/// or moved unnoticed by who does not write all that follow anew.
enum HashChain {
    /// The hash before the first line.
    static let origin = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// Over the previous hash and the fields one after another, each after its length, so that no two lines have the same bytes.
    static func hash(after previous: [UInt8], _ fields: [some Collection<UInt8>]) -> [UInt8] {
        var hash = SHA256()
        add(previous, to: &hash)
        for field in fields { add(field, to: &hash) }
        return hash.finalize()
    }

    private static func add(_ field: some Collection<UInt8>, to hash: inout SHA256) {
        withUnsafeBytes(of: Int64(field.count).bigEndian) { hash.update($0) }
        hash.update(field)
    }
}

/// The last line of a chain at some moment: kept elsewhere, it shows later whether lines were cut off the end.
package struct AuditHead: Hashable, Sendable {
    /// Counts from 1.
    package let entry: Int64
    package let hash: [UInt8]

    package init(entry: Int64, hash: [UInt8]) {
        self.entry = entry
        self.hash = hash
    }
}

/// What was found wrong with a chain.
package struct AuditFlaw: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// It is not what was written.
        case altered
        /// It was written, and is not there.
        case missing
        /// It does not follow the line before it: one of the two is another.
        case unlinked
    }

    /// Counts from 1.
    package let entry: Int64
    package let kind: Kind

    package init(entry: Int64, kind: Kind) {
        self.entry = entry
        self.kind = kind
    }
}

/// Walks one chain from its beginning, line by line.
struct HashChainWalk {
    private(set) var flaws: [AuditFlaw] = []
    private(set) var head = AuditHead(entry: 0, hash: HashChain.origin)
    /// Hashes that lines had once, by their place.
    private let known: [Int64: [UInt8]]

    init(known: [Int64: [UInt8]] = [:]) {
        self.known = known
    }

    /// - Parameter hash: as it is kept.
    /// - Parameter computed: as it should be, for the fields that are there.
    mutating func pass(entry: Int64, previousHash: [UInt8], hash: [UInt8], computed: [UInt8]) {
        if entry > head.entry + 1 { flaws.append(AuditFlaw(entry: head.entry + 1, kind: .missing)) }
        if entry == head.entry + 1, previousHash != head.hash { flaws.append(AuditFlaw(entry: entry, kind: .unlinked)) }
        if computed != hash || (known[entry].map { $0 != hash } ?? false) { flaws.append(AuditFlaw(entry: entry, kind: .altered)) }
        head = AuditHead(entry: entry, hash: hash)
    }

    /// What is wrong, in order, once the chain has ended.
    consuming func finish() -> (flaws: [AuditFlaw], head: AuditHead?) {
        if let last = known.keys.max(), last > head.entry { flaws.append(AuditFlaw(entry: head.entry + 1, kind: .missing)) }
        return (flaws, head.entry == 0 ? nil : head)
    }
}
