/// Every command of `sluice`, in the order in which help lists them.
let sluiceCommands = CommandGroup(
    name: "sluice",
    summary: "Sluice: documents in through Kafka, permission-filtered answers out.",
    commands: [
        .command(configCommand),
        .command(versionCommand),
    ])
