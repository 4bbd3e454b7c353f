/// One setting of Sluice: an environment variable, what it may hold and what it means.
package struct Setting<Value: Sendable>: AnySetting {
    package let name: String
    /// In force where the variable is unset or empty.
    package let fallback: SettingFallback
    package let isSecret: Bool
    package let help: String
    let kind: SettingKind<Value>

    init(_ name: String, _ kind: SettingKind<Value>, default fallback: SettingFallback = .none, isSecret: Bool = false, _ help: String) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.isSecret = isSecret
        self.help = help
    }

    package var allowed: String { kind.allowed }
    package var unit: String? { kind.unit }

    package func allows(_ text: String) -> Bool {
        kind.parse(text) != nil
    }
}

/// A setting whatever its type.
package protocol AnySetting: Sendable {
    var name: String { get }
    /// What it may hold, for people.
    var allowed: String { get }
    var unit: String? { get }
    var isSecret: Bool { get }
    var help: String { get }
    /// In force where the variable is unset or empty.
    var fallback: SettingFallback { get }
    func allows(_ text: String) -> Bool
}

/// What holds where a setting is not set.
package enum SettingFallback: Sendable {
    case none
    case value(String)
    /// What the setting of this name holds.
    case setting(String)
    /// Nothing, in words.
    case absent(String)
}

extension SettingFallback: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .value(value) }
}
