import Administration
import Contract
import Index

let traceCommand = CommandSpec(
    name: "trace",
    summary: "Follow one document: its records, what became of them, its text, who may see it, and whom it was shown.",
    discussion: """
        Nothing of the content is printed without --text. Of records that took effect the one in force is listed, and those that changed where the document \
        stands; those that did not take effect are listed all. Asking is itself a line of the audit log.
        """,
    positionals: [.init("T/S/D", "Tenant, source and document, the document as it is named: acme/wiki/leave.")],
    options: [.flag("text", "Print titles and extracted texts too."), .flag("json", "Print one JSON object.")]
) { arguments in
    let key = try NamedDocument.key(arguments.positional("T/S/D"))
    let auditor = AccessAuditor(store: try Runtime().administrationStore())
    let trace = try await auditor.trace(key.tenant, key.source, key.subject, withText: arguments.flag("text"))
    guard trace.facts != nil || !trace.outcomes.isEmpty || !trace.answers.isEmpty else {
        Terminal.writeError("sluice: nothing is known of this document\n")
        return .failure
    }
    Terminal.write(arguments.flag("json") ? TraceText.json(trace) : TraceText.render(trace))
    return .success
}
