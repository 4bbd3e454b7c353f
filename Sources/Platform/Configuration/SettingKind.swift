/// How the text of a setting is read, and how what it allows is put to people.
package struct SettingKind<Value: Sendable>: Sendable {
    /// Such as `1–64` or `debug, info, warning, error`.
    let allowed: String
    let unit: String?
    /// `nil` where the text is not allowed.
    let parse: @Sendable (String) -> Value?
}

extension SettingKind where Value == String {
    /// Any text.
    static func text(_ allowed: String = "any text") -> SettingKind {
        SettingKind(allowed: allowed, unit: nil) { $0 }
    }

    static func url(schemes: [String]) -> SettingKind {
        SettingKind(allowed: schemes.map { "\($0)://…" }.joined(separator: ", "), unit: nil) { text in
            schemes.contains { text.hasPrefix("\($0)://") && text.utf8.count > $0.utf8.count + 3 } ? text : nil
        }
    }

    /// Text of these characters only, at most `limit` of them.
    static func word(_ allowed: String, limit: Int, where accepts: @escaping @Sendable (UInt8) -> Bool) -> SettingKind {
        SettingKind(allowed: allowed, unit: nil) { $0.utf8.count <= limit && $0.utf8.allSatisfy(accepts) ? $0 : nil }
    }
}

extension SettingKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>, unit: String? = nil) -> SettingKind {
        SettingKind(allowed: "\(range.lowerBound)–\(range.upperBound)", unit: unit) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingKind where Value == Double {
    static func number(_ range: ClosedRange<Double>) -> SettingKind {
        SettingKind(allowed: "\(range.lowerBound)–\(range.upperBound)", unit: nil) { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingKind where Value == Duration {
    static func milliseconds(_ range: ClosedRange<Int>) -> SettingKind {
        SettingKind(allowed: "\(range.lowerBound)–\(range.upperBound)", unit: "ms") { text in
            Int(text).flatMap { range.contains($0) ? .milliseconds($0) : nil }
        }
    }
}

extension SettingKind where Value == Bool {
    static var flag: SettingKind {
        SettingKind(allowed: "true, false", unit: nil) { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension SettingKind where Value: CaseIterable & RawRepresentable<String> {
    static var choice: SettingKind {
        SettingKind(allowed: Value.allCases.map(\.rawValue).joined(separator: ", "), unit: nil) { Value(rawValue: $0) }
    }
}

extension SettingKind {
    /// Items parted by commas, each of which `item` can read; blanks around them do not count.
    static func list<Item: Sendable>(_ allowed: String, of item: @escaping @Sendable (String) -> Item?) -> SettingKind where Value == [Item] {
        SettingKind(allowed: allowed, unit: nil) { text in
            let texts = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
            let items = texts.compactMap(item)
            return items.count == texts.count ? items : nil
        }
    }
}

extension SettingKind where Value == [String] {
    /// Any texts but empty ones.
    static func list(_ allowed: String) -> SettingKind {
        list(allowed) { $0.isEmpty ? nil : $0 }
    }
}

/// `text` without blanks at its ends.
func trimmed(_ text: some StringProtocol) -> String {
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " }) else { return "" }
    return String(text[first...last])
}
