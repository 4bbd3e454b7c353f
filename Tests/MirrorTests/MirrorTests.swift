import Mirror
import Testing

/// Documents of made vectors under lists, searched by codes and by brute force.
struct MirrorTests {
    private static let dimension = 96

    @Test(arguments: [1.0, 0.5, 0.1, 0.01, 0.001])
    func `the nearest documents of what is visible are suggested`(share: Double) {
        var made = MadeDocuments(documents: 6000, lists: 1000, dimension: Self.dimension, seed: 7)
        let mirror = Mirror(made.segments(of: 2500))
        #expect(mirror.documentCount == 6000)
        for _ in 0..<10 {
            let lists = made.lists(share)
            let query = made.vector()
            let expected = made.nearest(10, to: query, in: Set(lists))
            let found = mirror.nearest(10, to: query, in: mirror.scope(of: lists))
            #expect(Set(found.documents).isSuperset(of: expected))
            #expect(found.documents.allSatisfy { lists.contains(made.list(of: $0)) })
            // Few more than are asked for: each costs a look at its rows.
            #expect(found.documents.count <= 40)
        }
    }

    @Test func `all of few documents are suggested, and it is said that these are all`() {
        let made = MadeDocuments(documents: 50, lists: 10, dimension: Self.dimension, seed: 1)
        let mirror = Mirror(made.segments(of: 20))
        let scope = mirror.scope(of: [3])
        let few = mirror.nearest(10, to: made.vectors[0][0], in: scope)
        #expect(few.isExhaustive && Set(few.documents) == Set(made.ids.filter { made.list(of: $0) == 3 }))
        #expect(!mirror.nearest(1, to: made.vectors[0][0], in: mirror.scope(of: Array(0..<10))).isExhaustive)
        #expect(mirror.nearest(10, to: made.vectors[0][0], in: mirror.scope(of: [])).isExhaustive)
    }

    @Test func `what is replaced counts as it is now, and what is removed not at all`() {
        var made = MadeDocuments(documents: 900, lists: 30, dimension: Self.dimension, seed: 3)
        var mirror = Mirror(made.segments(of: 300))
        for round in 0..<60 {
            let changed = made.change(1 + round % 40)
            mirror = mirror.replacing(changed, with: made.segments(of: 1000, only: Set(changed)))
            #expect(mirror.documentCount == made.ids.count)
            let lists = made.lists(0.3)
            let query = made.vector()
            let found = mirror.nearest(10, to: query, in: mirror.scope(of: lists))
            #expect(Set(found.documents).isSuperset(of: made.nearest(10, to: query, in: Set(lists))))
            #expect(found.documents.allSatisfy { lists.contains(made.list(of: $0)) })
        }
        #expect(mirror.parts.count < 12)
        #expect(mirror.passageCount == made.passageCount)
        // What is no longer of use does not stay for ever.
        #expect(mirror.byteCount < 3 * Mirror(made.segments(of: 1000)).byteCount)
    }

    @Test func `a filter narrows, and what changed is left out`() {
        let made = MadeDocuments(documents: 400, lists: 10, dimension: Self.dimension, seed: 5)
        let mirror = Mirror(made.segments(of: 150))
        let (within, changed) = (made.ids.filter { $0 % 3 == 0 }, made.ids.filter { $0 % 5 == 0 })
        let scope = mirror.scope(of: Array(0..<5), within: within, except: changed)
        let expected = made.ids.filter { $0 % 3 == 0 && $0 % 5 != 0 && made.list(of: $0) < 5 }
        #expect(scope.documentCount == expected.count)
        #expect(Set(mirror.nearest(1000, to: made.vectors[0][0], in: scope).documents) == Set(expected))
        #expect(mirror.scope(of: Array(0..<10), within: []).documentCount == 0)
    }

    @Test func `vectors that are zero or of another dimension do no harm`() {
        var builder = SegmentBuilder(dimension: 4)
        builder.append(document: 1, list: 1, vectors: [0, 0, 0, 0])
        builder.append(document: 2, list: 1, vectors: [0, 1, 0, 0, 1, 0, 0, 0])
        let mirror = Mirror([builder.segment()])
        let scope = mirror.scope(of: [1])
        #expect(mirror.nearest(5, to: [0, 1, 0, 0], in: scope).documents == [2, 1])
        #expect(Set(mirror.nearest(5, to: [0, 0, 0, 0], in: scope).documents) == [1, 2])
        #expect(!mirror.nearest(5, to: [1, 0], in: scope).isExhaustive)
    }

    @Test func `memory is a byte a component and a little more`() {
        let made = MadeDocuments(documents: 1000, lists: 10, dimension: Self.dimension, seed: 9)
        let bytes = Mirror(made.segments(of: 1000)).byteCount
        let passages = made.passageCount
        #expect(bytes >= passages * Self.dimension && bytes <= passages * (Self.dimension + 4) + 1000 * 32)
    }
}

/// Documents with one to four passages.
private struct MadeDocuments {
    private(set) var ids: [Int64] = []
    private(set) var vectors: [[[Float]]] = []
    private var listsByID: [Int64: Int64] = [:]
    private let dimension: Int
    private let listCount: Int
    private var random: Generator

    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) | (state << 31)
        }
    }

    init(documents: Int, lists: Int, dimension: Int, seed: UInt64) {
        self.dimension = dimension
        listCount = lists
        random = Generator(state: seed)
        for id in 0..<documents { add(Int64(id * 7)) }
    }

    var passageCount: Int { vectors.reduce(0) { $0 + $1.count } }

    func list(of document: Int64) -> Int64 { listsByID[document] ?? -1 }

    mutating func vector() -> [Float] {
        let made = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) + Float.random(in: -1...1, using: &random) }
        let norm = made.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return made.map { $0 / norm }
    }

    private mutating func add(_ id: Int64) {
        ids.append(id)
        vectors.append((0...Int.random(in: 0..<4, using: &random)).map { _ in vector() })
        listsByID[id] = Int64.random(in: 0..<Int64(listCount), using: &random)
    }

    mutating func lists(_ share: Double) -> [Int64] {
        Array((0..<Int64(listCount)).shuffled(using: &random).prefix(max(1, Int(share * Double(listCount))))).sorted()
    }

    /// Changes, removes and adds documents.
    mutating func change(_ count: Int) -> [Int64] {
        let changed = Set(ids.shuffled(using: &random).prefix(count))
        let kept = ids.indices.filter { !changed.contains(ids[$0]) }
        (ids, vectors) = (kept.map { ids[$0] }, kept.map { vectors[$0] })
        for id in changed where id % 2 == 0 { add(id) }
        let new = (ids.max() ?? 0) + 3
        add(new)
        return (changed + [new]).sorted()
    }

    func segments(of size: Int, only wanted: Set<Int64>? = nil) -> [Segment] {
        let chosen = ids.indices.filter { wanted?.contains(ids[$0]) ?? true }
        return stride(from: 0, to: chosen.count, by: size).map { start in
            var builder = SegmentBuilder(dimension: dimension)
            for index in chosen[start..<min(start + size, chosen.count)] {
                builder.append(document: ids[index], list: list(of: ids[index]), vectors: vectors[index].flatMap(\.self))
            }
            return builder.segment()
        }
    }

    func nearest(_ count: Int, to query: [Float], in lists: Set<Int64>) -> [Int64] {
        let products = ids.indices.filter { lists.contains(list(of: ids[$0])) }.map { index in
            (ids[index], vectors[index].map { zip($0, query).reduce(0) { $0 + $1.0 * $1.1 } }.max() ?? 0)
        }
        return products.sorted { $0.1 > $1.1 }.prefix(count).map(\.0)
    }
}
