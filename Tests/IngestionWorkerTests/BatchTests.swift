import Contract
import Testing

@testable import Index
@testable import IngestionWorker

struct BatchTests {
    private func waves(_ subjects: [String?]) -> [[String?]] {
        let batch = subjects.enumerated().map { index, subject in
            Records.document(subject ?? "none", offset: Int64(index), key: subject == nil ? .some(nil) : nil)
        }
        return batch.wavesOfDistinctKeys(maximumBytes: .max).map { $0.map { $0.record.key.flatMap(RecordKey.init(parsing:))?.subject.text } }
    }

    @Test func `a wave ends where a key would stand twice`() {
        #expect(waves([]) == [])
        #expect(waves(["a", "b", "c"]) == [["a", "b", "c"]])
        #expect(waves(["a", "a", "a"]) == [["a"], ["a"], ["a"]])
        #expect(waves(["a", "b", "a", "b", "c"]) == [["a", "b"], ["a", "b", "c"]])
        #expect(waves(["a", "b", "b", "a"]) == [["a", "b"], ["b", "a"]])
    }

    @Test func `records without a key never part a wave`() {
        #expect(waves([nil, nil, "a", nil]) == [[nil, nil, "a", nil]])
        #expect(waves(["a", nil, "a"]) == [["a", nil], ["a"]])
    }

    @Test func `a batch brings each partition past its last record`() {
        let batch = [(0, 5), (1, 9), (0, 7), (1, 8), (0, 6)].map { Records.document("d", offset: Int64($1), partition: Int32($0)) }
        #expect(batch.advances.map(\.nextOffset) == [8, 10])
        #expect(batch.advances.map(\.claim.key.partition) == [0, 1])
        #expect(batch.reversed().advances == batch.advances)
        #expect([ClaimedRecord]().advances == [])
    }
}
