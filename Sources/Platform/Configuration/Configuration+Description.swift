/// One setting as `sluice config` shows it.
package struct SettingDescription: Sendable, Equatable {
    package let name: String
    /// In force; `(set)` for a secret, `-` for nothing.
    package let value: String
    /// Whether the value is the default.
    package let isDefault: Bool
    package let unit: String
    package let allowed: String
    package let help: String
}

extension Configuration {
    /// Every setting with what it holds, in the order of `Settings.all`. Secrets are shown as `(set)`.
    package func describe() -> [SettingDescription] {
        Settings.all.map { setting in
            SettingDescription(
                name: setting.name, value: shown(setting), isDefault: !isSet(setting),
                unit: setting.unit ?? "", allowed: setting.allowed, help: setting.help)
        }
    }

    private func shown(_ setting: any AnySetting) -> String {
        if isSet(setting) { return setting.isSecret ? "(set)" : text(of: setting) ?? "-" }
        return switch setting.fallback {
        case .none: "-"
        case .value(let text): text
        case .setting(let name): "as \(name)"
        case .absent(let words): words
        }
    }
}
