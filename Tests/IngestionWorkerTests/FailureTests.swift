import Delivery
import Embedding
import Index
import Kafka
import Testing

@testable import IngestionWorker

struct FailureTests {
    @Test func `every failure has one disposition`() {
        #expect(Disposition(of: .unavailable, records: 5) == .retry)
        #expect(Disposition(of: .tooSlow, records: 5) == .isolate)
        #expect(Disposition(of: .tooSlow, records: 1) == .retry)
        #expect(Disposition(of: .referenceUnavailable, records: 1) == .defer)
        #expect(Disposition(of: .refusedByDatabase, records: 2) == .isolate)
        #expect(Disposition(of: .refusedByDatabase, records: 1) == .deadLetter)
        #expect(Disposition(of: .invalidRecord, records: 1) == .deadLetter)
        #expect(Disposition(of: .superseded, records: 1) == .skip)
        #expect(Disposition(of: .fenced, records: 3) == .release)
        #expect(Disposition(of: .misconfigured, records: 3) == .halt)
    }

    @Test func `an outage and a statement that took too long pass by themselves, and nothing else does`() {
        #expect(Failure.allCases.filter(\.passes) == [.unavailable, .tooSlow])
    }

    @Test(arguments: [KafkaError.Code.unknownTopic, .timedOut, .unavailable, .messageTooLarge, .other(29)])
    func `a dead-letter or status topic that takes nothing is waited for: the offset holds`(code: KafkaError.Code) {
        #expect(Failure(KafkaError(code, "refused")) == .unavailable)
    }

    @Test(arguments: [KafkaError.Code.fatal, .closed, .invalidConfiguration])
    func `a client past saving ends the process`(code: KafkaError.Code) {
        #expect(Failure(KafkaError(code, "gone")) == .misconfigured)
    }

    @Test func `a lost partition is left to its owner, and a schema that does not fit ends the process`() {
        #expect(Failure(IndexError.fenced) == .fenced)
        #expect(Failure(IndexError.inconsistent) == .misconfigured)
    }

    @Test func `a provider that is away is waited for, and one that is set up wrongly ends the process`() {
        #expect(Failure(EmbeddingError(.endpointUnavailable, "away")) == .unavailable)
        for code in [EmbeddingError.Code.endpointRefused, .answerInvalid, .modelInvalid, .textRefused] {
            #expect(Failure(EmbeddingError(code, "wrong")) == .misconfigured)
        }
    }
}
