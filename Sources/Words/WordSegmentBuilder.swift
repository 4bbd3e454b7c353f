/// Builds a segment in two passes over its documents: the first counts bytes, the second writes them where they belong.
struct WordSegmentBuilder: ~Copyable {
    private(set) var ordinals: [Int32] = []
    private(set) var firstPassages: [UInt32] = [0]
    private(set) var lengths: [UInt16] = []
    private(set) var languages: WordLanguages = []
    private(set) var words = 0

    private(set) var termBytes: [UInt8] = []
    private(set) var termStarts: [UInt32] = [0]
    private(set) var sortedFrequencies: [UInt32] = []
    private(set) var postingStarts: [UInt32] = []
    private(set) var positionStarts: [UInt32] = []
    private(set) var skipStarts: [UInt32] = [0]
    private(set) var skips: [WordSegment.Skip] = []
    private(set) var postings: [UInt8] = []
    private(set) var positions: [UInt8] = []

    /// Of a term, in the first pass its bytes and in the second where the next ones go.
    private struct Progress {
        var frequency: UInt32 = 0
        /// One past the last passage that had it.
        var next: UInt32 = 0
        var postings = 0
        var positions = 0
        /// Where its next skip goes.
        var skip = 0
    }

    private var lexicon = Lexicon(minimumCapacity: 1 << 16)
    private var progress: [Progress] = []
    /// The terms of all documents, one after another: the second pass need not look them up again.
    private var numbers: [UInt32] = []
    private var cursor = 0
    private var document = 0

    /// The first pass.
    mutating func count(_ bytes: UnsafeRawBufferPointer, ordinal: Int32) throws(WordsError) {
        let terms = try PassageTerms(bytes)
        let first = UInt32(lengths.count)
        guard ordinals.last.map({ $0 < ordinal }) ?? true, lengths.count + terms.lengths.count < 1 << 30 else { throw WordsError.segmentTooLarge }
        try terms.forEachTerm { (term, passages) throws(WordsError) in
            let number = lexicon.number(of: term)
            numbers.append(UInt32(number))
            if number == progress.count { progress.append(Progress()) }
            try passages.forEach { (passage, frequency, positions) throws(WordsError) in
                let passage = first + UInt32(passage)
                progress[number].postings += Self.length((passage + 1 - progress[number].next) << 1) + (frequency > 1 ? Self.length(frequency - 2) : 0)
                progress[number].positions += positions.count
                progress[number].next = passage + 1
                progress[number].frequency += 1
            }
        }
        ordinals.append(ordinal)
        for length in terms.lengths {
            lengths.append(UInt16(clamping: length))
            words += Int(length)
        }
        firstPassages.append(UInt32(lengths.count))
        languages.formUnion(terms.languages)
    }

    /// Between the passes.
    mutating func layOut() throws(WordsError) {
        let order = lexicon.sorted(0..<UInt32(lexicon.count))
        var (postingBytes, positionBytes, skipCount) = (0, 0, 0)
        for number in order {
            lexicon.withTerm(Int(number)) { termBytes.append(contentsOf: $0) }
            termStarts.append(UInt32(termBytes.count))
            sortedFrequencies.append(progress[Int(number)].frequency)
            postingStarts.append(UInt32(truncatingIfNeeded: postingBytes))
            positionStarts.append(UInt32(truncatingIfNeeded: positionBytes))
            let size = progress[Int(number)]
            progress[Int(number)].postings = postingBytes
            progress[Int(number)].positions = positionBytes
            progress[Int(number)].next = 0
            progress[Int(number)].frequency = 0
            progress[Int(number)].skip = skipCount
            skipCount += (Int(size.frequency) - 1) / WordSegment.Skip.distance
            skipStarts.append(UInt32(skipCount))
            postingBytes += size.postings
            positionBytes += size.positions
        }
        guard postingBytes < 1 << 31, positionBytes < 1 << 31 else { throw WordsError.segmentTooLarge }
        skips = [WordSegment.Skip](repeating: WordSegment.Skip(next: 0, posting: 0, position: 0), count: skipCount)
        postings = [UInt8](repeating: 0, count: postingBytes)
        positions = [UInt8](repeating: 0, count: positionBytes)
    }

    /// The second pass, in the order of the first.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(WordsError) {
        let first = firstPassages[document]
        document += 1
        try PassageTerms(bytes).forEachTerm { (_, passages) throws(WordsError) in
            let number = Int(numbers[cursor])
            cursor += 1
            try passages.forEach { (passage, frequency, positions) throws(WordsError) in
                let passage = first + UInt32(passage)
                markSkip(of: number)
                put((passage + 1 - progress[number].next) << 1 | (frequency > 1 ? 1 : 0), of: number)
                if frequency > 1 { put(frequency - 2, of: number) }
                progress[number].next = passage + 1
                let start = progress[number].positions
                self.positions.withUnsafeMutableBytes {
                    UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + positions.count]).copyMemory(from: positions)
                }
                progress[number].positions = start + positions.count
            }
        }
    }

    private mutating func markSkip(of number: Int) {
        let term = progress[number]
        if term.frequency > 0, Int(term.frequency).isMultiple(of: WordSegment.Skip.distance) {
            skips[term.skip] = WordSegment.Skip(next: term.next, posting: UInt32(term.postings), position: UInt32(term.positions))
            progress[number].skip += 1
        }
        progress[number].frequency += 1
    }

    @inline(__always)
    private mutating func put(_ value: UInt32, of number: Int) {
        var rest = value
        var index = progress[number].postings
        while rest >= 0x80 {
            postings[index] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            index += 1
        }
        postings[index] = UInt8(rest)
        progress[number].postings = index + 1
    }

    @inline(__always)
    private static func length(_ value: UInt32) -> Int {
        value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5
    }
}
