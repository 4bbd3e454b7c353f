extension Mirror {
    /// Documents that a search by vectors cannot do without.
    package struct Suggestion: Sendable, Equatable {
        package let documents: [Int64]
        /// Whether these are all there are in the scope.
        package let isExhaustive: Bool
    }

    /// The documents whose nearest passages are the `count` nearest, and all that are as near within what codes can tell.
    ///
    /// The `count` nearest passages are among them, whether or not there is a bound on how many a document may contribute: a document that has one of these
    /// has a nearest passage at least as near.
    /// - Parameter parts: runs the scan of each part, in any order or at once; one after another, unless said otherwise.
    package func nearest(
        _ count: Int, to query: [Float], in scope: Scope, scanning parts: (Int, @Sendable (Int) -> PartScan) -> [PartScan] = { (0..<$0).map($1) }
    ) -> Suggestion {
        let code = QueryCode(query)
        // As many again are looked at closely: of more that lie within the margin any are as good.
        let capacity = 4 * max(1, count)
        let scans = parts(self.parts.count) { index in
            var nearest = NearestDocuments(capacity: capacity)
            let segment = self.parts[index].segment
            if segment.codes.dimension == query.count { Self.scan(segment, scope.runs[index], index, code, &nearest) }
            return PartScan(nearest: nearest.elements)
        }
        let found = scans.flatMap(\.nearest).sorted { ($1.product, $0.part, $0.ordinal) < ($0.product, $1.part, $1.ordinal) }.prefix(capacity)
        let documents = Self.prefix(count, of: found, margin: margin(code)).map { self.parts[$0.part].segment.documents[Int($0.ordinal)] }
        return Suggestion(documents: documents, isExhaustive: documents.count == scope.documentCount)
    }

    /// What one part has to say.
    package struct PartScan: Sendable {
        fileprivate let nearest: [NearestDocuments.Element]
    }

    /// By how much two inner products may be ordered wrongly. A component is off by up to half a scale, evenly spread: by √(1/12) scale in the mean, and the
    /// product with a query by as much times its length. Eight times that is nearly six standard deviations of a difference of two.
    private func margin(_ code: QueryCode) -> Float {
        let scale = parts.reduce(0) { max($0, $1.segment.codes.largestScale) }
        return 8 * scale * code.norm / Float(12).squareRoot()
    }

    private static func prefix(_ count: Int, of found: ArraySlice<NearestDocuments.Element>, margin: Float) -> ArraySlice<NearestDocuments.Element> {
        guard found.count > count, count > 0 else { return found }
        let least = found[count - 1].product - margin
        return found.prefix { $0.product >= least }
    }

    private static func scan(_ segment: Segment, _ runs: OrdinalRuns, _ part: Int, _ code: QueryCode, _ nearest: inout NearestDocuments) {
        let dimension = segment.codes.dimension
        segment.codes.values.withUnsafeBufferPointer { codes in
            segment.codes.scales.withUnsafeBufferPointer { scales in
                code.values.withUnsafeBufferPointer { query in
                    guard let codes = codes.baseAddress, let scales = scales.baseAddress, let query = query.baseAddress else { return }
                    for run in runs.ranges {
                        for ordinal in run {
                            var product = -Float.infinity
                            for passage in segment.passages(Int(ordinal)) {
                                product = max(product, scales[passage] * Float(Self.product(query, codes + passage * dimension, dimension)))
                            }
                            nearest.offer(product * code.scale, part, ordinal)
                        }
                    }
                }
            }
        }
    }

    /// Written so that the compiler multiplies and adds many at a time.
    @inline(never)
    private static func product(_ query: UnsafePointer<Int16>, _ code: UnsafePointer<Int8>, _ count: Int) -> Int32 {
        var sum: Int32 = 0
        for index in 0..<count { sum &+= Int32(query[index]) &* Int32(code[index]) }
        return sum
    }
}

/// The nearest documents so far: a heap whose root is the one to give up next.
struct NearestDocuments {
    struct Element {
        let product: Float
        let part: Int
        let ordinal: Int32
    }

    private let capacity: Int
    private var heap: [Element] = []
    /// What does not exceed it need not be offered.
    private var least = -Float.infinity

    init(capacity: Int) {
        self.capacity = capacity
        heap.reserveCapacity(capacity)
    }

    @inline(__always)
    mutating func offer(_ product: Float, _ part: Int, _ ordinal: Int32) {
        if product > least { insert(Element(product: product, part: part, ordinal: ordinal)) }
    }

    /// In no order.
    var elements: [Element] { heap }

    private mutating func insert(_ element: Element) {
        if heap.count < capacity {
            heap.append(element)
            var child = heap.count - 1
            while child > 0, heap[child].product < heap[(child - 1) / 2].product {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else {
            heap[0] = element
            sink()
        }
        if heap.count == capacity { least = heap[0].product }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].product < heap[child].product { child += 1 }
            guard heap[child].product < heap[parent].product else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
