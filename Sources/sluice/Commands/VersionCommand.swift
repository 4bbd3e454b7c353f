/// Follows semantic versioning; the contract's version is the topics' own.
let sluiceVersion = "0.2.0"

let versionCommand = CommandSpec(name: "version", summary: "Print the version.") { _ in
    Terminal.write("sluice \(sluiceVersion)\n")
    return .success
}
