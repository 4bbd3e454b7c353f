/// A deterministic source of randomness (SplitMix64): every run makes the same documents.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Prose out of a made vocabulary, to full-text search what English is: two words in five are stop words, the others follow Zipf's law and are inflected.
struct MadeText {
    private var random: SeededGenerator
    private let words: [String]
    /// `cumulative[n]`: how often one of the words up to `n` comes, in all.
    private let cumulative: [Double]

    private static let stopWords = [
        "the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "this", "are", "or",
    ]
    private static let endings = ["", "", "", "s", "s", "ed", "ing", "tion", "ly", "er"]
    private static let syllables = "bdfgklmnprstvz".flatMap { first in ["a", "e", "i", "o", "u", "an", "er", "il"].map { "\(first)\($0)" } }

    init(seed: UInt64, vocabulary: Int = 20_000) {
        // One language, whatever is said in it.
        var random = SeededGenerator(seed: 0)
        var made: Set<String> = []
        var words: [String] = []
        while words.count < vocabulary {
            let stem = (0..<Int.random(in: 2...3, using: &random)).map { _ in Self.syllables.randomElement(using: &random) ?? "" }.joined()
            let word = stem + (Self.endings.randomElement(using: &random) ?? "")
            if made.insert(word).inserted { words.append(word) }
        }
        var total = 0.0
        cumulative = (1...vocabulary).map { rank in
            total += 1 / Double(rank)
            return total
        }
        self.words = words
        self.random = SeededGenerator(seed: seed)
    }

    mutating func prose(words count: Int) -> String {
        var text = ""
        var sentence = 0
        for _ in 0..<count {
            let word = Double.random(in: 0..<1, using: &random) < 0.4 ? Self.stopWords.randomElement(using: &random) ?? "" : content()
            text += sentence == 0 ? word.prefix(1).uppercased() + word.dropFirst() : word
            sentence = (sentence + 1) % 14
            text += sentence == 0 ? ". " : " "
        }
        return text
    }

    /// `[dimension]`, of length one.
    mutating func vector(dimension: Int) -> [Float] {
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
        let length = components.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return components.map { $0 / length }
    }

    private mutating func content() -> String {
        let target = Double.random(in: 0..<(cumulative.last ?? 1), using: &random)
        var range = 0..<cumulative.count - 1
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = cumulative[middle] > target ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return words[range.lowerBound]
    }
}
