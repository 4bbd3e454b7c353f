import Foundation

/// A server in Python, running until this object or the process is gone: it ends with its standard input.
final class PythonServer: Sendable {
    /// What it said once it could be asked.
    let firstLine: Data
    private let lifeline: Pipe

    /// - Parameter command: the interpreter, by its name or path.
    init(_ command: String, _ script: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [command, URL(filePath: #filePath).deletingLastPathComponent().appending(path: script).path]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        lifeline = input
        var line = Data()
        while !line.contains(0x0A) {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { break }
            line += part
        }
        firstLine = line
    }

    deinit {
        try? lifeline.fileHandleForWriting.close()
    }
}
