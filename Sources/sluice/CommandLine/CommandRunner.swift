import Configuration
import Embedding
import Kafka
import Postgres

/// Runs the command that the words name and turns what goes wrong into a line on standard error and an exit code.
enum CommandRunner {
    /// - Parameter words: without the program's name.
    static func run(_ words: [String], in root: CommandGroup) async -> ExitCode {
        do {
            switch try CommandParser(root: root).parse(words) {
            case .help(let text):
                Terminal.write(text)
                return .success
            case .run(let command, let arguments):
                return try await command.run(arguments)
            }
        } catch {
            Terminal.writeError("\(root.name): \(error)\n")
            let code = exitCode(for: error)
            switch code {
            case .usage: Terminal.writeError("\(root.name) --help tells what there is.\n")
            case .unavailable where !(error is ClientError): Terminal.writeError("\(root.name) doctor tells what cannot be reached.\n")
            default: break
            }
            return code
        }
    }

    static func exitCode(for error: any Error) -> ExitCode {
        switch error {
        case is UsageError: .usage
        case is ConfigurationError, is StartError: .configuration
        case is RowSecurityError: .unproven
        case let error as EmbeddingError: exitCode(for: error.code)
        case let error as ClientError: error.exitCode
        case let error as KafkaError: exitCode(for: error.code)
        case let error as PostgresError: error.code == .connectionFailed || error.code == .connectionLost ? .unavailable : .failure
        case is CancellationError: .interrupted
        default: .failure
        }
    }

    private static func exitCode(for code: EmbeddingError.Code) -> ExitCode {
        switch code {
        case .computationFailed, .textRefused: .failure
        case .endpointUnavailable: .unavailable
        case .modelMissing, .modelInvalid, .endpointRefused, .answerInvalid: .configuration
        }
    }

    private static func exitCode(for code: KafkaError.Code) -> ExitCode {
        switch code {
        case .unavailable, .timedOut: .unavailable
        case .invalidConfiguration: .configuration
        default: .failure
        }
    }
}
