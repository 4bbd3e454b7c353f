import Glibc

// A reader that closes a pipe ends a write with EPIPE, not the process.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
exit(await CommandRunner.run(words, in: sluiceCommands).rawValue)
