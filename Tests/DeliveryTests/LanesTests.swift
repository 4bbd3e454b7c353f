import Delivery
import Testing

private typealias TestLanes = Lanes<Int, String, Int64>

@Suite struct LanesTests {
    private func lanes(_ order: TestLanes.Order = .byKey, records: Int = 1000, bytes: Int = 1 << 20, weights: [String: Double] = [:]) -> TestLanes {
        var lanes = TestLanes(order: order, limits: .init(records: records, bytes: bytes), weights: weights)
        lanes.assign(0, from: 0)
        return lanes
    }

    private func admit(_ lanes: inout TestLanes, _ offset: Int64, key: String, tenant: String = "acme", bytes: Int = 10) {
        lanes.admit(offset, at: offset, of: 0, key: Array(key.utf8), tenant: tenant, bytes: bytes)
    }

    private func taken(_ lanes: inout TestLanes, _ records: Int = 100) -> [(ticket: TestLanes.Ticket, item: Int64)] {
        lanes.take(.quick, records: records, bytes: 1 << 20)
    }

    @Test func `records of one key run one after another, different keys at once`() {
        var lanes = lanes()
        for (offset, key) in [(Int64(0), "a"), (1, "a"), (2, "b"), (3, "a")] { admit(&lanes, offset, key: key) }
        let first = taken(&lanes)
        #expect(first.map(\.item) == [0, 2])
        #expect(taken(&lanes).isEmpty)
        lanes.finish(first[0].ticket)
        #expect(taken(&lanes).map(\.item) == [1])
    }

    @Test func `the position is the end of the run without a gap, holes in the offsets included`() {
        var lanes = lanes()
        for (offset, key) in [(Int64(3), "a"), (7, "b"), (20, "c")] { admit(&lanes, offset, key: key) }
        let out = taken(&lanes)
        #expect(lanes.position(of: 0) == 0)
        lanes.finish(out[2].ticket)
        #expect(lanes.position(of: 0) == 0)
        lanes.finish(out[0].ticket)
        #expect(lanes.position(of: 0) == 4)
        lanes.finish(out[1].ticket)
        #expect(lanes.position(of: 0) == 21)
    }

    @Test func `a record that comes again is no work`() {
        var lanes = lanes()
        lanes.assign(0, from: 5)
        for offset in [Int64(4), 5, 5] { admit(&lanes, offset, key: "a") }
        let out = taken(&lanes)
        #expect(out.map(\.item) == [5])
        lanes.finish(out[0].ticket)
        #expect(taken(&lanes).isEmpty)
        #expect(lanes.position(of: 0) == 6)
    }

    @Test func `a withdrawn partition drains and gives out nothing more`() {
        var lanes = lanes()
        for offset in Int64(0)..<4 { admit(&lanes, offset, key: "k\(offset % 2)") }
        let out = taken(&lanes, 1)
        lanes.withdraw(0)
        #expect(taken(&lanes).isEmpty)
        #expect(!lanes.isDrained(0))
        lanes.finish(out[0].ticket)
        #expect(lanes.isDrained(0))
        #expect(lanes.position(of: 0) == 1)
        lanes.release(0)
        #expect(lanes.position(of: 0) == nil)
    }

    @Test func `work that outlives its partition counts for nothing in the next assignment, and its lane goes on`() {
        var lanes = lanes()
        admit(&lanes, 0, key: "a")
        let old = taken(&lanes)
        lanes.release(0)
        lanes.assign(0, from: 0)
        admit(&lanes, 0, key: "a")
        #expect(taken(&lanes).isEmpty)
        lanes.finish(old[0].ticket)
        #expect(lanes.position(of: 0) == 0)
        #expect(taken(&lanes).map(\.item) == [0])
    }

    @Test func `a partition pauses at its share and goes on at half of it`() {
        var lanes = lanes(records: 8)
        for offset in Int64(0)..<8 { admit(&lanes, offset, key: "k\(offset)") }
        #expect(lanes.intakeChanges(isStalled: false).pause == [0])
        let out = taken(&lanes)
        for item in out.prefix(3) { lanes.finish(item.ticket) }
        #expect(lanes.intakeChanges(isStalled: false) == ([], []))
        lanes.finish(out[3].ticket)
        #expect(lanes.intakeChanges(isStalled: false).resume == [0])
        #expect(lanes.intakeChanges(isStalled: true).pause == [0])
    }

    @Test func `a flooded partition leaves the others their share`() {
        var lanes = lanes(records: 8)
        lanes.assign(1, from: 0)
        for offset in Int64(0)..<8 { admit(&lanes, offset, key: "k\(offset)") }
        #expect(lanes.intakeChanges(isStalled: false).pause == [0])
    }

    @Test func `a tenant with one record goes next, whatever another has waiting`() {
        var lanes = lanes()
        for offset in Int64(0)..<50 { admit(&lanes, offset, key: "k\(offset)", tenant: "flood") }
        _ = taken(&lanes, 10)
        admit(&lanes, 50, key: "single", tenant: "small")
        #expect(taken(&lanes, 2).map(\.item).contains(50))
    }

    @Test func `tenants take turns by weight`() {
        var lanes = lanes(weights: ["big": 3])
        for offset in Int64(0)..<80 { admit(&lanes, offset, key: "k\(offset)", tenant: offset < 40 ? "big" : "small") }
        let turns = taken(&lanes, 40).map { $0.item < 40 }
        #expect((29...31).contains(turns.count { $0 }))
    }

    @Test func `a tenant whose records come one by one waits its turn`() {
        var lanes = lanes()
        for offset in Int64(0)..<20 { admit(&lanes, offset, key: offset < 10 ? "one lane" : "k\(offset)", tenant: offset < 10 ? "queued" : "waiting") }
        var turns: [String] = []
        for _ in 0..<8 {
            guard let next = taken(&lanes, 1).first else { continue }
            turns.append(next.item < 10 ? "queued" : "waiting")
            lanes.finish(next.ticket)
        }
        #expect(turns.count { $0 == "waiting" } == 4)
    }

    @Test func `what is dropped with its partition costs its tenant no turns`() {
        var lanes = lanes()
        lanes.assign(1, from: 0)
        for offset in Int64(0)..<20 { admit(&lanes, offset, key: "k\(offset)", tenant: "moved") }
        for offset in Int64(0)..<20 {
            let tenant = offset < 10 ? "moved" : "other"
            lanes.admit(100 + offset, at: offset, of: 1, key: Array("\(offset)".utf8), tenant: tenant, bytes: 10)
        }
        lanes.release(0)
        let turns = taken(&lanes, 8).map { $0.item < 110 }
        #expect(turns.count { $0 } == 4)
    }

    @Test func `a run of thousands that finish in any order ends where a plain list says`() {
        var random = Shuffle(state: 7)
        var run = PartitionRun(from: 10)
        var offsets: [Int64] = []
        var isFinished: [Bool] = []
        var open: [(place: PartitionRun.Place, index: Int)] = []
        for step in 0..<8000 {
            if step < 5000, let place = run.take(10 + Int64(step) * 2) {
                open.append((place, offsets.count))
                offsets.append(10 + Int64(step) * 2)
                isFinished.append(false)
            }
            // Most of the time few are open, so that the run is long and is forgotten in between.
            while open.count > (step < 5000 ? Int(random.next() % 8) : 0), !open.isEmpty {
                let (place, index) = open.remove(at: Int(random.next() % UInt64(open.count)))
                run.finish(place)
                run.finish(place)
                isFinished[index] = true
            }
            guard step % 97 == 0 else { continue }
            let length = isFinished.firstIndex(of: false) ?? isFinished.count
            #expect(run.position == (length == 0 ? 10 : offsets[length - 1] + 1))
            #expect(run.windowCount == offsets.count - length)
        }
        #expect(run.position == 10 + 2 * 4999 + 1)
    }

    @Test func `as it came: one wave at a time, keys as often as they stand there`() {
        var lanes = lanes(.asItCame)
        for offset in Int64(0)..<4 { admit(&lanes, offset, key: "a") }
        let out = taken(&lanes, 3)
        #expect(out.map(\.item) == [0, 1, 2])
        #expect(taken(&lanes).isEmpty)
        for item in out { lanes.finish(item.ticket) }
        #expect(taken(&lanes).map(\.item) == [3])
    }
}

private struct Shuffle: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
