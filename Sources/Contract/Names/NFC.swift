// The one place where Contract needs Foundation: the tables of canonical composition.
import Foundation

extension String {
    /// Canonical composition (Unicode NFC). Text below U+0300 is composed already and is returned as it is.
    package var composed: String {
        // U+0300 is the first character that composition can touch; its UTF-8 begins with 0xCC.
        utf8.allSatisfy { $0 < 0xCC } ? self : precomposedStringWithCanonicalMapping
    }

    /// Whether canonical composition changes nothing.
    package var isComposed: Bool {
        utf8.allSatisfy { $0 < 0xCC } || precomposedStringWithCanonicalMapping.hasSameBytes(as: self)
    }
}
