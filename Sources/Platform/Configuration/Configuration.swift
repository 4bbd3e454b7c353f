/// The settings in force: an environment, read once, by the table in `Settings`.
///
/// A variable that is set to nothing counts as unset.
package struct Configuration: Sendable {
    private let values: [String: String]
    /// Variables that look like settings and are none.
    package let unknownSettings: [UnknownSetting]

    /// A variable named `SLUICE_…` that no setting has.
    package struct UnknownSetting: Sendable, Equatable {
        package let name: String
        /// The setting that was probably meant.
        package let nearest: String?
    }

    /// Reads without judging, so that `sluice config` can show what is wrong: `validate()` judges.
    package init(environment: [String: String]) {
        let known = Set(Settings.all.map(\.name))
        values = environment.filter { known.contains($0.key) && !$0.value.isEmpty }
        // Tests have variables of their own.
        unknownSettings = environment.keys
            .filter { $0.hasPrefix("SLUICE_") && !$0.hasPrefix("SLUICE_TEST_") && !known.contains($0) }
            .sorted()
            .map { UnknownSetting(name: $0, nearest: nearestName(to: $0, among: Settings.all.map(\.name))) }
    }

    /// The settings of `environment`, all of them allowed and none against another.
    ///
    /// - Throws: `ConfigurationError` with every problem at once.
    package static func validated(environment: [String: String]) throws(ConfigurationError) -> Configuration {
        let configuration = Configuration(environment: environment)
        try configuration.validate()
        return configuration
    }

    /// What the setting holds, or its default.
    ///
    /// - Throws: `ConfigurationError` where it has neither, or what it holds is not allowed.
    package func value<Value>(of setting: Setting<Value>) throws(ConfigurationError) -> Value {
        guard let value = try optionalValue(of: setting) else { throw ConfigurationError([.missing(setting)]) }
        return value
    }

    /// What the setting holds, or its default; `nil` where it has neither.
    ///
    /// - Throws: `ConfigurationError` where what it holds is not allowed.
    package func optionalValue<Value>(of setting: Setting<Value>) throws(ConfigurationError) -> Value? {
        guard let text = text(of: setting) else { return nil }
        guard let value = setting.kind.parse(text) else { throw ConfigurationError([.notAllowed(setting, text)]) }
        return value
    }

    /// - Throws: `ConfigurationError` with every problem at once.
    package func validate() throws(ConfigurationError) {
        let problems = Settings.all.compactMap(problem) + contradictions
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// Fails unless all of these are set, naming every one that is not: what a command needs is asked for at once.
    package func require(_ settings: any AnySetting...) throws(ConfigurationError) {
        let missing = settings.filter { text(of: $0) == nil }.map { ConfigurationError.Problem.missing($0) }
        guard missing.isEmpty else { throw ConfigurationError(missing) }
    }

    func isSet(_ setting: some AnySetting) -> Bool {
        values[setting.name] != nil
    }

    /// The text in force.
    func text(of setting: some AnySetting) -> String? {
        if let text = values[setting.name] { return text }
        return switch setting.fallback {
        case .value(let text): text
        case .setting(let name): values[name]
        case .none, .absent: nil
        }
    }

    private func problem(_ setting: any AnySetting) -> ConfigurationError.Problem? {
        guard let text = values[setting.name], !setting.allows(text) else { return nil }
        return .notAllowed(setting, text)
    }

    /// Settings that are allowed one by one and not together.
    private var contradictions: [ConfigurationError.Problem] {
        var problems: [ConfigurationError.Problem] = []
        // Work that drains longer than the session lasts is committed, if at all, after another worker has taken the partition.
        if !isBelow(Settings.drainTimeout, Settings.sessionTimeout) {
            problems.append(.contradiction(Settings.drainTimeout, Settings.sessionTimeout, "below"))
        }
        // A chunk that repeats all of the one before it never gets on.
        if !isBelow(Settings.chunkOverlapTokens, Settings.chunkTokens) {
            problems.append(.contradiction(Settings.chunkOverlapTokens, Settings.chunkTokens, "below"))
        }
        // Whoever describes tokens means them to be checked.
        if (try? optionalValue(of: Settings.credentials)) == .trusted {
            for setting in Settings.ofTokens where values[setting.name] != nil {
                problems.append(.contradiction(Settings.credentials, setting, "signed, to go with"))
            }
        }
        // A described endpoint that nothing asks is a slip, and one that is to be asked has to be described.
        if let models = try? optionalValue(of: Settings.embedding) {
            let isAsked = models.contains(.endpoint)
            for setting in Settings.ofEndpoint where !isAsked && values[setting.name] != nil {
                problems.append(.contradiction(Settings.embedding, setting, "endpoint, or have it among others, to go with"))
            }
        }
        for setting in [Settings.rerankModel, Settings.rerankKeyFile] where isSet(setting) && !isSet(Settings.rerankURL) {
            problems.append(.contradiction(Settings.rerankURL, setting, "set, to go with"))
        }
        if !isBelow(Settings.tokenKeysMaxAge, Settings.tokenKeysKeep) {
            problems.append(.contradiction(Settings.tokenKeysMaxAge, Settings.tokenKeysKeep, "below"))
        }
        return problems
    }

    /// True too where one of them cannot be read: that is a problem of its own.
    private func isBelow<Value: Comparable>(_ left: Setting<Value>, _ right: Setting<Value>) -> Bool {
        guard let low = text(of: left).flatMap(left.kind.parse), let high = text(of: right).flatMap(right.kind.parse) else { return true }
        return low < high
    }
}
