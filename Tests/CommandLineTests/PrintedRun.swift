import Synchronization

@testable import sluice

/// A command run within the test's process: how it ended and what it printed.
struct PrintedRun {
    let code: ExitCode
    let text: String

    init(_ words: [String], of root: CommandGroup = sluiceCommands) async {
        let printed = Printed()
        code = await Terminal.$listener.withValue({ printed.add($0) }) { await CommandRunner.run(words, in: root) }
        text = printed.text.withLock { $0 }
    }

    private final class Printed: Sendable {
        let text = Mutex("")
        func add(_ more: String) { text.withLock { $0 += more } }
    }
}
