let demoCommand = CommandSpec(
    name: "demo",
    summary: "Run the main job end to end from a plan, and hold every answer against it.",
    discussion: "Needs both workers running, `sluice retrieve` with SLUICE_CREDENTIALS=trusted. `make demo` starts and stops all of it.",
    positionals: [.init("PLAN", "Such as docs/demo/demo.json; paths in it are relative to the working directory.")]
) { arguments in
    let plan = try DemoPlan(parsing: readFile(try arguments.positional("PLAN")))
    var demo = try await Demo(plan, try Runtime())
    do {
        try await demo.run()
    } catch {
        await demo.close()
        throw error
    }
    await demo.close()
    guard demo.failures.isEmpty else {
        Terminal.writeError(demo.failures.map { "failed: \($0)\n" }.joined())
        return .failure
    }
    Terminal.write("every answer was what the plan expects\n")
    return .success
}
