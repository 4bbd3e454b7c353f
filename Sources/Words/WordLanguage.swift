/// How words are cut down to stems: by one of Snowball's algorithms, or not at all.
///
/// Raw values are stored with every document: they never change, and a new language takes the next.
package enum WordLanguage: UInt8, CaseIterable, Sendable {
    /// Words as they are: languages no algorithm is known for.
    case unstemmed = 0
    case english, german, french, spanish, italian, portuguese, dutch, swedish, norwegian, danish, finnish, hungarian, romanian, turkish, catalan
    case basque, irish, lithuanian, indonesian, russian, serbian, greek, arabic, armenian, hindi, nepali, tamil, yiddish

    /// - Parameter tag: a BCP 47 language tag such as `en`, `de-CH` or `eng`; nothing: unknown.
    /// - Returns: nothing where the tag says nothing: the script of each word then decides.
    package init?(tag: String?) {
        guard let tag else { return nil }
        let primary = tag.prefix { $0 != "-" && $0 != "_" }.lowercased()
        guard !primary.isEmpty, primary != "und", primary != "mul", primary != "zxx" else { return nil }
        self = Self.allCases.first { $0.codes.contains(primary) } ?? .unstemmed
    }

    /// ISO 639 codes.
    private var codes: [String] {
        switch self {
        case .unstemmed: []
        case .english: ["en", "eng"]
        case .german: ["de", "deu", "ger"]
        case .french: ["fr", "fra", "fre"]
        case .spanish: ["es", "spa"]
        case .italian: ["it", "ita"]
        case .portuguese: ["pt", "por"]
        case .dutch: ["nl", "nld", "dut"]
        case .swedish: ["sv", "swe"]
        case .norwegian: ["no", "nb", "nn", "nor", "nob", "nno"]
        case .danish: ["da", "dan"]
        case .finnish: ["fi", "fin"]
        case .hungarian: ["hu", "hun"]
        case .romanian: ["ro", "ron", "rum"]
        case .turkish: ["tr", "tur"]
        case .catalan: ["ca", "cat"]
        case .basque: ["eu", "eus", "baq"]
        case .irish: ["ga", "gle"]
        case .lithuanian: ["lt", "lit"]
        case .indonesian: ["id", "ind"]
        case .russian: ["ru", "rus"]
        case .serbian: ["sr", "srp"]
        case .greek: ["el", "ell", "gre"]
        case .arabic: ["ar", "ara"]
        case .armenian: ["hy", "hye", "arm"]
        case .hindi: ["hi", "hin"]
        case .nepali: ["ne", "nep"]
        case .tamil: ["ta", "tam"]
        case .yiddish: ["yi", "yid"]
        }
    }

    /// Snowball's name of the algorithm.
    var algorithm: String? { self == .unstemmed ? nil : "\(self)" }

    private var scripts: [WordScript] {
        switch self {
        case .unstemmed: WordScript.allCases
        case .russian: [.cyrillic]
        case .serbian: [.cyrillic, .latin]
        case .greek: [.greek]
        case .arabic: [.arabic]
        case .armenian: [.armenian]
        case .hindi, .nepali: [.devanagari]
        case .tamil: [.tamil]
        case .yiddish: [.hebrew]
        default: [.latin]
        }
    }

    /// The language a word is stemmed in: the document's where it is written in that script, else the script's most usual one.
    static func of(_ script: WordScript, in document: WordLanguage?) -> WordLanguage {
        if let document, document.scripts.contains(script) { return document }
        return script.usualLanguage
    }

    /// The languages of `set` that may have stemmed a word of this script.
    static func candidates(for script: WordScript) -> [WordLanguage] {
        allCases.filter { $0.scripts.contains(script) }
    }
}

/// The scripts that decide about stemming.
enum WordScript: UInt8, CaseIterable {
    case other = 0
    case latin, cyrillic, greek, arabic, armenian, hebrew, devanagari, tamil

    var usualLanguage: WordLanguage {
        switch self {
        case .latin: .english
        case .cyrillic: .russian
        case .greek: .greek
        case .arabic: .arabic
        case .armenian: .armenian
        case .devanagari: .hindi
        case .tamil: .tamil
        case .other, .hebrew: .unstemmed
        }
    }
}

/// The languages that words of a document, or of many, were stemmed in.
package struct WordLanguages: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package init(_ language: WordLanguage) {
        rawValue = 1 << UInt32(language.rawValue)
    }

    package static let all = WordLanguages(rawValue: .max)
}
