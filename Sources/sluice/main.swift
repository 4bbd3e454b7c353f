import Glibc

// A reader that closes a pipe ends a write with EPIPE, not the process.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
let code = await CommandRunner.run(words, in: sluiceCommands).rawValue
fflush(nil)
// Without the libraries' own tidying up: it would free what their threads, which end by themselves, still use.
_exit(code)
