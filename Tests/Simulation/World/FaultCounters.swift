/// What strikes at steps, and has not struck yet.
struct FaultCounters {
    enum Strike {
        case crash
        case freeze(for: Int)
    }

    private var waiting: [Fault]
    private var taken: [Int: [Step: Int]] = [:]
    private var writes: [Int: Int] = [:]
    private var latestEnd = 0
    private(set) var crashes: Set<Step> = []
    var embeddingOutages = 0

    init(_ faults: [Fault]) {
        waiting = faults.filter {
            switch $0 {
            case .crash(_, .step), .freeze(_, .step, _), .lostAcknowledgement: true
            default: false
            }
        }
    }

    func isPending(at time: Int) -> Bool { time < latestEnd }

    /// The worker of a slot is about to take a step.
    mutating func strike(slot: Int, at step: Step, _ now: Int) -> Strike? {
        guard !waiting.isEmpty else { return nil }
        let number = (taken[slot]?[step] ?? 0) + 1
        taken[slot, default: [:]][step] = number
        for (index, fault) in waiting.enumerated() {
            switch fault {
            case .crash(slot, .step(step, number)):
                waiting.remove(at: index)
                crashes.insert(step)
                return .crash
            case .freeze(slot, .step(step, number), let duration):
                waiting.remove(at: index)
                latestEnd = max(latestEnd, now + duration)
                return .freeze(for: duration)
            default: continue
            }
        }
        return nil
    }

    /// The worker of a slot has written something: is the acknowledgement lost?
    mutating func losesAcknowledgement(slot: Int) -> Bool {
        guard !waiting.isEmpty else { return false }
        writes[slot, default: 0] += 1
        guard let index = waiting.firstIndex(of: .lostAcknowledgement(slot: slot, number: writes[slot] ?? 0)) else { return false }
        waiting.remove(at: index)
        return true
    }
}
