/// Every command of `sluice`, in the order in which help lists them.
let sluiceCommands = CommandGroup(
    name: "sluice",
    summary: "Sluice: documents in through Kafka, permission-filtered answers out.",
    commands: [
        .command(ingestCommand),
        .command(registerCommand),
        .command(retrieveCommand),
        .command(publishCommand),
        .command(permitCommand),
        .command(groupCommand),
        .command(deleteCommand),
        .command(queryCommand),
        .command(migrateCommand),
        .group(topicsCommands),
        .group(tenantCommands),
        .command(parseCommand),
        .command(chunkCommand),
        .command(embedCommand),
        .command(doctorCommand),
        .command(demoCommand),
        .command(configCommand),
        .command(versionCommand),
    ])
