import Foundation
import Words

/// Drives one stage of Sluice with made-up work and prints JSON lines: what `Benchmarks/*.py` cannot reach from outside.
///
///     sluice-bench upsert [--chunks N] [--documents N] [--transaction N] [--turns N]
///     sluice-bench keyed --topic NAME [--records N] [--concurrency N] [--work MICROSECONDS]
///     sluice-bench words [--chunks N] [--per-document N] [--segment N] [--queries N]
///     sluice-bench words --cranfield FOLDER [--k1 HUNDREDTHS] [--b HUNDREDTHS]
///     sluice-bench load --corpus FOLDER --tenant NAME
///     sluice-bench ask --corpus FOLDER --tenant NAME [--security policies|views]
///
/// `upsert` works as the superuser of `SLUICE_DATABASE_URL`, with the schema in place, and prints a line a turn; rows are added and stay. `keyed` works as
/// the ingestion role of `SLUICE_DATABASE_INGEST_URL`, reads a topic of `SLUICE_KAFKA_BOOTSTRAP_SERVERS` that is full already, and prints one line.
/// `load` writes a made corpus (`Benchmarks/corpus.py`) into an empty database; `ask` then reads lines `vector 3`, a mode and a case of that corpus, and
/// answers each with one line: how long every question took, and what it found.
/// `words` needs nothing.
@main
struct SluiceBench {
    static func main() async throws {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        switch arguments.command {
        case "upsert": try await upsert(arguments)
        case "keyed": try await keyed(arguments)
        case "words": try words(arguments)
        case "load": try await load(arguments)
        case "ask": try await ask(arguments)
        default: leave()
        }
    }

    private static func upsert(_ arguments: Arguments) async throws {
        let shape = MadeDocuments.Shape(
            chunksPerDocument: arguments.number("--chunks", otherwise: 10), documents: arguments.number("--documents", otherwise: 300),
            documentsPerTransaction: arguments.number("--transaction", otherwise: 32))
        let benchmark = try await UpsertBenchmark(databaseURL: setting("SLUICE_DATABASE_URL"), shape: shape)
        for turn in 0..<arguments.number("--turns", otherwise: 5) {
            print(try await benchmark.run(turn: turn).json)
            fflush(nil)
        }
    }

    private static func keyed(_ arguments: Arguments) async throws {
        guard let topic = arguments["--topic"] else { leave() }
        let shape = KeyedBenchmark.Shape(
            topic: topic, records: arguments.number("--records", otherwise: 50_000), concurrency: arguments.number("--concurrency", otherwise: 64),
            work: .microseconds(arguments.number("--work", otherwise: 0)))
        let benchmark = try KeyedBenchmark(
            bootstrapServers: setting("SLUICE_KAFKA_BOOTSTRAP_SERVERS"), databaseURL: setting("SLUICE_DATABASE_INGEST_URL"), shape: shape)
        print(try await benchmark.run().json)
    }

    private static func words(_ arguments: Arguments) throws {
        if let folder = arguments["--cranfield"] {
            func hundredths(_ name: String, _ otherwise: Double) -> Double { arguments[name].flatMap(Double.init).map { $0 / 100 } ?? otherwise }
            try Cranfield(folder: folder).run(BM25(k1: hundredths("--k1", BM25.standard.k1), b: hundredths("--b", BM25.standard.b)))
            return
        }
        let shape = WordsBenchmark.Shape(
            chunks: arguments.number("--chunks", otherwise: 100_000), chunksPerDocument: arguments.number("--per-document", otherwise: 10),
            chunksPerSegment: arguments.number("--segment", otherwise: 65_536), queries: arguments.number("--queries", otherwise: 200))
        try WordsBenchmark(shape: shape).run()
    }

    private static func load(_ arguments: Arguments) async throws {
        let (corpus, tenant) = try corpus(arguments)
        try await CorpusLoad(corpus, tenant: tenant, databaseURL: setting("SLUICE_DATABASE_URL")).run()
    }

    private static func ask(_ arguments: Arguments) async throws {
        let (corpus, tenant) = try corpus(arguments)
        guard let security = CorpusSearch.Security(rawValue: arguments["--security"] ?? "policies") else { leave() }
        let search = try CorpusSearch(corpus, tenant: tenant, databaseURL: setting("SLUICE_DATABASE_URL"), security: security)
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, let mode = CorpusSearch.Mode(rawValue: String(words[0])), let number = Int(words[1]) else { leave() }
            print(try await search.ask(mode, case: number).json)
            fflush(nil)
        }
    }

    private static func corpus(_ arguments: Arguments) throws -> (Corpus, tenant: String) {
        guard let folder = arguments["--corpus"], let tenant = arguments["--tenant"] else { leave() }
        return (try Corpus(folder: URL(filePath: folder, directoryHint: .isDirectory)), tenant)
    }

    private static func setting(_ name: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else { leave() }
        return value
    }

    private static func leave() -> Never {
        print(
            """
            usage: SLUICE_DATABASE_URL=… sluice-bench upsert [--chunks N] [--documents N] [--transaction N] [--turns N]
                   SLUICE_KAFKA_BOOTSTRAP_SERVERS=… SLUICE_DATABASE_INGEST_URL=… \
            sluice-bench keyed --topic NAME [--records N] [--concurrency N] [--work MICROSECONDS]
                   sluice-bench words [--chunks N] [--per-document N] [--segment N] [--queries N]
                   sluice-bench words --cranfield FOLDER [--k1 HUNDREDTHS] [--b HUNDREDTHS]
                   SLUICE_DATABASE_URL=… sluice-bench load --corpus FOLDER --tenant NAME
                   SLUICE_DATABASE_URL=… sluice-bench ask --corpus FOLDER --tenant NAME [--security policies|views]
            """)
        exit(64)
    }
}

/// A command and its options, each with a value.
struct Arguments {
    let command: String?
    private var values: [String: String] = [:]

    init(_ arguments: some Collection<String>) {
        command = arguments.first
        let rest = Array(arguments.dropFirst())
        for (name, value) in zip(rest, rest.dropFirst()) where name.hasPrefix("--") { values[name] = value }
    }

    subscript(_ name: String) -> String? { values[name] }

    func number(_ name: String, otherwise: Int) -> Int { values[name].flatMap(Int.init) ?? otherwise }
}
