import Administration
import Configuration
import Contract

let migrateCommand = CommandSpec(
    name: "migrate",
    summary: "Bring the database's schema up to date.",
    discussion: "Connects with SLUICE_DATABASE_URL, whose user must be allowed to create roles and a schema."
) { _ in
    let runtime = try Runtime()
    let url = try runtime.configuration.value(of: Settings.databaseURL)
    let applied = try await SchemaAdministration.migrate(databaseURL: url)
    try await SchemaAdministration.plantCanary(databaseURL: url)
    Terminal.write(applied.isEmpty ? "the schema is up to date\n" : applied.map { "applied \($0)\n" }.joined())
    return .success
}

let topicsCommands = CommandGroup(
    name: "topics", summary: "The topics that all tenants share.",
    commands: [
        .command(
            CommandSpec(name: "apply", summary: "Create the topics that are missing. Those that are there are left as they are.") { _ in
                let made = try await Runtime().topicAdministration().apply()
                Terminal.write(made.isEmpty ? "all topics are there\n" : made.map { "created \($0)\n" }.joined())
                return .success
            }),
        .command(
            CommandSpec(name: "list", summary: "List the declared topics, and what the broker has of them.") { _ in
                var table = TextTable([("TOPIC", .left), ("PARTITIONS", .right), ("CLEANUP", .left), ("KEY", .left)])
                for entry in try await Runtime().topicAdministration().list() {
                    let declaration = entry.declaration
                    table.append([declaration.name, entry.partitions.map(String.init) ?? "missing", declaration.cleanup.rawValue, declaration.key])
                }
                Terminal.write(table.render())
                return .success
            }),
        .command(
            CommandSpec(
                name: "diff", summary: "Show where topics differ from their declarations: those all share, the tenants' own, and input topics of one tenant.",
                discussion: "Ends with 1 where some do. Partitions are not compared: how many there are is chosen when a topic is made, and never changed."
            ) { _ in
                let runtime = try Runtime()
                let differences = try await runtime.topicAdministration().differences(tenants: try await runtime.tenantAdministration().list())
                guard !differences.isEmpty else {
                    Terminal.write("all topics are as declared\n")
                    return .success
                }
                var table = TextTable([("TOPIC", .left), ("SETTING", .left), ("DECLARED", .left), ("IS", .left)])
                for one in differences { table.append([one.topic, one.setting, one.declared, one.actual]) }
                Terminal.write(table.render())
                return .failure
            }),
    ])
