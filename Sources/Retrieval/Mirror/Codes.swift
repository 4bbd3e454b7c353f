/// Vectors as signed bytes, each with a scale of its own: a fourth of the memory, and products that processors add up many at a time.
///
/// A component is `scale · code` within half a scale. Vectors of zeros have the scale zero.
struct Codes: Sendable {
    let dimension: Int
    /// `[count][dimension]`, each from −127 to 127.
    private(set) var values: [Int8] = []
    private(set) var scales: [Float] = []
    private(set) var largestScale: Float = 0

    /// The most a code may be, so that its opposite is one as well.
    static let level: Float = 127

    init(dimension: Int) {
        self.dimension = dimension
    }

    var count: Int { scales.count }
    var byteCount: Int { values.count + scales.count * MemoryLayout<Float>.stride }

    mutating func reserve(_ count: Int) {
        values.reserveCapacity(count * dimension)
        scales.reserveCapacity(count)
    }

    /// - Parameter vectors: `[count][dimension]`.
    mutating func append(_ vectors: ArraySlice<Float>) {
        vectors.withUnsafeBufferPointer { components in
            for start in stride(from: 0, to: components.count, by: dimension) {
                append(UnsafeBufferPointer(rebasing: components[start..<start + dimension]))
            }
        }
    }

    private mutating func append(_ vector: UnsafeBufferPointer<Float>) {
        let largest = vector.reduce(0) { max($0, $1.magnitude) }
        guard largest > 0, largest.isFinite else {
            values.append(contentsOf: repeatElement(0, count: dimension))
            return scales.append(0)
        }
        scales.append(largest / Self.level)
        largestScale = max(largestScale, largest / Self.level)
        let inverse = Self.level / largest
        for component in vector { values.append(Int8((component * inverse).rounded())) }
    }

    mutating func append(_ other: Codes, _ range: Range<Int>) {
        values.append(contentsOf: other.values[range.lowerBound * dimension..<range.upperBound * dimension])
        scales.append(contentsOf: other.scales[range])
        largestScale = max(largestScale, other.largestScale)
    }
}

/// What codes are compared with: a vector as 16-bit integers, as fine as sums of products in 32 bits allow.
struct QueryCode: Sendable {
    let values: [Int16]
    /// An inner product is `scale · (scale of the code) · (product of the integers)`.
    let scale: Float
    /// The vector's length.
    let norm: Float

    init(_ vector: [Float]) {
        let level = min(Float(Int16.max), Float(Int32.max) / (Codes.level * Float(max(1, vector.count))))
        let largest = vector.reduce(0) { max($0, $1.magnitude) }
        guard largest > 0, largest.isFinite else {
            (values, scale, norm) = (vector.map { _ in 0 }, 0, 0)
            return
        }
        values = vector.map { Int16(($0 * (level / largest)).rounded(.towardZero)) }
        scale = largest / level
        norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
