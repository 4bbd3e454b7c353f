import Foundation

/// A real model in another space than the house's own: multilingual-e5-small, 384 dimensions, behind an OpenAI-compatible endpoint. Some twenty milliseconds a
/// query and four passages a second.
package final class SecondModel: Sendable {
    /// What SLUICE_EMBEDDING_URL is to be.
    package let url: String
    private let server: PythonServer

    /// The interpreter that has it; nothing where it is not installed.
    private static let python = ProcessInfo.processInfo.environment["SLUICE_TEST_SECOND_MODEL"].flatMap { path in
        FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    package static var isInstalled: Bool { python != nil }
    package static let hint = "SLUICE_TEST_SECOND_MODEL names no interpreter with the second model: `scripts/setup second-model` installs it"

    private struct NotStarted: Error {}

    /// Returns once it can be asked.
    package init() throws {
        guard let python = Self.python else { throw NotStarted() }
        server = try PythonServer(python, "second_model.py")
        guard let address = String(decoding: server.firstLine, as: UTF8.self).split(separator: " ").first(where: { $0.hasPrefix("http://") }) else {
            throw NotStarted()
        }
        url = "\(address)/v1"
    }
}
