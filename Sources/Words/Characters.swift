import CICU

/// What a tokenizer has to know of a scalar.
struct CharacterClass: Equatable {
    enum Kind: UInt8 {
        case separator = 0
        case letter, digit
        /// Joins the word before it.
        case mark
        /// Han, Kana, Hangul: searched by pairs.
        case ideograph
        /// Thai, Lao, Khmer, Burmese: words without spaces, found by ICU's dictionaries.
        case unspaced
    }

    private let bits: UInt8

    init(_ kind: Kind, _ script: WordScript = .other) {
        bits = kind.rawValue | script.rawValue << 4
    }

    var kind: Kind { Kind(rawValue: bits & 15) ?? .separator }
    var script: WordScript { WordScript(rawValue: bits >> 4) ?? .other }

    /// Of a folded scalar.
    static func of(_ scalar: UInt32) -> CharacterClass {
        scalar < 0x10000 ? basicPlane[Int(scalar)] : computed(scalar)
    }

    /// ICU's properties take 20 ns a scalar, this table one.
    private static let basicPlane: [CharacterClass] = (0..<0x10000).map { computed(UInt32($0)) }

    private static func computed(_ scalar: UInt32) -> CharacterClass {
        let scalar = UChar32(bitPattern: scalar)
        let script = UScriptCode(UScriptCode.RawValue(truncatingIfNeeded: sluice_icu_script(scalar)))
        switch UCharCategory(UCharCategory.RawValue(truncatingIfNeeded: sluice_icu_category(scalar))) {
        case U_UPPERCASE_LETTER, U_LOWERCASE_LETTER, U_TITLECASE_LETTER, U_MODIFIER_LETTER, U_OTHER_LETTER, U_LETTER_NUMBER:
            switch script {
            case USCRIPT_HAN, USCRIPT_HIRAGANA, USCRIPT_KATAKANA, USCRIPT_HANGUL, USCRIPT_BOPOMOFO: return CharacterClass(.ideograph)
            case USCRIPT_THAI, USCRIPT_LAO, USCRIPT_KHMER, USCRIPT_MYANMAR: return CharacterClass(.unspaced)
            // The mark of a long vowel, which Hiragana and Katakana share.
            case USCRIPT_COMMON where scalar == 0x30FC: return CharacterClass(.ideograph)
            default: return CharacterClass(.letter, wordScript(script))
            }
        case U_DECIMAL_DIGIT_NUMBER, U_OTHER_NUMBER: return CharacterClass(.digit)
        case U_NON_SPACING_MARK, U_ENCLOSING_MARK, U_COMBINING_SPACING_MARK:
            switch script {
            case USCRIPT_THAI, USCRIPT_LAO, USCRIPT_KHMER, USCRIPT_MYANMAR: return CharacterClass(.unspaced)
            default: return CharacterClass(.mark)
            }
        default: return CharacterClass(.separator)
        }
    }

    private static func wordScript(_ script: UScriptCode) -> WordScript {
        switch script {
        case USCRIPT_LATIN: .latin
        case USCRIPT_CYRILLIC: .cyrillic
        case USCRIPT_GREEK: .greek
        case USCRIPT_ARABIC: .arabic
        case USCRIPT_ARMENIAN: .armenian
        case USCRIPT_HEBREW: .hebrew
        case USCRIPT_DEVANAGARI: .devanagari
        case USCRIPT_TAMIL: .tamil
        default: .other
        }
    }
}

/// NFKC and case folding of text that is not ASCII. Belongs to one thread at a time: it owns its buffers.
final class TextFolding {
    /// Longer stretches without white space are folded in pieces.
    static let maximumBytes = 2048
    /// NFKC makes at most 18 units of UTF-16 from three bytes of UTF-8 (U+FDFA), and at most three bytes of UTF-8 from a unit.
    private static let maximumUnits = maximumBytes * 6

    private let wide = UnsafeMutablePointer<UInt16>.allocate(capacity: maximumBytes)
    private let folded = UnsafeMutablePointer<UInt16>.allocate(capacity: maximumUnits)
    private let target = UnsafeMutablePointer<CChar>.allocate(capacity: maximumUnits * 3)

    deinit {
        wide.deallocate()
        folded.deallocate()
        target.deallocate()
    }

    /// The folded text of at most `maximumBytes`; valid until the next call. Nothing of a text that ICU refuses.
    func fold(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let start = text.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
        let length = start.withMemoryRebound(to: CChar.self, capacity: text.count) {
            sluice_icu_fold(
                $0, Int32(text.count), wide, Int32(Self.maximumBytes), folded, Int32(Self.maximumUnits), target, Int32(Self.maximumUnits * 3))
        }
        return UnsafeBufferPointer(start: UnsafeRawPointer(target).assumingMemoryBound(to: UInt8.self), count: Int(max(length, 0)))
    }
}

/// Where words end in scripts that are written without spaces. Belongs to one thread at a time.
final class UnspacedWords {
    private let iterator: OpaquePointer?
    private var ends = [Int32](repeating: 0, count: TextFolding.maximumBytes)

    init() {
        iterator = sluice_icu_words_open()
    }

    deinit {
        sluice_icu_words_close(iterator)
    }

    /// Byte offsets; the whole is one word where ICU has no dictionaries.
    func ends(in text: UnsafeBufferPointer<UInt8>) -> [Int] {
        guard let iterator, let start = text.baseAddress, text.count <= ends.count else { return [text.count] }
        let count = start.withMemoryRebound(to: CChar.self, capacity: text.count) {
            sluice_icu_word_ends(iterator, $0, Int32(text.count), &ends, Int32(ends.count))
        }
        return count > 0 ? ends.prefix(Int(count)).map(Int.init) : [text.count]
    }
}
