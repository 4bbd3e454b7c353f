import Configuration

let configCommand = CommandSpec(
    name: "config",
    summary: "Print every setting: value in force, unit, range, meaning.",
    discussion: "Settings are environment variables. A default is marked with *. Secrets are shown as (set)."
) { _ in
    let configuration = Configuration(environment: processEnvironment())
    var table = TextTable([("SETTING", .left), ("VALUE", .left), ("UNIT", .left), ("ALLOWED", .left), ("MEANING", .left)])
    for setting in configuration.describe() {
        table.append([setting.name, setting.isDefault ? "\(setting.value) *" : setting.value, setting.unit, setting.allowed, setting.help])
    }
    Terminal.write(table.render())
    for unknown in configuration.unknownSettings {
        Terminal.writeError("warning: \(unknown.name) is no setting" + (unknown.nearest.map { "; did you mean \($0)?" } ?? "") + "\n")
    }
    try configuration.validate()
    return .success
}
