/// What to look for: any of its terms.
///
///     parental leave       either word, in any of its forms
///     "parental leave"     the words beside each other: only there do they count
///     parent*              words that begin so; of three bytes at least, shorter ones are words
///     ERR-4711 foo_bar()   identifiers whole, and their parts
///
/// Nothing is refused: a quote without its other half, or a star alone, is a separator.
package struct WordQuery: Sendable {
    /// What comes after so many different terms is not searched for: longer than any question, and short enough that a text pasted whole costs milliseconds.
    package static let maximumTerms = 64
    /// In UTF-8: an ideograph alone is one, two Latin letters are not.
    static let minimumPrefixBytes = 3

    /// One term of a dictionary that means what the query means, in documents of these languages.
    struct Form: Hashable, Sendable {
        let bytes: [UInt8]
        let languages: WordLanguages
    }

    /// A term of the query: a passage has it that has any of its forms.
    struct Term: Hashable, Sendable {
        let forms: [Form]
        let isPrefix: Bool
    }

    /// Terms that have to stand so far from where the phrase begins.
    struct Phrase: Hashable, Sendable {
        var parts: [(term: Int, offset: UInt32)] = []

        static func == (one: Self, other: Self) -> Bool { one.parts.elementsEqual(other.parts) { $0 == $1 } }
        func hash(into hasher: inout Hasher) { for part in parts { hasher.combine(part.term) } }
    }

    private(set) var terms: [Term] = []
    /// How often each stands outside phrases.
    private(set) var counts: [Int] = []
    private(set) var phrases: [Phrase] = []

    package var isEmpty: Bool { terms.isEmpty }
    package var termCount: Int { terms.count }

    /// - Returns: the term's number; nothing where there are too many.
    mutating func add(_ term: Term, isLoose: Bool) -> Int? {
        var number = terms.firstIndex(of: term)
        if number == nil, terms.count < Self.maximumTerms {
            terms.append(term)
            counts.append(0)
            number = terms.count - 1
        }
        if let number, isLoose { counts[number] += 1 }
        return number
    }

    mutating func add(_ phrase: Phrase) {
        if let part = phrase.parts.first, phrase.parts.count == 1 {
            counts[part.term] += 1
        } else if !phrase.parts.isEmpty, !phrases.contains(phrase) {
            phrases.append(phrase)
        }
    }

    /// Terms that count only where one of these phrases stands.
    func phrases(of term: Int) -> [Int]? {
        counts[term] > 0 ? nil : phrases.indices.filter { phrases[$0].parts.contains { $0.term == term } }
    }
}

/// Stems in every language of a script. Belongs to one thread at a time.
final class QueryStems {
    private var stemmers: [WordLanguage: Stemmer] = [:]

    func forms(of word: UnsafeBufferPointer<UInt8>, _ script: WordScript) -> [WordQuery.Form] {
        var forms: [WordQuery.Form] = []
        for language in WordLanguage.candidates(for: script) {
            if stemmers[language] == nil { stemmers[language] = Stemmer(language) }
            let stem = stemmers[language]?.withStem(of: word) { Array($0) } ?? Array(word)
            if let known = forms.firstIndex(where: { $0.bytes == stem }) {
                forms[known] = WordQuery.Form(bytes: stem, languages: forms[known].languages.union(WordLanguages(language)))
            } else {
                forms.append(WordQuery.Form(bytes: stem, languages: WordLanguages(language)))
            }
        }
        return forms
    }
}

struct QueryParser: TokenSink {
    private let stems: QueryStems
    private var query = WordQuery()
    /// Inside quotes.
    private var phrase: WordQuery.Phrase?
    /// The last token of a piece that ends in a star.
    private var pending: (token: Token, term: [UInt8])?
    private var isPrefix = false

    init(stems: QueryStems) {
        self.stems = stems
    }

    mutating func parse(_ text: String, _ tokenizer: inout Tokenizer) -> WordQuery {
        let quotes: Set<Unicode.Scalar> = ["\"", "\u{201C}", "\u{201D}", "\u{201E}", "\u{AB}", "\u{BB}"]
        let parts = text.unicodeScalars.split(omittingEmptySubsequences: false) { quotes.contains($0) }
        for (index, part) in parts.enumerated() {
            // The last part, where it is odd, has a quote that nothing closes.
            if index.isMultiple(of: 2) || index == parts.count - 1 { takeLoose(part, &tokenizer) } else { takePhrase(part, &tokenizer) }
        }
        return query
    }

    private mutating func takeLoose(_ part: Substring.UnicodeScalarView, _ tokenizer: inout Tokenizer) {
        for piece in part.split(whereSeparator: \.properties.isWhitespace) {
            isPrefix = piece.last == "*"
            tokenize(Substring(piece), &tokenizer)
            if let (token, term) = pending { take(prefix: term, token) }
            pending = nil
            isPrefix = false
        }
    }

    private mutating func takePhrase(_ part: Substring.UnicodeScalarView, _ tokenizer: inout Tokenizer) {
        phrase = WordQuery.Phrase()
        tokenize(Substring(part), &tokenizer)
        if let phrase { query.add(phrase) }
        phrase = nil
    }

    private mutating func tokenize(_ text: Substring, _ tokenizer: inout Tokenizer) {
        _ = Array(text.utf8).withUnsafeBufferPointer { tokenizer.tokenize($0, into: &self) }
    }

    mutating func take(_ token: Token, _ term: UnsafeBufferPointer<UInt8>) {
        if phrase != nil { return takeInPhrase(token, term) }
        if token.kind == .lastIdeograph { return }
        if token.kind == .loneIdeograph { return add(prefix: Array(term)) }
        if isPrefix {
            // The last is the prefix: a whole identifier comes after its parts.
            if let (token, term) = pending { term.withUnsafeBufferPointer { add(token, $0) } }
            pending = (token, Array(term))
        } else {
            add(token, term)
        }
    }

    private mutating func takeInPhrase(_ token: Token, _ term: UnsafeBufferPointer<UInt8>) {
        guard token.kind != .alias, token.kind != .lastIdeograph else { return }
        let isPrefix = token.kind == .loneIdeograph
        guard let number = query.add(isPrefix ? Self.prefix(Array(term)) : made(token, term), isLoose: false) else { return }
        phrase?.parts.append((number, UInt32(token.position)))
    }

    private mutating func take(prefix term: [UInt8], _ token: Token) {
        if term.count >= WordQuery.minimumPrefixBytes { add(prefix: term) } else { term.withUnsafeBufferPointer { add(token, $0) } }
    }

    private mutating func add(prefix term: [UInt8]) {
        _ = query.add(Self.prefix(term), isLoose: true)
    }

    private mutating func add(_ token: Token, _ term: UnsafeBufferPointer<UInt8>) {
        _ = query.add(made(token, term), isLoose: true)
    }

    private static func prefix(_ term: [UInt8]) -> WordQuery.Term {
        WordQuery.Term(forms: [WordQuery.Form(bytes: term, languages: .all)], isPrefix: true)
    }

    private func made(_ token: Token, _ term: UnsafeBufferPointer<UInt8>) -> WordQuery.Term {
        guard let script = token.script, token.kind == .word || token.kind == .alias else {
            return WordQuery.Term(forms: [WordQuery.Form(bytes: Array(term), languages: .all)], isPrefix: false)
        }
        return WordQuery.Term(forms: stems.forms(of: term, script), isPrefix: false)
    }
}
