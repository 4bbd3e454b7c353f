import Synchronization

/// One call's texts on their way through the encoder's threads.
final class EmbeddingRequest: Sendable {
    typealias Completion = @Sendable (Result<EmbeddingBatch, any Error>) -> Void

    private struct State {
        /// `[sequences.count][dimension]`.
        var values: [Float]
        var stepsLeft = 0
        var failure: (any Error)?
        var completion: Completion?
    }

    private let sequences: [[Int32]]
    private let dimension: Int
    private let state: Mutex<State>

    var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }

    init(_ sequences: [[Int32]], dimension: Int) {
        self.sequences = sequences
        self.dimension = dimension
        state = Mutex(State(values: Array(repeating: 0, count: sequences.count * dimension)))
    }

    /// Which sequences are computed together: as many as fit a step, of similar length, the longest first so that the threads end together.
    func steps() -> [[Int]] {
        var steps: [[Int]] = []
        var tokens = Int.max
        for index in sequences.indices.sorted(by: { sequences[$0].count > sequences[$1].count }) {
            let count = sequences[index].count
            if tokens > BertEncoder.stepTokens - count {
                steps.append([])
                tokens = 0
            }
            steps[steps.count - 1].append(index)
            tokens += count
        }
        return steps
    }

    /// Sets what is called, once, when so many steps have run.
    func expect(_ steps: Int, _ completion: @escaping Completion) {
        state.withLock { state in
            state.stepsLeft = steps
            state.completion = completion
        }
    }

    /// Steps not yet begun do nothing.
    func cancel() {
        state.withLock { state in
            if state.failure == nil { state.failure = CancellationError() }
        }
    }

    /// Computes one step and, if it is the last, completes.
    func run(_ indices: [Int], _ encoder: Result<BertEncoder, any Error>) {
        let computed = Result { try compute(indices, encoder) }
        let finished: (Completion, Result<EmbeddingBatch, any Error>)? = state.withLock { state in
            switch computed {
            case .success(let vectors):
                for (position, index) in indices.enumerated() where !vectors.isEmpty {
                    let vector = vectors[position * dimension..<(position + 1) * dimension]
                    state.values.replaceSubrange(index * dimension..<(index + 1) * dimension, with: vector)
                }
            case .failure(let error):
                if state.failure == nil { state.failure = error }
            }
            state.stepsLeft -= 1
            guard state.stepsLeft == 0, let completion = state.completion else { return nil }
            state.completion = nil
            if let failure = state.failure { return (completion, .failure(failure)) }
            return (completion, .success(EmbeddingBatch(values: state.values, dimension: dimension)))
        }
        if let (completion, result) = finished { completion(result) }
    }

    /// `[indices.count][dimension]`; empty where the request has failed already.
    private func compute(_ indices: [Int], _ encoder: Result<BertEncoder, any Error>) throws -> [Float] {
        guard state.withLock({ $0.failure == nil }) else { return [] }
        var vectors: [Float] = []
        vectors.reserveCapacity(indices.count * dimension)
        try encoder.get().encode(indices.map { sequences[$0][...] }) { _, vector in vectors += vector }
        return vectors
    }
}
