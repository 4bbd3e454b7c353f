import Foundation

/// Drives one stage of Sluice with made-up work and prints a JSON line a turn: what `Benchmarks/*.py` cannot reach from outside.
///
///     sluice-bench upsert [--chunks N] [--documents N] [--transaction N] [--turns N]
///
/// The database is `SLUICE_DATABASE_URL`'s, whose user is a superuser, with the schema in place; rows are added and stay.
@main
struct SluiceBench {
    static func main() async throws {
        var arguments = Arguments(CommandLine.arguments.dropFirst())
        guard let url = ProcessInfo.processInfo.environment["SLUICE_DATABASE_URL"], arguments.command == "upsert" else {
            print("usage: SLUICE_DATABASE_URL=… sluice-bench upsert [--chunks N] [--documents N] [--transaction N] [--turns N]")
            exit(64)
        }
        let shape = MadeDocuments.Shape(
            chunksPerDocument: arguments.take("--chunks", otherwise: 10), documents: arguments.take("--documents", otherwise: 300),
            documentsPerTransaction: arguments.take("--transaction", otherwise: 32))
        let benchmark = try await UpsertBenchmark(databaseURL: url, shape: shape)
        for turn in 0..<arguments.take("--turns", otherwise: 5) {
            print(try await benchmark.run(turn: turn).json)
            fflush(nil)
        }
    }
}

/// A command and its numbers.
struct Arguments {
    let command: String?
    private var numbers: [String: Int] = [:]

    init(_ arguments: some Collection<String>) {
        command = arguments.first
        let rest = Array(arguments.dropFirst())
        for (name, value) in zip(rest, rest.dropFirst()) { numbers[name] = Int(value) }
    }

    mutating func take(_ name: String, otherwise: Int) -> Int { numbers.removeValue(forKey: name) ?? otherwise }
}
