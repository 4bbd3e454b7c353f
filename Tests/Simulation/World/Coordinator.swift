/// One consumer group: who has which partition. Cooperative: what does not move goes on.
final class Coordinator {
    enum Message {
        case assigned(PartitionKey)
        case revoked(PartitionKey)
        /// Gone already, to whoever has it now.
        case lost(PartitionKey)
        /// Not a member any more: everything is lost.
        case evicted
    }

    let group: Group
    private unowned let world: World
    private var members: [Int] = []
    private var owners: [Int: Int] = [:]
    private var revoking: Set<Int> = []
    private var rotation = 0
    private var inboxes: [Int: [Message]] = [:]

    init(_ group: Group, _ world: World) {
        self.group = group
        self.world = world
    }

    func owner(of partition: Int) -> Int? { owners[partition] }

    /// What happened since the worker asked last.
    func messages(for worker: Int) -> [Message] {
        guard let messages = inboxes[worker] else { return [] }
        inboxes[worker] = nil
        return messages
    }

    func join(_ worker: Int) {
        members.append(worker)
        rebalance()
    }

    func leave(_ worker: Int) {
        members.removeAll { $0 == worker }
        inboxes[worker] = nil
        disown(worker)
    }

    func evict(_ worker: Int) {
        guard members.contains(worker) else { return }
        leave(worker)
        inboxes[worker] = [.evicted]
    }

    func rotate() {
        rotation += 1
        rebalance()
    }

    func topicRecreated() {
        for (partition, owner) in owners.sorted(by: { $0.key < $1.key }) {
            inboxes[owner, default: []].append(.lost(PartitionKey(incarnation: world.broker.incarnation - 1, partition: partition)))
        }
        owners = [:]
        revoking = []
        rebalance()
    }

    /// The worker has given up what was revoked.
    func released(_ key: PartitionKey, by worker: Int) {
        guard key.incarnation == world.broker.incarnation, owners[key.partition] == worker, revoking.remove(key.partition) != nil else { return }
        owners[key.partition] = nil
        rebalance()
    }

    private func disown(_ worker: Int) {
        for (partition, owner) in owners where owner == worker {
            owners[partition] = nil
            revoking.remove(partition)
        }
        rebalance()
    }

    private func rebalance() {
        guard !members.isEmpty else { return }
        for partition in 0..<world.shape.partitions {
            let target = members[(partition + rotation) % members.count]
            let key = PartitionKey(incarnation: world.broker.incarnation, partition: partition)
            if let owner = owners[partition] {
                guard owner != target, revoking.insert(partition).inserted else { continue }
                inboxes[owner, default: []].append(.revoked(key))
            } else {
                owners[partition] = target
                inboxes[target, default: []].append(.assigned(key))
            }
        }
    }
}
