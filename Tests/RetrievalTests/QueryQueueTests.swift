import Contract
import Testing

@testable import Retrieval

struct QueryQueueTests {
    private typealias Queue = QueryQueue<String, String>

    private static let now = Timestamp(microsecondsSinceEpoch: 1_000_000)

    private func queue(queries: Int = 100, bytes: Int = 1000, partitions: String...) -> Queue {
        var queue = Queue(limits: .init(queries: queries, bytes: bytes))
        for partition in partitions.isEmpty ? ["p"] : partitions { queue.assign(partition) }
        return queue
    }

    private func admit(
        _ item: String, at offset: Int64, _ queue: inout Queue, of partition: String = "p", tenant: String = "acme", bytes: Int = 1, expires: Int64? = nil
    ) {
        queue.admit(item, at: offset, of: partition, tenant: tenant, bytes: bytes, expires: expires.map(Timestamp.init(microsecondsSinceEpoch:)))
    }

    /// Takes everything that is ready.
    private func takeAll(_ queue: inout Queue) -> [(ticket: Queue.Ticket, item: String)] {
        var taken: [(ticket: Queue.Ticket, item: String)] = []
        while let next = queue.take() { taken.append(next) }
        return taken
    }

    // MARK: positions

    @Test func `a position follows the answers without a gap, in whichever order they come`() {
        var queue = queue()
        for offset in 10..<13 { admit("\(offset)", at: Int64(offset), &queue) }
        let taken = takeAll(&queue)
        #expect(queue.positions == [:])
        queue.finish(taken[1].ticket)
        #expect(queue.positions == [:])
        queue.finish(taken[0].ticket)
        #expect(queue.positions == ["p": 12])
        queue.finish(taken[2].ticket)
        queue.finish(taken[2].ticket)
        #expect(queue.positions == ["p": 13])
    }

    @Test func `what came before, or is of a partition that is not held, is no work`() {
        var queue = queue()
        admit("one", at: 5, &queue)
        admit("again", at: 5, &queue)
        admit("foreign", at: 9, &queue, of: "q")
        #expect(takeAll(&queue).map(\.item) == ["one"])
    }

    @Test func `a withdrawn partition drops what waits and lets what is out finish`() {
        var queue = queue(partitions: "p", "q")
        admit("out", at: 1, &queue)
        admit("other", at: 1, &queue, of: "q")
        let (ticket, _) = queue.take()!
        admit("waits", at: 2, &queue)
        queue.withdraw("p")
        #expect(!queue.isDrained("p"))
        #expect(takeAll(&queue).map(\.item) == ["other"])
        queue.finish(ticket)
        #expect(queue.isDrained("p") && queue.positions == ["p": 2])
        admit("late", at: 3, &queue)
        #expect(queue.take() == nil)
        queue.release("p")
        #expect(queue.positions == [:])
    }

    @Test func `an answer of an earlier assignment counts for nothing in the next`() {
        var queue = queue()
        admit("one", at: 7, &queue)
        let (ticket, _) = queue.take()!
        queue.release("p")
        queue.assign("p")
        admit("one", at: 7, &queue)
        queue.finish(ticket)
        #expect(queue.positions == [:])
        queue.finish(queue.take()!.ticket)
        #expect(queue.positions == ["p": 8])
    }

    // MARK: putting off

    @Test func `what is put off lets others pass, and comes back as it goes on`() {
        var queue = queue()
        admit("waits", at: 1, &queue)
        admit("next", at: 2, &queue)
        let (ticket, _) = queue.take()!
        #expect(queue.putOff(ticket, as: "waited") == 1)
        let next = takeAll(&queue)
        #expect(next.map(\.item) == ["next"])
        queue.finish(next[0].ticket)
        #expect(queue.positions == [:])
        queue.resume(ticket)
        queue.resume(ticket)
        #expect(takeAll(&queue).map(\.item) == ["waited"])
        queue.finish(ticket)
        #expect(queue.positions == ["p": 3])
    }

    @Test func `what is put off while its partition goes is dropped`() {
        var queue = queue()
        admit("waits", at: 1, &queue)
        let (ticket, _) = queue.take()!
        queue.withdraw("p")
        #expect(queue.putOff(ticket, as: "waits") == nil)
        #expect(queue.isDrained("p") && queue.positions == [:])
        queue.resume(ticket)
        #expect(queue.take() == nil)
    }

    // MARK: turns

    @Test func `tenants take turns`() {
        var queue = queue()
        for offset in 0..<4 { admit("busy", at: Int64(offset), &queue, tenant: "busy") }
        admit("quiet", at: 4, &queue, tenant: "quiet")
        #expect(takeAll(&queue).map(\.item).prefix(2).contains("quiet"))
    }

    // MARK: overload

    @Test func `within its limits nothing is shed`() {
        var queue = queue(queries: 3)
        for offset in 0..<3 { admit("\(offset)", at: Int64(offset), &queue, expires: 1) }
        #expect(queue.shed(at: Self.now, pace: 1).isEmpty)
    }

    @Test func `first is shed what would expire before its turn`() {
        var queue = queue(queries: 2)
        admit("patient", at: 0, &queue, expires: 9_000_000)
        admit("soon enough", at: 1, &queue, expires: 1_000_300)
        admit("too late", at: 2, &queue, expires: 1_000_200)
        let shed = queue.shed(at: Self.now, pace: 100)
        #expect(shed.map(\.item) == ["too late"])
        #expect(takeAll(&queue).map(\.item) == ["patient", "soon enough"])
    }

    @Test func `then the oldest of the tenant with most waiting`() {
        var queue = queue(queries: 3)
        admit("quiet", at: 0, &queue, tenant: "quiet")
        for offset in 1..<6 { admit("busy \(offset)", at: Int64(offset), &queue, tenant: "busy") }
        #expect(queue.shed(at: Self.now, pace: 1).map(\.item) == ["busy 1", "busy 2", "busy 3"])
        #expect(Set(takeAll(&queue).map(\.item)) == ["quiet", "busy 4", "busy 5"])
    }

    @Test func `bytes count as queries do, and what is put off waits too`() {
        var queue = queue(queries: 10, bytes: 10)
        admit("put off", at: 0, &queue, bytes: 6)
        let (ticket, _) = queue.take()!
        #expect(queue.putOff(ticket, as: "put off") == 1)
        admit("large", at: 1, &queue, bytes: 6)
        #expect(queue.shed(at: Self.now, pace: 1).map(\.item) == ["put off"])
        queue.resume(ticket)
        #expect(takeAll(&queue).map(\.item) == ["large"])
    }

    @Test func `what is shed is out until its reply is written`() {
        var queue = queue(queries: 1)
        admit("old", at: 0, &queue)
        admit("new", at: 1, &queue)
        let shed = queue.shed(at: Self.now, pace: 1)
        #expect(!queue.isDrained("p"))
        queue.finish(queue.take()!.ticket)
        #expect(queue.positions == [:])
        queue.finish(shed[0].ticket)
        #expect(queue.positions == ["p": 2])
    }

    @Test func `it is full where twice the limit cannot be shed`() {
        var queue = queue(queries: 2)
        for offset in 0..<4 {
            admit("\(offset)", at: Int64(offset), &queue)
            #expect(queue.isFull == (offset == 3))
            _ = queue.take()
        }
    }

    /// Whatever happens, the position is the end of the run of finished queries, and every query is out, waiting, dropped or finished once.
    @Test(arguments: 0..<50) func `positions never pass what is not finished`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = queue(queries: 5, bytes: 40)
        var out: [(ticket: Queue.Ticket, offset: Int64)] = []
        var finished: Set<Int64> = []
        var next: Int64 = 0
        for _ in 0..<400 {
            switch random.next() % 5 {
            case 0:
                admit("\(next)", at: next, &queue, tenant: "t\(random.next() % 3)", bytes: Int(random.next() % 10))
                next += 1
            case 1:
                if let (ticket, item) = queue.take() { out.append((ticket, Int64(item)!)) }
            case 2:
                guard !out.isEmpty else { continue }
                let ended = out.remove(at: Int(random.next() % UInt64(out.count)))
                queue.finish(ended.ticket)
                finished.insert(ended.offset)
            case 3:
                guard let (ticket, offset) = out.popLast() else { continue }
                _ = queue.putOff(ticket, as: "\(offset)")
                if random.next() % 2 == 0 { queue.resume(ticket) }
            default:
                out += queue.shed(at: Self.now, pace: 1).map { ($0.ticket, Int64($0.item)!) }
            }
            let run = (0...).first { !finished.contains($0) } ?? 0
            #expect(queue.positions["p", default: 0] == run, "seed \(seed)")
        }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
