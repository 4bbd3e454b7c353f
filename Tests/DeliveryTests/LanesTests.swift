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
        lanes.take(.inline, records: records, bytes: 1 << 20)
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

    @Test func `a record that comes again, or was finished under an earlier assignment, is no work`() {
        var lanes = lanes()
        lanes.assign(0, from: 5, finished: [6])
        admit(&lanes, 4, key: "too old")
        admit(&lanes, 5, key: "a")
        admit(&lanes, 5, key: "a")
        admit(&lanes, 6, key: "b")
        let out = taken(&lanes)
        #expect(out.map(\.item) == [5])
        lanes.finish(out[0].ticket)
        #expect(lanes.position(of: 0) == 7)
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
