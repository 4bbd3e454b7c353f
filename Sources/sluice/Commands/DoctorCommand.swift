import Configuration

let doctorCommand = CommandSpec(
    name: "doctor",
    summary: "Check everything that workers need, and say what to do about what is wrong.",
    discussion: "Configuration, model, database, versions, schema, roles, policies, broker and topics. Changes nothing. Exits with 1 where a check fails."
) { _ in
    var diagnosis = Diagnosis()
    let runtime: Runtime
    do {
        runtime = try Runtime()
    } catch let error as ConfigurationError {
        for problem in error.problems { diagnosis.fails("configuration: \(problem.message)", "`sluice config` prints every setting") }
        return .failure
    }
    var doctor = Doctor(runtime, diagnosis)
    await doctor.examine()
    return doctor.diagnosis.failures == 0 ? .success : .failure
}
