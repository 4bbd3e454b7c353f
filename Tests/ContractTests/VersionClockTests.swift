import Contract
import Testing

struct VersionClockTests {
    private func event(
        _ sequence: Int64?, at offset: Int64, digest: UInt8 = 0, deletion: Bool = false, partition: Int32 = 0, incarnation: Int32 = 0, time: Int64 = 0,
        topic: String = "sluice.documents"
    ) -> EventVersion {
        EventVersion(
            sequence: sequence.map { SequenceNumber($0) },
            position: VersionPosition(
                incarnation: incarnation, record: RecordPosition(topic: topic, partition: partition, offset: offset), timestampMilliseconds: time),
            digest: Array(repeating: digest, count: 32), isDeletion: deletion)
    }

    private func verdicts(_ events: [EventVersion]) -> [VersionClock.Verdict] {
        var clock = VersionClock()
        return events.map { clock.offer($0) }
    }

    @Test func `the higher sequence wins, whatever the order`() {
        #expect(
            verdicts([event(9, at: 0), event(10, at: 1), event(9, at: 2), event(100, at: 3), event(20, at: 4)]) == [
                .wins, .wins, .superseded, .wins, .superseded,
            ])
    }

    @Test func `an unsequenced event wins and keeps the door shut`() {
        #expect(
            verdicts([event(5, at: 0), event(nil, at: 1), event(4, at: 2), event(5, at: 3), event(6, at: 4)]) == [
                .wins, .wins, .superseded, .superseded, .wins,
            ])
    }

    @Test func `of equal sequences a deletion wins, else the greater digest`() {
        #expect(
            verdicts([event(5, at: 0, digest: 2), event(5, at: 1, digest: 1), event(5, at: 2, digest: 2), event(5, at: 3, digest: 3)]) == [
                .wins, .superseded, .duplicate, .wins,
            ])
        #expect(verdicts([event(5, at: 0, deletion: true), event(5, at: 1, digest: 9), event(5, at: 2, deletion: true)]) == [.wins, .superseded, .duplicate])
        #expect(verdicts([event(5, at: 0, digest: 9), event(5, at: 1, deletion: true)]) == [.wins, .wins])
    }

    @Test func `an older upsert cannot resurrect`() {
        #expect(verdicts([event(5, at: 0, deletion: true), event(4, at: 1), event(3, at: 2), event(6, at: 3)]) == [.wins, .superseded, .superseded, .wins])
    }

    @Test func `a record delivered again is a duplicate while in force`() {
        #expect(verdicts([event(nil, at: 3), event(nil, at: 3), event(nil, at: 4), event(nil, at: 3)]) == [.wins, .duplicate, .wins, .superseded])
    }

    @Test func `what came before an unsequenced event loses late, and its sequence is remembered`() {
        #expect(
            verdicts([event(3, at: 0), event(nil, at: 5), event(10, at: 4), event(8, at: 6), event(11, at: 7)]) == [
                .wins, .wins, .superseded, .superseded, .wins,
            ])
    }

    @Test func `a newer incarnation of a topic is later, whatever its offsets and times`() {
        #expect(
            verdicts([event(nil, at: 100, time: 9), event(nil, at: 0, incarnation: 1, time: 1), event(nil, at: 101, time: 10)]) == [.wins, .wins, .superseded])
        #expect(verdicts([event(nil, at: 0), event(nil, at: 0, incarnation: 1)]) == [.wins, .wins])
    }

    @Test func `between partitions the later timestamp wins, the same one everywhere`() {
        let one = event(nil, at: 7, partition: 0, time: 5)
        let other = event(nil, at: 1, partition: 1, time: 5)
        #expect(verdicts([one, other]) == [.wins, .wins])
        #expect(verdicts([other, one]) == [.wins, .superseded])
        #expect(verdicts([one, event(nil, at: 0, time: 6, topic: "sluice.documents.acme")]) == [.wins, .wins])
    }

    @Test func `every order of small sequenced histories ends in the same state`() {
        let kinds: [(Int64, UInt8, Bool)] = [(1, 0, false), (1, 1, false), (2, 0, true), (2, 5, false), (3, 0, true), (3, 1, false)]
        for mask in 1..<(1 << kinds.count) {
            let chosen = kinds.indices.filter { mask >> $0 & 1 == 1 }
            var ends = Set<[Int64]>()
            permute(chosen) { order in
                var clock = VersionClock()
                for (offset, index) in order.enumerated() {
                    clock.offer(event(kinds[index].0, at: Int64(offset), digest: kinds[index].1, deletion: kinds[index].2))
                }
                ends.insert([
                    clock.inForce?.sequence?.value ?? -1, Int64(clock.inForce?.digest.first ?? 0), clock.inForce?.isDeletion == true ? 1 : 0,
                    clock.highestSequence?.value ?? -1,
                ])
            }
            #expect(ends.count == 1)
        }
    }

    @Test func `histories in order end as the rules say, told in other words`() {
        let seed: UInt64 = 4
        var random = Seeded(state: seed)
        for round in 0..<5000 {
            var clock = VersionClock()
            var plain = PlainClock()
            for offset in 0..<Int64.random(in: 1...12, using: &random) {
                let sequence = Bool.random(using: &random) ? Int64.random(in: 1...5, using: &random) : nil
                let digest = UInt8.random(in: 0...2, using: &random)
                let deletion = Int.random(in: 0..<4, using: &random) == 0
                let wins = plain.offer(sequence, digest, deletion, offset)
                #expect((clock.offer(event(sequence, at: offset, digest: digest, deletion: deletion)) == .wins) == wins, "seed \(seed), round \(round)")
            }
            #expect(clock.inForce?.position.record.offset == plain.position && clock.highestSequence?.value == plain.highest)
        }
    }
}

/// Rule 3 for one partition in order, with nothing but optionals.
private struct PlainClock {
    var sequence: Int64?
    var highest: Int64?
    var position: Int64 = -1
    var digest: UInt8 = 0
    var isDeletion = false

    mutating func offer(_ sequence: Int64?, _ digest: UInt8, _ isDeletion: Bool, _ position: Int64) -> Bool {
        let wins = self.wins(sequence, digest, isDeletion)
        if wins { (self.sequence, self.digest, self.isDeletion, self.position) = (sequence, digest, isDeletion, position) }
        if let sequence { highest = max(sequence, highest ?? 0) }
        return wins
    }

    private func wins(_ sequence: Int64?, _ digest: UInt8, _ isDeletion: Bool) -> Bool {
        guard position >= 0, let sequence, let highest else { return true }
        if sequence != highest { return sequence > highest }
        if self.sequence != sequence { return false }
        if self.isDeletion || isDeletion { return !self.isDeletion }
        return digest > self.digest
    }
}

private func permute(_ items: [Int], _ chosen: [Int] = [], _ body: ([Int]) -> Void) {
    if items.isEmpty { return body(chosen) }
    for index in items.indices {
        var rest = items
        let item = rest.remove(at: index)
        permute(rest, chosen + [item], body)
    }
}

/// A version that full snapshots name again.
extension VersionClockTests {
    @Test func `the version in force, named again, is as new as the place it is named at`() {
        var clock = VersionClock()
        clock.offer(event(5, at: 0, digest: 2))
        #expect(clock.offer(event(5, at: 7, digest: 2), isNamed: true, isAbsent: false) == .duplicate)
        #expect(clock.inForce?.position.record.offset == 7)
        // An equal version of another form does not take force, and shows all the same that it is still there.
        #expect(clock.offer(event(5, at: 9, digest: 1), isNamed: true, isAbsent: false) == .superseded)
        #expect(clock.inForce?.position.record.offset == 9 && clock.inForce?.digest == Array(repeating: 2, count: 32))
        // Delivered again, and from before, it does nothing.
        for offset in [7, 9] as [Int64] { #expect(clock.offer(event(5, at: offset, digest: 2), isNamed: true, isAbsent: false) == .duplicate) }
        #expect(clock.inForce?.position.record.offset == 9)
        #expect(clock.offer(event(4, at: 10), isNamed: true, isAbsent: false) == .superseded)
        #expect(clock.offer(event(6, at: 11), isNamed: true, isAbsent: false) == .wins)
    }

    @Test func `what a snapshot deleted comes back when a later one names it, and by no older event`() {
        // As it is stored: the version in force, now a deletion at its own place.
        let clock = VersionClock(inForce: event(5, at: 7, digest: 2, deletion: true), highestSequence: SequenceNumber(5))
        for old in [event(5, at: 7, digest: 2), event(5, at: 3, digest: 9), event(4, at: 8)] {
            var tried = clock
            #expect(tried.offer(old, isNamed: true, isAbsent: true) != .wins)
        }
        var named = clock
        #expect(named.offer(event(5, at: 8, digest: 2), isNamed: true, isAbsent: true) == .wins)
        #expect(named.inForce == event(5, at: 8, digest: 2))
        // Not named, or deleted by its source: equal is not newer.
        var unnamed = clock
        #expect(unnamed.offer(event(5, at: 8, digest: 2), isNamed: false, isAbsent: true) == .superseded)
        // Wherever its source says so: in the end it is as if the snapshot had come second.
        for offset in [6, 8] as [Int64] {
            var both = clock
            #expect(both.offer(event(5, at: offset, deletion: true), isNamed: false, isAbsent: true) == .wins)
            #expect(both.offer(event(5, at: 9, digest: 2), isNamed: true, isAbsent: false) == .superseded)
        }
        var deleted = clock
        #expect(deleted.offer(event(5, at: 8, digest: 2), isNamed: true, isAbsent: false) == .superseded)
    }

    @Test func `without sequences the place alone decides`() {
        var clock = VersionClock(inForce: event(nil, at: 7, deletion: true), highestSequence: nil)
        #expect(clock.offer(event(nil, at: 6), isNamed: true, isAbsent: true) == .superseded)
        #expect(clock.offer(event(nil, at: 7), isNamed: true, isAbsent: true) == .duplicate)
        #expect(clock.offer(event(nil, at: 8), isNamed: true, isAbsent: true) == .wins)
    }
}
