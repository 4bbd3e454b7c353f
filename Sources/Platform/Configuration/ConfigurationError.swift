/// What is wrong with the settings. Never holds a secret's value.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case missing
        case notAllowed
        case contradiction
    }

    /// One thing to mend.
    package struct Problem: Sendable, Equatable {
        package let code: Code
        /// The settings it is about; of a contradiction, both.
        package let settings: [String]
        /// A sentence that names the settings, what is wrong and what is allowed.
        package let message: String
    }

    package let problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems
    }

    package var description: String {
        problems.map(\.message).joined(separator: "\n")
    }
}

extension ConfigurationError.Problem {
    static func missing(_ setting: some AnySetting) -> Self {
        guard case .setting(let other) = setting.fallback else {
            return Self(code: .missing, settings: [setting.name], message: "\(setting.name) is not set; allowed: \(setting.allowedWithUnit)")
        }
        let message = "neither \(setting.name) nor \(other) is set; allowed: \(setting.allowedWithUnit)"
        return Self(code: .missing, settings: [setting.name, other], message: message)
    }

    static func notAllowed(_ setting: some AnySetting, _ text: String) -> Self {
        let found = setting.isSecret ? "has a value that is not allowed" : "is \"\(text)\""
        return Self(code: .notAllowed, settings: [setting.name], message: "\(setting.name) \(found); allowed: \(setting.allowedWithUnit)")
    }

    static func contradiction(_ left: some AnySetting, _ right: some AnySetting, _ relation: String) -> Self {
        Self(code: .contradiction, settings: [left.name, right.name], message: "\(left.name) must be \(relation) \(right.name)")
    }
}

extension AnySetting {
    package var allowedWithUnit: String {
        unit.map { "\(allowed) \($0)" } ?? allowed
    }
}
