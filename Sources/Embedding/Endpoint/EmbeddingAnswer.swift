import Contract

/// What an OpenAI-compatible service answers, trusted for nothing.
enum EmbeddingAnswer {
    /// The vectors by their index, of length 1.
    ///
    /// - Throws: `EmbeddingError.Code.answerInvalid` for another count, an index out of range or twice, another dimension, a number that is not finite as a
    ///   `Float`, and a vector without a direction.
    static func vectors(in answer: [UInt8], count: Int, dimension: Int) throws(EmbeddingError) -> [Float] {
        guard let data = (try? JSON.parse(answer))?["data"]?.array else { throw invalid("the endpoint's answer is not JSON with an array `data`") }
        guard data.count == count else { throw invalid("the endpoint answers with another number of vectors than it was sent texts") }
        var values = [Float](repeating: 0, count: count * dimension)
        var isTaken = [Bool](repeating: false, count: count)
        for entry in data {
            guard let index = entry["index"]?.integer, isTaken.indices.contains(index), !isTaken[index] else {
                throw invalid("the endpoint answers with an index that is missing, out of range or there twice")
            }
            guard let numbers = entry["embedding"]?.array else { throw invalid("the endpoint answers with a vector that is no array") }
            guard numbers.count == dimension else {
                throw invalid("the endpoint's vectors have another dimension than SLUICE_EMBEDDING_DIMENSION says")
            }
            isTaken[index] = true
            values.replaceSubrange(index * dimension..<(index + 1) * dimension, with: try unit(numbers))
        }
        return values
    }

    private static func unit(_ numbers: [JSON]) throws(EmbeddingError) -> [Float] {
        var squares = 0.0
        var vector: [Double] = []
        vector.reserveCapacity(numbers.count)
        for number in numbers {
            guard let value = number.number?.double, Float(value).isFinite else { throw invalid("the endpoint answers with what is no finite number") }
            squares += value * value
            vector.append(value)
        }
        let length = squares.squareRoot()
        guard length > 1e-12 else { throw invalid("the endpoint answers with a vector of length 0") }
        return vector.map { Float($0 / length) }
    }

    private static func invalid(_ reason: StaticString) -> EmbeddingError { EmbeddingError(.answerInvalid, reason) }
}
