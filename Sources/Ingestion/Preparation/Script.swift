/// What a chunker has to know of scalars, in place of the whole of Unicode's tables.
enum Script {
    static let zeroWidthJoiner: UInt32 = 0x200D

    /// Ends a sentence where white space follows.
    static func endsSentence(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x21, 0x2E, 0x3F, 0x2026, 0x203D, 0x061F, 0x06D4, 0x0964, 0x0965, 0x104B, 0x1362, 0x17D4: true
        default: endsSentenceWithoutSpace(scalar)
        }
    }

    /// Ends a sentence whatever follows: the full-width 。！？ and their like.
    static func endsSentenceWithoutSpace(_ scalar: UInt32) -> Bool {
        scalar == 0x3002 || scalar == 0xFF01 || scalar == 0xFF1F || scalar == 0xFF0E || scalar == 0xFF61
    }

    /// A closing quote or bracket.
    static func closes(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x22, 0x27, 0x29, 0x5D, 0x7D, 0xBB, 0x2019, 0x201C, 0x201D, 0x203A, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011, 0xFF09: true
        default: false
        }
    }

    /// Written without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
    static func hasNoSpaces(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3000...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF00...0xFFEF,
            0x20000...0x323AF:
            true
        default: false
        }
    }

    /// Belongs to the grapheme before it: combining marks, variation selectors, joiners, skin tones, tags, vowel signs and Hangul's parts.
    static func joinsPrevious(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0300...0x036F, 0x0483...0x0489, 0x0591...0x05C7, 0x0610...0x061A, 0x064B...0x065F, 0x0670, 0x06D6...0x06ED, 0x0900...0x0903, 0x093A...0x094F,
            0x0981...0x0983, 0x09BC...0x09CD, 0x0E31, 0x0E34...0x0E3A, 0x0E47...0x0E4E, 0x1160...0x11FF, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200C, 0x200D,
            0x20D0...0x20FF, 0x302A...0x302F, 0x3099, 0x309A, 0xFE00...0xFE0F, 0xFE20...0xFE2F, 0x1F3FB...0x1F3FF, 0xE0020...0xE007F, 0xE0100...0xE01EF:
            true
        default: false
        }
    }
}
