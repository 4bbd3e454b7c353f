/// What `sluice doctor` found, line by line as it finds it.
struct Diagnosis {
    private(set) var failures = 0

    mutating func holds(_ what: String) {
        Terminal.write("✓ \(what)\n")
    }

    /// - Parameter advice: what to do about it.
    mutating func fails(_ what: String, _ advice: String) {
        failures += 1
        Terminal.write("✗ \(what)\n  \(advice)\n")
    }

    /// Worth knowing, and no failure.
    func notes(_ what: String) {
        Terminal.write("· \(what)\n")
    }

    /// Runs a check; what it throws is its failure.
    ///
    /// - Returns: what the check returned, or nothing where it failed: what builds on it need not be looked at.
    mutating func check<Result>(_ what: String, _ advice: String, _ body: () async throws -> Result) async -> Result? {
        do {
            return try await body()
        } catch {
            fails("\(what): \(error)", advice)
            return nil
        }
    }
}

/// Whether a dotted version is at least another: `0.10.1` is past `0.8`.
func isVersion(_ version: String, atLeast minimum: [Int]) -> Bool {
    let parts = version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
    for (index, wanted) in minimum.enumerated() {
        let part = parts.indices.contains(index) ? parts[index] : 0
        if part != wanted { return part > wanted }
    }
    return true
}
